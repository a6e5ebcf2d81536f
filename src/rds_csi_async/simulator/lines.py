"""How a line of an exec request is run and answered, with what goes wrong on purpose. It knows no transport."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count as count_from
from typing import TYPE_CHECKING, Final, NoReturn, Protocol

from rds_csi_async.simulator.console import Console
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.faults import Faults, LineFault
from rds_csi_async.simulator.quirks import NO_QUIRK, Quirk
from rds_csi_async.simulator.scheduling import Schedule
from rds_csi_async.simulator.session import Session
from rds_csi_async.simulator.tables import Tables
from rds_csi_async.simulator.turns import LineTurns
from rds_csi_async.simulator.watching import by_hand

if TYPE_CHECKING:
    from rds_csi_async.simulator.values import Value

_COMMANDS_ALONE: Final = 16  # that a session without company runs before it looks whether it got some
_TRICKLE_CHARACTERS: Final = 16
_NOISE: Final = "\r\n12:35:10 echo: disk,info nothing that anyone asked for\r\n"
_HALVED: Final = frozenset({LineFault.HALF_REPLY, LineFault.CUT_REPLY})
_STATUSLESS: Final = frozenset({LineFault.CUT_REPLY, LineFault.NO_STATUS})
_MIDWAY: Final = frozenset({LineFault.DROP_MIDWAY, LineFault.HANG_MIDWAY})
_DROPPED: Final = frozenset({LineFault.DROP_MIDWAY, LineFault.DROP_AFTER})
_HANGING: Final = frozenset({LineFault.HANG_MIDWAY, LineFault.HANG_AFTER})


class SessionEnded(Exception):  # noqa: N818 - a way out, and no error
    """Nobody is left to read what the line would write."""


class Client(Protocol):
    """Who asked, at the other end of a channel."""

    @property
    def user(self) -> str:
        """Who logged in."""
        ...

    @property
    def width(self) -> int | None:
        """The terminal's width; None where there is none."""
        ...

    @property
    def is_gone(self) -> bool:
        """Tell whether nobody reads any more."""
        ...

    def write(self, text: str) -> None:
        """Send a part of the reply."""
        ...

    def finish(self) -> None:
        """Close the channel with exit status 0: the appliance knows no other."""
        ...

    def close(self) -> None:
        """Close the channel without exit status."""
        ...

    def hang_up(self) -> None:
        """Break the whole connection."""
        ...

    async def wait_gone(self) -> None:
        """Return when the channel is closed."""
        ...


@dataclass(slots=True)
class Lines:
    """Runs lines on one appliance as it now is; globals last until it is started anew.

    What is printed for people is wrapped at `print_width` where there is no terminal to say how wide it is.
    """

    tables: Tables
    schedule: Schedule
    faults: Faults
    counters: Counters
    quirk: Quirk = NO_QUIRK
    print_width: int | None = None
    _globals: dict[str, dict[str, "Value"]] = field(default_factory=dict)

    async def execute(self, client: Client, line: str) -> None:
        """Run the line of an exec request, and answer; its exit status is 0, whatever came of it."""
        fault = self.faults.take_line(line)
        if fault is not None:
            self.counters.faults[fault.value] += 1
        if fault is LineFault.DROP_BEFORE:
            self._drop(client)
        if fault is LineFault.HANG:
            await self._hold(client)
        await self.schedule.begin_line()
        reply: list[str] = []
        write = client.write if fault is None and self.quirk is NO_QUIRK else reply.append
        await self.console(client, self._counting(write), fault).run_line(self.quirk.line(line))
        if fault in _HANGING:
            await self._hold(client)
        if fault in _DROPPED:
            self._drop(client)
        await self._answer(client, self.quirk.reply("".join(reply)), fault)

    def console(self, client: Client, write: Callable[[str], None], fault: LineFault | None = None) -> Console:
        """Open a console for a client."""
        turns = LineTurns(self.schedule, self.faults, self.counters, fault, self.run_as_administrator)
        paused = count_from(1)

        async def pause() -> None:
            if self.faults.delay_s or self.counters.running > 1 or next(paused) % _COMMANDS_ALONE == 0:
                await (self.schedule.rest(self.faults.delay_s) if self.faults.delay_s else asyncio.sleep(0))
                for _ in range(self.faults.take_turns() - 1):
                    await asyncio.sleep(0)
            if fault in _MIDWAY and turns.changes:
                if fault is LineFault.DROP_MIDWAY:
                    self._drop(client)
                await self._hold(client)
            if client.is_gone:
                raise SessionEnded

        session = self._session(client.user, write, turns)
        session.pause, session.width = pause, client.width or self.print_width
        return Console(self.tables.vocabulary, self.tables.verbs, session)

    async def run_as_administrator(self, line: str) -> str:
        """Run a line as somebody else, at once and without faults; return what it wrote, with plain line ends."""
        written: list[str] = []
        turns = LineTurns(Schedule.instant(), Faults(), Counters())
        session = self._session("admin", written.append, turns)
        with by_hand():
            await Console(self.tables.vocabulary, self.tables.verbs, session).run_line(line)
        return "".join(written).replace("\r\n", "\n")

    def _session(self, user: str, write: Callable[[str], None], turns: LineTurns) -> Session:
        async def pause() -> None:
            await asyncio.sleep(0)

        known = self._globals.setdefault(user, {})
        return Session(write, pause, self.schedule.rest, time.time_ns, turns, known)

    def _counting(self, write: Callable[[str], None]) -> Callable[[str], None]:
        def counted(text: str) -> None:
            self.counters.reply_bytes += len(text)
            write(text)

        return counted

    async def _answer(self, client: Client, text: str, fault: LineFault | None) -> None:
        """Send what was held back because of the fault, in its manner."""
        half = len(text) // 2
        if fault in _HALVED:
            text = text[:half]
        elif fault is LineFault.NOISE:
            text = text[:half] + _NOISE + text[half:]
        pieces = _cut(text, _TRICKLE_CHARACTERS) if fault is LineFault.TRICKLE else [text] if text else []
        for piece in pieces:
            client.write(piece)
            if fault is LineFault.TRICKLE:
                await asyncio.sleep(self.faults.trickle_s)
        if fault in _STATUSLESS:
            client.close()
        else:
            client.finish()

    def _drop(self, client: Client) -> NoReturn:
        client.hang_up()
        raise SessionEnded

    async def _hold(self, client: Client) -> NoReturn:
        """Do nothing more until the client has gone."""
        self.counters.held += 1
        await client.wait_gone()
        raise SessionEnded


def _cut(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]
