"""Taking stock of an appliance: one listing at a time, shared by all who asked before it began."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from rds_csi_async.domain.errors import BusyError, DeadlineError, DriverError
from rds_csi_async.domain.listings import Listing
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.ports import deadlines
from rds_csi_async.ports.rds import Rds

_LONGEST_WAIT_S = 900.0  # for who has no deadline of his own
_STEP = 200  # volumes gone through before others get a turn on the loop


@dataclass(frozen=True, slots=True)
class Stock:
    """A listing, and what is kept of it: not the volumes, which may be many, but their sizes."""

    begun_s: float  # on the event loop's clock
    listing: Listing
    sizes: Mapping[str, Mapping[str, int]]  # bytes by pool, then by slot
    provisioned: Mapping[str, int]  # bytes in all by pool


@dataclass(frozen=True, slots=True)
class _Taken:
    number: int
    outcome: Stock | DriverError


class Stocktaking:
    """Lists what an appliance holds. A listing that had begun already is no answer to who asks now."""

    def __init__(self, rds: Rds, tell: Callable[[Sequence[Volume]], None] = lambda _: None) -> None:
        self._rds = rds
        self._tell = tell
        self._lock = asyncio.Lock()
        self._begun = 0
        self._waiting = 0
        self._taken: _Taken | None = None
        self._last: Stock | None = None

    async def get_recent(self, oldest_s: float) -> Stock:
        """Give the last listing if it began no longer ago, without its volumes; else a new one."""
        recent = self._find_recent(oldest_s)
        if recent is not None:
            return recent
        async with self._turn():
            return self._find_recent(oldest_s) or _outcome_of(await self._begin())

    async def take(self) -> Stock:
        """Give a listing that began after this call: another's, if there is one, else one of its own."""
        begun_before = self._begun
        self._waiting += 1
        try:
            async with self._turn():
                taken = self._taken
                if taken is None or taken.number <= begun_before:
                    taken = self._taken = await self._begin()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._taken = None  # nobody will ask for it any more, and it may be large
        return _outcome_of(taken)

    def _find_recent(self, oldest_s: float) -> Stock | None:
        last = self._last
        return None if last is None or asyncio.get_running_loop().time() - last.begun_s > oldest_s else last

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(deadlines.remaining_s(_LONGEST_WAIT_S)):
                await self._lock.acquire()
        except TimeoutError:
            deadlines.remaining_s(_LONGEST_WAIT_S)
            message = "another listing of the appliance takes too long; come back later"
            raise BusyError(message) from None
        try:
            yield
        finally:
            self._lock.release()

    async def _begin(self) -> _Taken:
        """List, and share a failure too, unless it is that of this caller alone, whose time ran out."""
        self._begun += 1
        number, begun_s = self._begun, asyncio.get_running_loop().time()
        try:
            listing = await self._rds.get_listing()
        except DeadlineError:
            raise
        except DriverError as error:
            deadline = deadlines.find_current()
            if deadline is not None and not deadline.remaining_s():
                raise
            return _Taken(number, error)
        stock = await self._go_through(listing, begun_s)
        self._last = replace(stock, listing=replace(listing, volumes=()))
        return _Taken(number, stock)

    async def _go_through(self, listing: Listing, begun_s: float) -> Stock:
        """Tell of the volumes and count them, a part at a time."""
        sizes: dict[str, dict[str, int]] = {}
        for start in range(0, len(listing.volumes), _STEP):
            await asyncio.sleep(0)
            part = listing.volumes[start : start + _STEP]
            self._tell(part)
            for volume in part:
                if volume.pool is not None:
                    sizes.setdefault(volume.pool, {})[volume.slot] = volume.size_bytes
        return Stock(begun_s, listing, sizes, {pool: sum(each.values()) for pool, each in sizes.items()})


def _outcome_of(taken: _Taken) -> Stock:
    if isinstance(taken.outcome, DriverError):
        raise taken.outcome
    return taken.outcome
