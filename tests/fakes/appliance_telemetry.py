"""A telemetry of appliances that keeps what it was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rds_csi_async.domain.inventories import Inventory
from rds_csi_async.domain.vitals import DiskArray, Sensor
from rds_csi_async.ports.appliance_telemetry import VERBS


@dataclass
class FakeApplianceTelemetry:
    """Sits the exam in `tests/contracts/appliance_telemetry.py`, as `ApplianceMetrics` does."""

    up: dict[str, bool] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    attempts: list[tuple[str, BaseException | None, float]] = field(default_factory=list)
    commands: list[tuple[str, str, BaseException | None]] = field(default_factory=list)
    inventories: dict[str, Inventory | None] = field(default_factory=dict)
    traffic: dict[str, Mapping[str, Mapping[str, float]] | None] = field(default_factory=dict)
    sensors: dict[str, tuple[Sensor, ...] | None] = field(default_factory=dict)
    arrays: dict[str, tuple[DiskArray, ...] | None] = field(default_factory=dict)

    def record_connection(self, appliance: str, address: str, *, up: bool) -> None:
        """See `ApplianceTelemetry`."""
        self.up[appliance], self.addresses[appliance] = up, address

    def record_reconnect(self, appliance: str, error: BaseException | None, outage_s: float) -> None:
        """See `ApplianceTelemetry`."""
        self.attempts.append((appliance, error, outage_s))

    def record_command(self, appliance: str, verb: str, error: BaseException | None, duration_s: float) -> None:
        """See `ApplianceTelemetry`."""
        if duration_s < 0 or verb not in VERBS:
            raise ValueError(verb, duration_s)
        self.commands.append((appliance, verb, error))

    def record_inventory(self, appliance: str, inventory: Inventory | None) -> None:
        """See `ApplianceTelemetry`."""
        self.inventories[appliance] = inventory

    def record_traffic(self, appliance: str, traffic: Mapping[str, Mapping[str, float]] | None) -> None:
        """See `ApplianceTelemetry`."""
        self.traffic[appliance] = traffic

    def record_sensors(self, appliance: str, sensors: tuple[Sensor, ...] | None) -> None:
        """See `ApplianceTelemetry`."""
        self.sensors[appliance] = sensors

    def record_arrays(self, appliance: str, arrays: tuple[DiskArray, ...] | None) -> None:
        """See `ApplianceTelemetry`."""
        self.arrays[appliance] = arrays
