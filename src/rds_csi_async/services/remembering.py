"""Remembering volumes as they were last shown, so that one command does what would take two.

What is remembered is never an answer, and never a reason to refuse: it only fills the "as I saw it" of a command that
the appliance carries out when its record is still that one. Anything else is decided over a fresh read.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable

from rds_csi_async.domain.errors import ConflictError, DriverError, InsufficientCapacityError, RefusedError
from rds_csi_async.domain.records import is_record
from rds_csi_async.domain.volumes import Change, NewVolume, Volume, ensure_changed
from rds_csi_async.ports.rds import Rds

MOST = 10_000
Decide = Callable[[Volume], Awaitable[Change | None]]


class Remembering:
    """The volumes of one appliance."""

    def __init__(self, rds: Rds, most: int = MOST) -> None:
        self._rds = rds
        self._most = most
        self._volumes: OrderedDict[str, Volume] = OrderedDict()

    def learn(self, listed: Iterable[Volume]) -> None:
        """Remember what a listing shows, but for what is known: an answer about one volume is rather the younger."""
        for volume in listed:
            if volume.slot not in self._volumes:
                self._note(volume)

    def knows(self, slot: str) -> bool:
        """Tell whether a volume is remembered."""
        return slot in self._volumes

    async def find(self, slot: str) -> Volume | None:
        """Do what `Rds.find_volume` does."""
        self._forget(slot)
        volume = await self._rds.find_volume(slot)
        return None if volume is None else self._note(volume)

    async def create(self, new: NewVolume) -> Volume:
        """Do what `Rds.create_volume` does."""
        self._forget(new.slot)
        return self._note(await self._rds.create_volume(new))

    async def change(self, slot: str, decide: Decide) -> Volume | None:
        """Change the volume as is decided, and give it as it then is; None when it is not there.

        The decision is made over what is remembered; over a fresh read if nothing is, if it refuses or wants no change,
        or if the appliance refuses, since what is remembered may be out of date.

        Raises:
            ConflictError: another writer came between the fresh read and the change.

        """
        remembered = self._volumes.get(slot)
        wanted = None if remembered is None else await _find_change(remembered, decide)
        if remembered is not None and wanted is not None:
            try:
                return await self._change(remembered, wanted)
            except (ConflictError, InsufficientCapacityError, RefusedError):
                pass  # it was out of date, or says no: only a fresh read tells which
        volume = await self.find(slot)
        wanted = None if volume is None else await decide(volume)
        return volume if volume is None or wanted is None else await self._change(volume, wanted)

    async def remove(self, slot: str, ensure_removable: Callable[[Volume], object]) -> bool:
        """Remove the volume if it may be removed; False when it is not there. Remembered as in `change`.

        Raises:
            ConflictError: another writer came between the fresh read and the removal.

        """
        remembered = self._volumes.get(slot)
        if remembered is not None:
            try:
                ensure_removable(remembered)
                await self._remove(remembered)
            except (ConflictError, RefusedError):
                pass  # as above
            else:
                return True
        volume = await self.find(slot)
        if volume is None:
            return False
        ensure_removable(volume)
        await self._remove(volume)
        return True

    async def _change(self, seen: Volume, change: Change) -> Volume:
        self._forget(seen.slot)
        changed = await self._rds.change_volume(seen, change)
        ensure_changed(changed, change)
        return self._note(changed)

    async def _remove(self, seen: Volume) -> None:
        self._forget(seen.slot)
        await self._rds.remove_volume(seen)

    def _forget(self, slot: str) -> None:
        """Forget a volume before something is asked or done: it is remembered only as an answer shows it."""
        self._volumes.pop(slot, None)

    def _note(self, volume: Volume) -> Volume:
        """Remember a volume whose record tells it from any other state of it; an erased one does not."""
        if is_record(volume.comment) and volume.disk_type == "file" and volume.pool is not None:
            self._volumes[volume.slot] = volume
            while len(self._volumes) > self._most:
                self._volumes.popitem(last=False)
        return volume


async def _find_change(volume: Volume, decide: Decide) -> Change | None:
    try:
        return await decide(volume)
    except DriverError:
        return None
