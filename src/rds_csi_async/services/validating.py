"""Telling whether a volume can be used as somebody wants to use it."""

from collections.abc import Sequence

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.storage_classes import Placement
from rds_csi_async.domain.suitability import find_objection
from rds_csi_async.services.appliances import Appliances


class Validating:
    """Looks at volumes, changes nothing."""

    def __init__(self, appliances: Appliances) -> None:
        self._appliances = appliances

    async def find_objection(
        self, text: str, capabilities: Sequence[Capability], placement: Placement | None
    ) -> str | None:
        """Tell why the volume cannot be used in one of these ways, or is not in this place; None when it can and is.

        Raises:
            VolumeNotFoundError: there is no such volume.

        """
        volume_id, _, volume = await self._appliances.get_volume(text)
        if placement is not None and (placement.appliance, placement.pool) != (volume_id.appliance, volume.pool):
            asked = f"{placement.pool[:80]!r} of {placement.appliance[:80]!r}"
            return f"{volume_id} lies in pool {volume.pool!r} of {volume_id.appliance!r}, not in {asked}"
        return find_objection(volume, capabilities)
