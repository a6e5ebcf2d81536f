"""An appliance's hardware in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.vitals import TEMPERATURE, DiskArray, Sensor


@dataclass
class FakeVitals:
    """The `Vitals` of a box that is well. `errors` says, by method, what is raised instead; `asked` names the calls."""

    traffic: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: {"pool1": {"read_ops_per_second": 7.0}})
    sensors: tuple[Sensor, ...] = (Sensor("cpu-temperature", TEMPERATURE, 45),)
    arrays: tuple[DiskArray, ...] = (DiskArray("pool1", "clean"),)
    errors: dict[str, DriverError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def read_traffic(self) -> Mapping[str, Mapping[str, float]]:
        """See `Vitals`."""
        self._ask("read_traffic")
        return self.traffic

    async def read_sensors(self) -> tuple[Sensor, ...]:
        """See `Vitals`."""
        self._ask("read_sensors")
        return self.sensors

    async def read_arrays(self) -> tuple[DiskArray, ...]:
        """See `Vitals`."""
        self._ask("read_arrays")
        return self.arrays

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if name in self.errors:
            raise self.errors[name]
