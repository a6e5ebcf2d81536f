"""Growing volumes on the appliance; the file system follows on the node."""

from dataclasses import replace

from rds_csi_async.domain.errors import BusyError, SizeOutOfRangeError
from rds_csi_async.domain.records import encode_record
from rds_csi_async.domain.sizes import SizeRange
from rds_csi_async.domain.volumes import Change, Volume, decide_growth, ensure_grown, ensure_ours
from rds_csi_async.services.appliances import Appliance, Appliances, no_volume


class Expanding:
    """Grows volumes, never shrinks them."""

    def __init__(self, appliances: Appliances, writer: str) -> None:
        self._appliances = appliances
        self._writer = writer

    async def expand(self, text: str, wanted: SizeRange) -> int:
        """Grow the volume to what is wanted; return its size in bytes, as read back.

        Idempotent: a volume that is large enough is left alone.
        """
        volume_id, appliance = self._appliances.get_home(text)

        async def decide(volume: Volume) -> Change | None:
            return await self._decide(appliance, volume, wanted)

        if not appliance.volumes.knows(volume_id.slot):
            await appliance.room.ensure_measured()  # it is needed anyhow, and shows the volume too
        with appliance.room.settling(volume_id.slot):
            volume = await appliance.volumes.change(volume_id.slot, decide)
            if volume is None:
                raise no_volume(text)
            ensure_grown(volume, wanted.required_bytes)
        return volume.size_bytes

    async def _decide(self, appliance: Appliance, volume: Volume, wanted: SizeRange) -> Change | None:
        record = ensure_ours(volume, self._appliances.cluster_id)
        size_bytes = await self._reserve(appliance, volume, wanted)
        if size_bytes is None:
            return None
        after = replace(record, generation=record.generation + 1, writer=self._writer)
        return Change(encode_record(after), size_bytes=size_bytes)

    async def _reserve(self, appliance: Appliance, volume: Volume, wanted: SizeRange) -> int | None:
        """Choose the size to grow to, and give the volume the room for it; None when it is large enough."""
        if volume.size_bytes >= wanted.required_bytes:
            return decide_growth(volume, wanted, None)
        where = (volume.pool or "", volume.slot, volume.size_bytes)
        try:
            size_bytes = decide_growth(volume, wanted, await appliance.room.measure(*where))
        except (BusyError, SizeOutOfRangeError):
            size_bytes = decide_growth(volume, wanted, await appliance.room.measure_afresh(*where))
        if size_bytes is not None:
            appliance.room.reserve(volume.pool or "", volume.slot, size_bytes)
        return size_bytes
