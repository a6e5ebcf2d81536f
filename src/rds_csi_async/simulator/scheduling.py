"""When commands get their turn: how long each takes, and whether changes wait for each other.

Nothing is documented about it, so both models are offered. `overlapping`: commands of different sessions overlap.
`serialised`: a change waits until the change before it is done, whoever asked for it; reads never wait.

The appliance's time is not this machine's: what it takes this machine to play a line is taken off the times of that
line that are still to come, so that a busy machine plays no slower appliance. Likewise a change that waits for another
begins when that one ended by the appliance's time.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Final

from rds_csi_async.simulator.timing import Span, TimeProfile, get_profile

_GIB: Final = 1 << 30
_MOST_BEHIND_S: Final = 0.25  # a machine that is slower than that cannot play the appliance
_reached_s: ContextVar[float] = ContextVar("reached_s")  # where the running line is, in the appliance's time


class Scheduling(Enum):
    """Whether changes of different sessions overlap."""

    OVERLAPPING = "overlapping"
    SERIALISED = "serialised"


class Schedule:
    """Gives out time. Every draw comes from one generator with this seed.

    `took_s` is what all lines took by themselves, `changes_took_s` what the changes among it did: no waiting, and
    nothing of what this machine needs to play the appliance. Logins are not counted.
    """

    def __init__(
        self,
        profile: TimeProfile,
        scheduling: Scheduling = Scheduling.OVERLAPPING,
        seed: int = 0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.profile = profile
        self.scheduling = scheduling
        self.took_s = 0.0
        self.changes_took_s = 0.0
        self._chance = random.Random(seed)  # noqa: S311 - so that a run can be repeated
        self._sleep = sleep
        self._clock = clock
        self._changed_s = float("-inf")  # when the last change ended, by the appliance's time
        self._changing = asyncio.Lock()
        self._under_way = 0
        self._none_under_way, self._open = asyncio.Event(), asyncio.Event()
        self._none_under_way.set()
        self._open.set()
        self._quieting = asyncio.Lock()

    @classmethod
    def instant(cls) -> "Schedule":
        """Make a schedule in which nothing takes time and nobody waits."""
        return cls(get_profile("instant"))

    async def log_in(self) -> None:
        """Take the time of a login."""
        self.start_line()
        await self._take(self.profile.login, counts=False)

    def start_line(self) -> None:
        """Let a line's time begin now."""
        _reached_s.set(self._clock())

    async def rest(self, time_s: float) -> None:
        """Do nothing for so long, however long this machine took for the line so far."""
        reached_s = self._reached()
        await self._sleep(time_s)
        _reached_s.set(reached_s + time_s)

    async def begin_line(self) -> None:
        """Take the time that a line needs beside its commands: its channel, its parsing."""
        self.start_line()
        await self._take(self.profile.line)

    async def read(self, verb: str) -> None:
        """Take the time of a read, before it happens."""
        await self._take(self.profile.span_of(verb))

    async def show(self, rows: int) -> None:
        """Take the time of so many rows."""
        if self.profile.row_ms and rows:
            await self._pass(rows * self.profile.row_ms / 1000)

    @asynccontextmanager
    async def change(self, verb: str, size_bytes: int = 0) -> AsyncIterator[None]:
        """Take the time of a change, then let it happen inside; in the serialised model nobody else changes."""
        async with self._turn(), self._counted():
            extra_s = max(0, size_bytes) / _GIB * self.profile.gib_ms / 1000
            change_s = await self._take(self.profile.span_of(verb), extra_s)
            self.changes_took_s += change_s  # not in one step with `await`: others add to it meanwhile
            yield

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait until nobody else changes anything, in the serialised model."""
        if self.scheduling is Scheduling.OVERLAPPING:
            yield
            return
        async with self._changing:
            _reached_s.set(max(self._reached(), self._changed_s))
            try:
                yield
            finally:
                self._changed_s = self._reached()

    @asynccontextmanager
    async def quiet(self) -> AsyncIterator[None]:
        """Let nothing change inside: those changes that have begun end before, and others wait."""
        async with self._quieting:
            self._open.clear()
            try:
                await self._none_under_way.wait()
                yield
            finally:
                self._open.set()

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        while not self._open.is_set():
            await self._open.wait()
            self.start_line()
        self._under_way += 1
        self._none_under_way.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._none_under_way.set()

    def forget(self) -> None:
        """Add up anew."""
        self.took_s = self.changes_took_s = 0.0

    async def _take(self, span: Span, extra_s: float = 0.0, *, counts: bool = True) -> float:
        if self.profile.is_instant:
            return 0.0
        time_s = span.draw_s(self._chance) + extra_s
        await self._pass(time_s, counts=counts)
        return time_s

    async def _pass(self, time_s: float, *, counts: bool = True) -> None:
        """Let so much of the appliance's time go by."""
        self.took_s += time_s if counts else 0.0
        ends_s = self._reached() + time_s
        _reached_s.set(ends_s)
        await self._sleep(max(0.0, ends_s - self._clock()))

    def _reached(self) -> float:
        now_s = self._clock()
        return max(_reached_s.get(now_s), now_s - _MOST_BEHIND_S)
