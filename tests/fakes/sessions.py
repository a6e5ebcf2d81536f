"""Connections in memory, and who makes them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from rds_csi_async.domain.errors import CutOffError, UnreachableError
from rds_csi_async.routeros.links import ChannelRefusedError, LostError
from rds_csi_async.routeros.settings import ApplianceSettings


@dataclass
class FakeSession:
    """A connection in memory. `answer` says what a line gives; `:put "…"` is answered while `alive`."""

    answer: Callable[[str], str | Exception] = lambda line: f"did {line}"
    alive: bool = True
    closed: bool = False
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event | None = None
    refusals: int = 0
    begun: list[str] = field(default_factory=list)

    def is_closed(self) -> bool:
        """See `Session`."""
        return self.closed

    def abort(self) -> None:
        """See `Session`."""
        self.lose()

    def lose(self) -> None:
        """Break the connection."""
        self.closed = True
        self.stirred.set()

    async def wait_stirred(self) -> None:
        """See `Session`."""
        await self.stirred.wait()
        self.stirred.clear()

    async def execute(self, line: str, timeout_s: float) -> str:
        """See `Session`."""
        if line.startswith(":put"):
            if self.refusals:
                message = "too many sessions"
                raise ChannelRefusedError(message)
            if not self.alive:
                message = f"no end within {timeout_s} s"
                raise CutOffError(message)
            return line
        self.begun.append(line)
        if self.gate is not None:
            await self.gate.wait()
        answer = self.answer(line) if not self.refusals else ChannelRefusedError("too many sessions")
        self.refusals = max(self.refusals - 1, 0)
        if isinstance(answer, LostError):
            self.lose()
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Dialler:
    """Connects as is planned: a session, or an error. After the last plan, it goes on failing."""

    plan: list[FakeSession | UnreachableError]
    times_s: list[float] = field(default_factory=list)

    async def open(self, _settings: ApplianceSettings) -> FakeSession:
        """Take the next of the plan."""
        self.times_s.append(asyncio.get_running_loop().time())
        step = self.plan.pop(0) if self.plan else UnreachableError("refused")
        if isinstance(step, UnreachableError):
            raise step
        return step
