"""Growing volumes on the appliance; the file system follows on the node."""

from dataclasses import replace

from rds_csi_async.domain.records import encode_record
from rds_csi_async.domain.sizes import SizeRange
from rds_csi_async.domain.volumes import Change, capacity_in, decide_growth, ensure_changed, ensure_grown, ensure_ours
from rds_csi_async.services.appliances import Appliances


class Expanding:
    """Grows volumes, never shrinks them."""

    def __init__(self, appliances: Appliances, writer: str) -> None:
        self._appliances = appliances
        self._writer = writer

    async def expand(self, text: str, wanted: SizeRange) -> int:
        """Grow the volume to what is wanted; return its size in bytes, as read back.

        Idempotent: a volume that is large enough is left alone.
        """
        _, appliance, seen = await self._appliances.get_volume(text)
        record = ensure_ours(seen, self._appliances.cluster_id)
        if seen.size_bytes >= wanted.required_bytes and wanted.limit_bytes is None:
            return seen.size_bytes
        capacity = capacity_in(await appliance.rds.get_listing(), seen.pool or "")
        size_bytes = decide_growth(seen, wanted, capacity)
        if size_bytes is None:
            return seen.size_bytes
        after = replace(record, generation=record.generation + 1, writer=self._writer)
        change = Change(encode_record(after), size_bytes=size_bytes)
        grown = await appliance.rds.change_volume(seen, change)
        ensure_changed(grown, change)
        ensure_grown(grown, size_bytes)
        return grown.size_bytes
