"""Telling what there is: volumes, page by page, and room."""

import asyncio
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from rds_csi_async.domain.capabilities import Capability, find_unsupported
from rds_csi_async.domain.conditions import Condition, condition_of
from rds_csi_async.domain.errors import InvalidRequestError, InvalidTokenError, RefusedError
from rds_csi_async.domain.identifiers import VolumeId, cluster_tag, find_volume_id
from rds_csi_async.domain.listings import ensure_whole
from rds_csi_async.domain.oddities import find_oddity
from rds_csi_async.domain.pools import Capacity
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.services.appliances import Appliances

LONGEST_PAGE = 500
_WALKS_KEPT = 4
_OLDEST_WALK_S = 600.0  # who asks for a next page after that goes on in a new inventory, after the same volume
_LONGEST_NUMBER = 20
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
    """Lists this cluster's volumes. A walk sees one inventory, taken at its first page, however many pages it has."""

    def __init__(self, appliances: Appliances) -> None:
        self._appliances = appliances
        self._walks: dict[int, _Walk] = {}
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
        """Tell how much room a pool has, or all of them together when none is named; none for what cannot be made."""
        if any(find_unsupported(capability) for capability in capabilities):
            return Capacity(0, 0)
        chosen = [self._appliances.get(appliance)] if appliance else list(self._appliances)
        rooms: list[Capacity] = []
        for one in chosen:
            rooms += await one.room.measure_all([pool] if pool else one.pools)
        return Capacity(
            sum(room.available_bytes for room in rooms), max((room.largest_bytes for room in rooms), default=0)
        )

    def _find_walk(self, number: int) -> "_Walk | None":
        oldest_s = asyncio.get_running_loop().time() - _OLDEST_WALK_S
        self._walks = {each: walk for each, walk in self._walks.items() if walk.begun_s >= oldest_s}
        return self._walks.get(number)

    async def _begin_walk(self) -> "tuple[int, _Walk]":
        begun_s = asyncio.get_running_loop().time()
        tag = cluster_tag(self._appliances.cluster_id)
        entries = []
        for appliance in self._appliances:
            listing = (await appliance.stocktaking.take()).listing
            ensure_whole(listing)
            for number, volume in enumerate(listing.volumes):
                volume_id = find_volume_id(str(VolumeId(appliance.key, volume.slot)))
                if volume_id is not None and volume_id.cluster_tag == tag:
                    entries.append(_entry(str(volume_id), volume))
                if number % _STEP == 0:
                    await asyncio.sleep(0)
        number = next(self._numbers)
        self._walks[number] = _Walk(begun_s, sorted(entries, key=lambda entry: entry.volume_id))
        for oldest in tuple(self._walks)[:-_WALKS_KEPT]:
            del self._walks[oldest]
        return number, self._walks[number]


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
