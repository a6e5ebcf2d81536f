"""Appliances of which everything is told, for tests of how that is shown."""

from rds_csi_async.domain.inventories import CountedVolume, Inventory
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.vitals import FIGURES, NAMED_SENSORS, UNITS, DiskArray, Sensor
from rds_csi_async.observability.appliance_metrics import ApplianceMetrics

INVENTORY = Inventory(
    10.0,
    (Pool("pool1", "btrfs", 1000, 400),),
    ("pool2",),
    {"pool1": 300},
    (
        CountedVolume("rds1-a", "pool1", 100, "closed"),
        CountedVolume("rds1-b", "pool1", 100, "published", "default/data"),
        CountedVolume("rds1-c", "pool1", 100, "closed", 'default/"more"'),
    ),
)
TRAFFIC = {"storage-pool": {figure.name: number / 1000 for number, figure in enumerate(FIGURES, start=1)}}
NAMED = tuple(Sensor(name, UNITS[0], 40.0 + number) for number, name in enumerate(NAMED_SENSORS))
SENSORS = (*NAMED, *(Sensor(f"one {measure.name}", measure, 1.0) for measure in UNITS))
ARRAYS = (DiskArray("raid10", "clean"), DiskArray("raid5", "degraded, sync:repair", 1))


def fill_appliance(metrics: ApplianceMetrics, appliance: str) -> None:
    """Tell all that can be told of one appliance."""
    metrics.record_connection(appliance, "192.0.2.1:22", up=True)
    metrics.record_reconnect(appliance, OSError(), 0.0)
    metrics.record_command(appliance, "find", None, 0.05)
    metrics.record_inventory(appliance, INVENTORY)
    metrics.record_traffic(appliance, TRAFFIC)
    metrics.record_sensors(appliance, SENSORS)
    metrics.record_arrays(appliance, ARRAYS)
