"""Sends an experiment's lines, measures, and keeps what was said."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Protocol

from rds_csi_async.domain.errors import CutOffError
from rds_csi_async.routeros.experiments import Answer, Line
from rds_csi_async.routeros.syntax import Failure, parse_frame, render_framed
from rds_csi_async.routeros.transcripts import Exchange


class Console(Protocol):
    """Runs lines on the appliance (`routeros.console`)."""

    async def run(self, line: str, *, mutating: bool, urgent: bool = False) -> str:
        """Give all that the line printed. Raises only `DriverError`s."""
        ...


class Recorder:
    """Runs lines. `exchanges` is all that was said; `unsure`: a change was sent whose end did not come."""

    def __init__(self, console: Console, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.exchanges: list[Exchange] = []
        self.unsure = False
        self._console = console
        self._sleep = sleep

    async def send(self, key: str, line: Line) -> Answer:
        """Send one line, for the assumption of this key. A reply without a frame is an answer too."""
        await self._sleep(line.pause_s)
        token = secrets.token_hex(8)
        text = line.statements[0] if line.bare else render_framed(line.statements, token)
        begun_s = monotonic()
        was_unsure, self.unsure = self.unsure, self.unsure or line.changes
        reply = await self._console.run(text, mutating=line.changes)
        took_s = monotonic() - begun_s
        self.exchanges.append(Exchange(key, line.what, text, reply, token))
        answer = _answer_of(reply, token, took_s)
        self.unsure = was_unsure or (line.changes and not answer.whole)
        return answer


def _answer_of(reply: str, token: str, took_s: float) -> Answer:
    try:
        parsed = parse_frame(reply, token)
    except CutOffError:
        return Answer(reply, duration_s=took_s)
    if isinstance(parsed, Failure):
        return Answer(reply, failure=parsed.text, whole=True, duration_s=took_s)
    return Answer(reply, parsed.rows, whole=True, duration_s=took_s)
