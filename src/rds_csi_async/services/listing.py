"""Telling what there is: volumes, page by page, and room."""

import asyncio
import logging
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import TypeVar

from rds_csi_async.domain.capabilities import Capability, find_unsupported
from rds_csi_async.domain.conditions import Condition, condition_of
from rds_csi_async.domain.errors import (
    DriverError,
    InvalidRequestError,
    InvalidTokenError,
    RefusedError,
    UnreachableError,
)
from rds_csi_async.domain.identifiers import VolumeId, cluster_tag, find_volume_id
from rds_csi_async.domain.listings import ensure_whole
from rds_csi_async.domain.oddities import find_oddity
from rds_csi_async.domain.pools import Capacity
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.ports.deadlines import remaining_s
from rds_csi_async.services.appliances import Appliance, Appliances

_log = logging.getLogger(__name__)
T = TypeVar("T")
LONGEST_PAGE = 500
_WALKS_KEPT = 4
_OLDEST_WALK_S = 600.0  # who asks for a next page after that goes on in a new inventory, after the same volume
_LONGEST_NUMBER = 20
_LONGEST_S = 60.0  # for who has no deadline
_SHARE = 0.8  # of the caller's time, after which an appliance is given up
_STEP = 100  # volumes looked at before others get a turn on the loop


@dataclass(frozen=True, slots=True)
class Entry:
    """A volume as listings tell of it."""

    volume_id: str
    size_bytes: int
    node_ids: tuple[str, ...]
    condition: Condition


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a listing; the token leads to the next part, and is empty at the end."""

    entries: tuple[Entry, ...]
    next_token: str


@dataclass(frozen=True, slots=True)
class _Walk:
    begun_s: float
    entries: list[Entry]  # in the order of their ids


class Listing:
    """Lists this cluster's volumes. A walk sees one inventory, taken at its first page, however many pages it has.

    CSI's ListVolumes is to tell of all volumes that a plugin knows about. So an appliance that does not answer takes
    none of the others' away, and its own are shown as they were known last, and abnormal.
    """

    def __init__(self, appliances: Appliances) -> None:
        self._appliances = appliances
        self._walks: dict[int, _Walk] = {}
        self._last: dict[str, list[Entry]] = {}  # what each appliance held when it was listed last, by key
        self._numbers = count(1)

    async def list_volumes(self, most: int, token: str) -> Page:
        """Give the volumes after the token, in the order of their ids, `most` (0: any number) at most.

        Raises:
            InvalidTokenError: the token is none that was given (CSI 1.12, ListVolumes: ABORTED).
            InvalidRequestError: `most` is negative.

        """
        if most < 0:
            message = f"a page cannot have {most} entries"
            raise InvalidRequestError(message)
        number, after = _parse_token(token) if token else (0, "")
        walk = self._find_walk(number)
        if walk is None:
            number, walk = await self._begin_walk()
        entries = walk.entries
        first = bisect_right(entries, after, key=lambda entry: entry.volume_id)
        page = entries[first : first + min(most or LONGEST_PAGE, LONGEST_PAGE)]
        if first + len(page) >= len(entries):
            self._walks.pop(number, None)
            return Page(tuple(page), "")
        return Page(tuple(page), f"{number}/{page[-1].volume_id}")

    async def get(self, text: str) -> Entry:
        """Tell of one volume, read just now.

        Raises:
            VolumeNotFoundError: it is not there.
            RefusedError: it is another cluster's, or on an appliance that is not configured, so nobody can tell.

        """
        volume_id, _, volume = await self._appliances.get_volume(text)
        return _entry(str(volume_id), volume)

    async def measure(self, appliance: str, pool: str, capabilities: Iterable[Capability]) -> Capacity:
        """Tell how much room a pool has, or all of them together when none is named; none for what cannot be made.

        What several appliances have together is told by those that answer: too little is no promise that is not kept.
        """
        if any(find_unsupported(capability) for capability in capabilities):
            return Capacity(0, 0)
        chosen = [self._appliances.get(appliance)] if appliance else list(self._appliances)
        found = await asyncio.gather(
            *(_within_time(one, partial(one.room.measure_all, [pool] if pool else one.pools)) for one in chosen)
        )
        _ensure_one_answered(found)
        rooms = [room for each in found if not isinstance(each, DriverError) for room in each]
        return Capacity(
            sum(room.available_bytes for room in rooms), max((room.largest_bytes for room in rooms), default=0)
        )

    def _find_walk(self, number: int) -> "_Walk | None":
        oldest_s = asyncio.get_running_loop().time() - _OLDEST_WALK_S
        self._walks = {each: walk for each, walk in self._walks.items() if walk.begun_s >= oldest_s}
        return self._walks.get(number)

    async def _begin_walk(self) -> "tuple[int, _Walk]":
        begun_s = asyncio.get_running_loop().time()
        appliances = list(self._appliances)
        found = await asyncio.gather(*(_within_time(each, partial(self._list, each)) for each in appliances))
        _ensure_one_answered(found)
        entries: list[Entry] = []
        for appliance, shown in zip(appliances, found, strict=True):
            entries += self._recall(appliance, shown) if isinstance(shown, DriverError) else shown
        number = next(self._numbers)
        self._walks[number] = _Walk(begun_s, sorted(entries, key=lambda entry: entry.volume_id))
        for oldest in tuple(self._walks)[:-_WALKS_KEPT]:
            del self._walks[oldest]
        return number, self._walks[number]

    async def _list(self, appliance: Appliance) -> list[Entry]:
        tag = cluster_tag(self._appliances.cluster_id)
        listing = (await appliance.stocktaking.take()).listing
        ensure_whole(listing)
        entries = []
        for number, volume in enumerate(listing.volumes):
            volume_id = find_volume_id(str(VolumeId(appliance.key, volume.slot)))
            if volume_id is not None and volume_id.cluster_tag == tag:
                entries.append(_entry(str(volume_id), volume))
            if number % _STEP == 0:
                await asyncio.sleep(0)
        self._last[appliance.key] = entries
        return entries

    def _recall(self, appliance: Appliance, error: DriverError) -> list[Entry]:
        """Give the volumes of an appliance that cannot be listed as they were known last: gone they are not."""
        _log.warning("%s cannot be listed; its volumes are shown as they were known last: %s", appliance.key, error)
        condition = Condition(
            abnormal=True, message=f"as it was known last, for {appliance.key} does not tell: {error}"
        )
        return [replace(entry, condition=condition) for entry in self._last.get(appliance.key, [])]


async def _within_time(appliance: Appliance, work: Callable[[], Awaitable[T]]) -> T | DriverError:
    """Give what came of the work, or the error; one appliance's silence leaves time to tell of the others."""
    most_s = remaining_s(_LONGEST_S) * _SHARE
    try:
        async with asyncio.timeout(most_s):
            return await work()
    except TimeoutError:
        return UnreachableError(f"appliance {appliance.key} did not answer within {most_s:.1f} s")
    except DriverError as error:
        return error


def _ensure_one_answered(found: Sequence[object]) -> None:
    errors = [each for each in found if isinstance(each, DriverError)]
    wrong = [error for error in errors if error.outcome_known]  # what was asked, not who was
    if wrong or (errors and len(errors) == len(found)):
        raise (wrong or errors)[0]


def _entry(volume_id: str, volume: Volume) -> Entry:
    try:
        record = volume.record()
    except RefusedError:
        record = None
    holders = record.holders if record is not None else ()
    return Entry(
        volume_id, volume.size_bytes, tuple(holder.node_id for holder in holders), condition_of(find_oddity(volume))
    )


def _parse_token(token: str) -> tuple[int, str]:
    walk, _, after = token.partition("/")
    if not (walk.isascii() and walk.isdigit() and len(walk) < _LONGEST_NUMBER) or find_volume_id(after) is None:
        message = f"{token[:200]!r} is no token that this driver gave; list from the beginning"
        raise InvalidTokenError(message)
    return int(walk), after
