"""Making and removing volumes."""

import logging

from rds_csi_async.domain.errors import InsufficientCapacityError, NotGrownError
from rds_csi_async.domain.records import Record, encode_record
from rds_csi_async.domain.sizes import fits
from rds_csi_async.domain.volumes import (
    Claim,
    NewVolume,
    Volume,
    capacity_in,
    decide_new,
    ensure_deletable,
    ensure_satisfies,
)
from rds_csi_async.ports.rds import Rds
from rds_csi_async.services.appliances import Appliances

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
        rds = self._appliances.get_rds(claim.volume_id.appliance, claim.pool)
        volume = await rds.find_volume(claim.volume_id.slot)
        if volume is None:
            volume = await self._make(rds, claim)
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
        volume = await appliance.rds.find_volume(volume_id.slot)
        if volume is None:
            await appliance.rds.remove_leftovers(volume_id.slot)
            return
        ensure_deletable(volume, self._appliances.cluster_id)
        await appliance.rds.remove_volume(volume)

    async def _make(self, rds: Rds, claim: Claim) -> Volume:
        size_bytes, record = await self._decide_new(rds, claim)
        comment = encode_record(record)
        volume = await rds.create_volume(NewVolume(claim.volume_id.slot, claim.pool, size_bytes, comment))
        if volume.comment == comment and not fits(volume.size_bytes, claim.size):
            await rds.remove_volume(volume)  # left there, the next try would take it for another volume, for ever
            message = f"{volume.slot} was made with {volume.size_bytes} bytes, {size_bytes} were asked for"
            raise NotGrownError(message)
        return volume

    async def _decide_new(self, rds: Rds, claim: Claim) -> tuple[int, Record]:
        try:
            return decide_new(claim, capacity_in(await rds.get_listing(), claim.pool), self._writer)
        except InsufficientCapacityError:
            # A try that was cut short may have left a file, which takes up the room, and "full" is a final answer:
            # nobody would come back for that file.
            await rds.remove_leftovers(claim.volume_id.slot)
            return decide_new(claim, capacity_in(await rds.get_listing(), claim.pool), self._writer)
