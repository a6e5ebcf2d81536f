"""What stands between one line and the menus: time, order, counts, and what goes wrong on purpose."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.failures import DISK_IN_USE, NOT_ENOUGH_SPACE, Failure
from rds_csi_async.simulator.faults import Faults, LineFault
from rds_csi_async.simulator.scheduling import Schedule

Intrude = Callable[[str], Awaitable[str]]


class LineTurns:
    """See `session.Turns`. `changes` counts what the line has changed; `intrude` runs a foreign line."""

    def __init__(
        self,
        schedule: Schedule,
        faults: Faults,
        counters: Counters,
        fault: LineFault | None = None,
        intrude: Intrude | None = None,
    ) -> None:
        self.changes = 0
        self._schedule = schedule
        self._faults = faults
        self._counters = counters
        self._fault = fault
        self._intrude = intrude

    async def begin_read(self, verb: str) -> None:
        """See `Turns`."""
        await self._begin(verb)
        await self._schedule.read(verb)

    async def end_read(self, verb: str, rows: int, *, listing: bool) -> None:
        """See `Turns`."""
        self._counters.count_rows(verb, rows, listing=listing)
        await self._schedule.show(rows)

    @asynccontextmanager
    async def change(self, verb: str, size_bytes: int = 0) -> AsyncIterator[None]:
        """See `Turns`."""
        await self._begin(verb)
        self._refuse_first(verb, size_bytes)
        async with self._schedule.change(verb, size_bytes):
            yield
        self.changes += 1

    async def _begin(self, verb: str) -> None:
        """Count the verb, let a foreign line in before it, and refuse it if that is planned."""
        self._counters.count_verb(verb)
        foreign = self._faults.take_intrusion(verb) if self._intrude else None
        if foreign is not None and self._intrude is not None:
            self._counters.faults["intrusion"] += 1
            await self._intrude(foreign)
        text = self._faults.take_refusal(verb)
        if text is not None:
            self._counters.faults["refusal"] += 1
            raise Failure(text)

    def _refuse_first(self, verb: str, size_bytes: int) -> None:
        """Meet the line's own fault, once."""
        if self._fault is LineFault.IN_USE and verb.endswith("/remove"):
            self._fault = None
            raise Failure(DISK_IN_USE)
        if self._fault is LineFault.NO_SPACE and size_bytes > 0:
            self._fault = None
            raise Failure(NOT_ENOUGH_SPACE)
