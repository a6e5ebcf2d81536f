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


class Listing:
    """Lists this cluster's volumes. A walk sees one inventory, taken at its first page, however many pages it has."""

    def __init__(self, appliances: Appliances) -> None:
        self._appliances = appliances
        self._walks: dict[int, list[Entry]] = {}
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
        walk, after = _parse_token(token) if token else (0, "")
        entries = self._walks.get(walk)
        if entries is None:
            walk, entries = await self._begin_walk()
        first = bisect_right(entries, after, key=lambda entry: entry.volume_id)
        page = entries[first : first + min(most or LONGEST_PAGE, LONGEST_PAGE)]
        if first + len(page) >= len(entries):
            self._walks.pop(walk, None)
            return Page(tuple(page), "")
        return Page(tuple(page), f"{walk}/{page[-1].volume_id}")

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

    async def _begin_walk(self) -> tuple[int, list[Entry]]:
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
        walk = next(self._numbers)
        self._walks[walk] = sorted(entries, key=lambda entry: entry.volume_id)
        self._walks.pop(walk - _WALKS_KEPT, None)
        return walk, self._walks[walk]


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
