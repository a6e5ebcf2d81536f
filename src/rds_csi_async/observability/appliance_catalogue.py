"""What is told of each appliance: how it is reached, what it holds, how its hardware fares. See `catalogue`. Pure.

The names that begin with `rds_disk_` and `rds_hardware_` are older than this driver, and kept for dashboards.
"""

from rds_csi_async.domain.inventories import VOLUME_STATES
from rds_csi_async.domain.vitals import FIGURES, NAMED_SENSORS, UNITS
from rds_csi_async.observability.definitions import STATUSES, Definition
from rds_csi_async.observability.exposition import Kind

RECONNECT_BUCKETS_S = (0.1, 0.5, 1, 2, 5, 10, 30, 60)
_APPLIANCE: dict[str, tuple[str, ...]] = {"appliance": ()}
_POOL = {**_APPLIANCE, "pool": ()}
_ARRAY = {**_APPLIANCE, "array": ()}


def _gauge(name: str, text: str, labels: dict[str, tuple[str, ...]]) -> Definition:
    return Definition(name, Kind.GAUGE, text, labels, unknown=True)


CONNECTION_STATE = _gauge(
    "rds_csi_rds_connection_state",
    "Whether there is a connection to the appliance: 1, or 0.",
    {**_APPLIANCE, "address": ()},
)
RECONNECTS_TOTAL = Definition(
    "rds_csi_rds_reconnect_total",
    Kind.COUNTER,
    "Attempts to connect to the appliance by how they ended, but for the first success.",
    {**_APPLIANCE, "status": STATUSES},
)
RECONNECT_SECONDS = Definition(
    "rds_csi_rds_reconnect_duration_seconds",
    Kind.HISTOGRAM,
    "How long there was no connection to the appliance, of the times that ended.",
    _APPLIANCE,
    RECONNECT_BUCKETS_S,
)
COMMANDS_TOTAL = Definition(
    "rds_csi_rds_commands_total",
    Kind.COUNTER,
    "Commands to the appliance, by how they ended.",
    {**_APPLIANCE, "verb": (), "outcome": STATUSES},
)
COMMAND_SECONDS = Definition(
    "rds_csi_rds_command_duration_seconds",
    Kind.HISTOGRAM,
    "How long commands to the appliance took, their wait for a channel and failures included.",
    {**_APPLIANCE, "verb": ()},
)
INVENTORY_AGE = _gauge(
    "rds_csi_inventory_age_seconds",
    "How long ago the appliance was last asked what it holds, and told.",
    _APPLIANCE,
)
INVENTORY_SUCCESS = _gauge(
    "rds_csi_inventory_last_success_timestamp_seconds",
    "When the appliance last told what it holds, as Unix time.",
    _APPLIANCE,
)
POOL_SIZE = _gauge("rds_csi_pool_size_bytes", "Size of a mounted pool.", _POOL)
POOL_FREE = _gauge("rds_csi_pool_free_bytes", "What the appliance shows as free on a mounted pool.", _POOL)
POOL_PROVISIONED = _gauge("rds_csi_pool_provisioned_bytes", "Sizes of all volumes on a mounted pool.", _POOL)
POOL_MOUNTED = _gauge("rds_csi_pool_mounted", "Whether a configured pool can be worked with: 1, or 0.", _POOL)
VOLUMES = _gauge(
    "rds_csi_volumes",
    "Volumes on the appliance, by state.",
    {**_APPLIANCE, "state": VOLUME_STATES},
)
VOLUME_SIZE = _gauge(
    "rds_csi_volume_size_bytes",
    "Size of a volume; only where the settings ask for series by volume.",
    {**_POOL, "volume": (), "claim": (), "state": VOLUME_STATES},
)
VOLUMES_LEFT_OUT_TOTAL = Definition(
    "rds_csi_volume_series_left_out_total",
    Kind.COUNTER,
    "Series by volume that were left out because there were too many, added up over all looks at an appliance.",
)
VITALS_SUCCESS = _gauge(
    "rds_csi_appliance_health_last_success_timestamp_seconds",
    "When the appliance last told how its hardware fares, as Unix time, by what it told of.",
    {**_APPLIANCE, "part": ()},
)
ARRAY_CLEAN = _gauge("rds_csi_array_clean", "Whether the appliance calls an array clean: 1, or 0.", _ARRAY)
ARRAY_SYNCING = _gauge("rds_csi_array_syncing", "Whether an array is being repaired or checked: 1, or 0.", _ARRAY)
ARRAY_FAILED = _gauge("rds_csi_array_failed_members", "Members of an array that have failed.", _ARRAY)

FIGURE_GAUGES = {
    figure.name: _gauge(
        f"rds_disk_{figure.name}", f"{figure.meaning}, as the appliance told.", {**_APPLIANCE, "slot": ()}
    )
    for figure in FIGURES
}
# Older dashboards have these times in milliseconds; served only when the settings ask for it, not being base units.
MILLISECOND_GAUGES = {
    name: _gauge(f"rds_disk_{name.removesuffix('seconds')}milliseconds", one.help, {**_APPLIANCE, "slot": ()})
    for name, one in FIGURE_GAUGES.items()
    if name.endswith("_seconds")
}
SENSOR_GAUGES = {
    unit.name: _gauge(f"rds_csi_appliance_{unit.name}", f"{unit.meaning}, by sensor.", {**_APPLIANCE, "sensor": ()})
    for unit in UNITS
}
HARDWARE_GAUGES = {
    name: _gauge(f"rds_hardware_{name}", f"What the sensor {sensor} shows.", _APPLIANCE)
    for sensor, name in NAMED_SENSORS.items()
}
HARDWARE_POOL_SIZE = _gauge("rds_hardware_disk_pool_size_bytes", "The same as rds_csi_pool_size_bytes.", _POOL)
HARDWARE_POOL_USED = _gauge("rds_hardware_disk_pool_used_bytes", "What is used of a mounted pool.", _POOL)

APPLIANCE_DEFINITIONS = (
    CONNECTION_STATE,
    RECONNECTS_TOTAL,
    RECONNECT_SECONDS,
    COMMANDS_TOTAL,
    COMMAND_SECONDS,
    INVENTORY_AGE,
    INVENTORY_SUCCESS,
    POOL_SIZE,
    POOL_FREE,
    POOL_PROVISIONED,
    POOL_MOUNTED,
    VOLUMES,
    VOLUME_SIZE,
    VOLUMES_LEFT_OUT_TOTAL,
    VITALS_SUCCESS,
    ARRAY_CLEAN,
    ARRAY_SYNCING,
    ARRAY_FAILED,
    *FIGURE_GAUGES.values(),
    *SENSOR_GAUGES.values(),
    *HARDWARE_GAUGES.values(),
    HARDWARE_POOL_SIZE,
    HARDWARE_POOL_USED,
)
