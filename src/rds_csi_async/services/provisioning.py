"""Making and removing volumes."""

import logging

from rds_csi_async.domain.errors import BusyError, InsufficientCapacityError, NotGrownError, SizeOutOfRangeError
from rds_csi_async.domain.pools import Capacity
from rds_csi_async.domain.records import encode_record
from rds_csi_async.domain.sizes import fits
from rds_csi_async.domain.volumes import Claim, NewVolume, Volume, decide_new, ensure_deletable, ensure_satisfies
from rds_csi_async.services.appliances import Appliance, Appliances

_log = logging.getLogger(__name__)


class Provisioning:
    """Makes and removes volumes, each of them as often as it is asked."""

    def __init__(self, appliances: Appliances, writer: str) -> None:
        self._appliances = appliances
        self._writer = writer

    async def create(self, claim: Claim) -> Volume:
        """Make the volume unless it is there; return it as the appliance shows it.

        Raises:
            IncompatibleVolumeError: one of this name is there, and is another.
            InsufficientCapacityError: the pool is full.

        """
        appliance = self._appliances.get_with_pool(claim.volume_id.appliance, claim.pool)
        with appliance.room.settling(claim.volume_id.slot):
            volume = await self._find_or_make(appliance, claim)
        ensure_satisfies(volume, claim)
        return volume

    async def delete(self, text: str) -> None:
        """Remove the volume and its file, and what an earlier removal left; an id that is not ours is no work.

        Raises:
            RefusedError: it is published, another cluster's, or nobody can tell.

        """
        home = self._appliances.find_home(text)
        if home is None:
            _log.info("delete of %r: no volume of this driver can bear this id, so nothing was sent", text[:200])
            return
        volume_id, appliance = home
        owner = self._appliances.cluster_id
        if not await appliance.volumes.remove(volume_id.slot, lambda volume: ensure_deletable(volume, owner)):
            await appliance.rds.remove_leftovers(volume_id.slot)
        appliance.room.forget(volume_id.slot)

    async def _find_or_make(self, appliance: Appliance, claim: Claim) -> Volume:
        """Make it at once if there is room as far as is remembered: the command leaves alone what is there."""
        slot = claim.volume_id.slot
        try:
            new = self._reserve(appliance, claim, await appliance.room.measure(claim.pool, slot))
        except (BusyError, InsufficientCapacityError, SizeOutOfRangeError):
            volume = await appliance.volumes.find(slot)
            if volume is not None:
                return volume
            new = await self._reserve_afresh(appliance, claim)
        volume = await appliance.volumes.create(new)
        if volume.comment == new.comment and not fits(volume.size_bytes, claim.size):
            await appliance.rds.remove_volume(volume)  # left there, the next try would take it for another, for ever
            message = f"{slot} was made with {volume.size_bytes} bytes, {new.size_bytes} were asked for"
            raise NotGrownError(message)
        return volume

    async def _reserve_afresh(self, appliance: Appliance, claim: Claim) -> NewVolume:
        slot = claim.volume_id.slot
        try:
            return self._reserve(appliance, claim, await appliance.room.measure_afresh(claim.pool, slot))
        except InsufficientCapacityError:
            # A try that was cut short may have left a file, which takes up the room, and "full" is a final answer:
            # nobody would come back for that file.
            await appliance.rds.remove_leftovers(slot)
            return self._reserve(appliance, claim, await appliance.room.measure_afresh(claim.pool, slot))

    def _reserve(self, appliance: Appliance, claim: Claim, capacity: Capacity) -> NewVolume:
        size_bytes, record = decide_new(claim, capacity, self._writer)
        appliance.room.reserve(claim.pool, claim.volume_id.slot, size_bytes)
        return NewVolume(claim.volume_id.slot, claim.pool, size_bytes, encode_record(record))
