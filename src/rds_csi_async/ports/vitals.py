"""How an appliance's hardware fares."""

from collections.abc import Mapping
from typing import Protocol

from rds_csi_async.domain.vitals import DiskArray, Sensor


class Vitals(Protocol):
    """One appliance's word about itself. Nothing is changed, nothing is ever guessed: what was not told is not there.

    Each raises only `DriverError`s, within the deadline of `ports.deadlines`; an appliance that has no such figures, or
    lacks the menu that tells them, is one of these.
    """

    async def read_traffic(self) -> Mapping[str, Mapping[str, float]]:
        """Read what goes on at the pools' disks: by slot, then by the name of one of `domain.vitals.FIGURES`."""
        ...

    async def read_sensors(self) -> tuple[Sensor, ...]:
        """Read temperatures, fans, power and so on, as many as there are."""
        ...

    async def read_arrays(self) -> tuple[DiskArray, ...]:
        """Read the arrays of disks; none is no error."""
        ...
