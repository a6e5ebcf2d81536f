"""The names that dashboards of the Go driver stand on are all there, to the letter."""

import pytest

from rds_csi_async.observability.appliance_catalogue import MILLISECOND_GAUGES
from rds_csi_async.observability.catalogue import ATTACHMENT_BUCKETS_S, DEFINITIONS, MIGRATION_BUCKETS_S
from rds_csi_async.observability.definitions import BUCKETS_S, STATUSES
from rds_csi_async.observability.exposition import Kind

PROMISED = [
    ("rds_csi_volume_operations_total", Kind.COUNTER, {"operation", "status"}),
    ("rds_csi_volume_operation_duration_seconds", Kind.HISTOGRAM, {"operation"}),
    ("rds_csi_nvme_connects_total", Kind.COUNTER, {"status"}),
    ("rds_csi_nvme_connect_duration_seconds", Kind.HISTOGRAM, set()),
    ("rds_csi_nvme_connections_active", Kind.GAUGE, set()),
    ("rds_csi_mount_operations_total", Kind.COUNTER, {"operation", "status"}),
    ("rds_csi_stale_mounts_detected_total", Kind.COUNTER, set()),
    ("rds_csi_stale_recoveries_total", Kind.COUNTER, {"status"}),
    ("rds_csi_orphans_cleaned_total", Kind.COUNTER, set()),
    ("rds_csi_events_posted_total", Kind.COUNTER, {"reason"}),
    ("rds_csi_attachment_attach_total", Kind.COUNTER, {"status"}),
    ("rds_csi_attachment_detach_total", Kind.COUNTER, {"status"}),
    ("rds_csi_attachment_conflicts_total", Kind.COUNTER, set()),
    ("rds_csi_attachment_operation_duration_seconds", Kind.HISTOGRAM, {"operation"}),
    ("rds_csi_migration_migrations_total", Kind.COUNTER, {"result"}),
    ("rds_csi_migration_duration_seconds", Kind.HISTOGRAM, set()),
    ("rds_csi_migration_active_migrations", Kind.GAUGE, set()),
]
# These have the appliance beside the labels they had when there was but one.
PROMISED_OF_APPLIANCES = [
    ("rds_csi_rds_connection_state", {"address"}),
    ("rds_csi_rds_reconnect_total", {"status"}),
    ("rds_csi_rds_reconnect_duration_seconds", set()),
    ("rds_disk_read_ops_per_second", {"slot"}),
    ("rds_disk_write_ops_per_second", {"slot"}),
    ("rds_disk_read_bytes_per_second", {"slot"}),
    ("rds_disk_write_bytes_per_second", {"slot"}),
    ("rds_disk_in_flight_operations", {"slot"}),
    ("rds_disk_read_latency_milliseconds", {"slot"}),
    ("rds_disk_write_latency_milliseconds", {"slot"}),
    ("rds_disk_wait_latency_milliseconds", {"slot"}),
    ("rds_disk_active_time_milliseconds", {"slot"}),
    ("rds_hardware_cpu_temperature_celsius", set()),
    ("rds_hardware_board_temperature_celsius", set()),
    ("rds_hardware_fan1_speed_rpm", set()),
    ("rds_hardware_fan2_speed_rpm", set()),
    ("rds_hardware_psu1_power_watts", set()),
    ("rds_hardware_psu2_power_watts", set()),
    ("rds_hardware_psu1_temperature_celsius", set()),
    ("rds_hardware_psu2_temperature_celsius", set()),
    ("rds_hardware_disk_pool_size_bytes", {"pool"}),
    ("rds_hardware_disk_pool_used_bytes", {"pool"}),
]


@pytest.mark.parametrize(("name", "kind", "labels"), PROMISED)
def test_a_promised_metric_is_defined(name: str, kind: Kind, labels: set[str]) -> None:
    """Name, type and labels, no more and no fewer."""
    (definition,) = [definition for definition in DEFINITIONS if definition.name == name]
    assert (definition.kind, set(definition.labels)) == (kind, labels)


@pytest.mark.parametrize(("name", "labels"), PROMISED_OF_APPLIANCES)
def test_a_promised_metric_of_appliances_is_defined(name: str, labels: set[str]) -> None:
    """With its labels, and which appliance it is."""
    definitions = (*DEFINITIONS, *MILLISECOND_GAUGES.values())
    (definition,) = [definition for definition in definitions if definition.name == name]
    assert set(definition.labels) == labels | {"appliance"}


def test_the_promised_buckets_and_statuses() -> None:
    """Bounds in seconds, and the two ways in which things end."""
    assert BUCKETS_S == (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
    assert ATTACHMENT_BUCKETS_S == (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
    assert MIGRATION_BUCKETS_S == (15, 30, 60, 90, 120, 180, 300, 600)
    assert STATUSES == ("success", "failure")


def test_names_follow_the_conventions() -> None:
    """One namespace, but for what is older; counters in `_total`, durations in `_seconds`; no name twice."""
    names = [definition.name for definition in DEFINITIONS]
    assert len(set(names)) == len(names)
    assert all(name.startswith(("rds_csi_", "rds_disk_", "rds_hardware_", "process_")) for name in names)
    for definition in DEFINITIONS:
        assert definition.name.endswith("_total") is (definition.kind is Kind.COUNTER)
        if definition.kind is Kind.HISTOGRAM:
            assert definition.name.endswith(("_duration_seconds", "_lag_seconds"))
