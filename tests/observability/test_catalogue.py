"""The names that dashboards of the Go driver stand on are all there, to the letter."""

import pytest

from rds_csi_async.observability.catalogue import BUCKETS_S, DEFINITIONS, STATUSES
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
]


@pytest.mark.parametrize(("name", "kind", "labels"), PROMISED)
def test_a_promised_metric_is_defined(name: str, kind: Kind, labels: set[str]) -> None:
    """Name, type and labels, no more and no fewer."""
    (definition,) = [definition for definition in DEFINITIONS if definition.name == name]
    assert (definition.kind, set(definition.labels)) == (kind, labels)


def test_the_promised_buckets_and_statuses() -> None:
    """Bounds in seconds, and the two ways in which things end."""
    assert BUCKETS_S == (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
    assert STATUSES == ("success", "failure")


def test_names_follow_the_conventions() -> None:
    """One namespace, counters in `_total`, durations in `_seconds`, and no name twice."""
    names = [definition.name for definition in DEFINITIONS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("rds_csi_") for name in names)
    for definition in DEFINITIONS:
        assert definition.name.endswith("_total") is (definition.kind is Kind.COUNTER)
        assert definition.name.endswith("_duration_seconds") is (definition.kind is Kind.HISTOGRAM)
