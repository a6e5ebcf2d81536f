"""How it goes with the appliances, for whoever watches the driver."""

from collections.abc import Mapping
from typing import Protocol

from rds_csi_async.domain.inventories import Inventory
from rds_csi_async.domain.vitals import DiskArray, Sensor

RDS_VERBS = ("find", "list", "show_pool", "create", "change", "remove", "remove_leftovers", "check")
VITALS_VERBS = ("read_traffic", "read_sensors", "read_arrays")
VERBS = (*RDS_VERBS, *VITALS_VERBS)


class ApplianceTelemetry(Protocol):
    """Takes note of what is seen of the appliances, each named by its key. Never raises, never waits.

    What is not known is told as None, and then shown no more; what was told last stays shown until then.
    """

    def record_connection(self, appliance: str, address: str, *, up: bool) -> None:
        """Take whether there is a connection to it now."""
        ...

    def record_reconnect(self, appliance: str, error: BaseException | None, outage_s: float) -> None:
        """Count one ended attempt to connect, but for the first success, which ends no outage of so many seconds."""
        ...

    def record_command(self, appliance: str, verb: str, error: BaseException | None, duration_s: float) -> None:
        """Count one ended command of `VERBS`; `error` None is success."""
        ...

    def record_inventory(self, appliance: str, inventory: Inventory | None) -> None:
        """Take what it holds."""
        ...

    def record_traffic(self, appliance: str, traffic: Mapping[str, Mapping[str, float]] | None) -> None:
        """Take what goes on at its disks: by slot, then by the name of one of `vitals.FIGURES`."""
        ...

    def record_sensors(self, appliance: str, sensors: tuple[Sensor, ...] | None) -> None:
        """Take what its sensors show."""
        ...

    def record_arrays(self, appliance: str, arrays: tuple[DiskArray, ...] | None) -> None:
        """Take how its arrays of disks are."""
        ...
