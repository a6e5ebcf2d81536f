"""Every series that can be known before anything was counted, written out from the promises and not from the code."""

import itertools

from rds_csi_async.observability.catalogue import ATTACHMENT_BUCKETS_S, LAG_BUCKETS_S, MIGRATION_BUCKETS_S
from rds_csi_async.observability.definitions import BUCKETS_S, STATUSES
from rds_csi_async.ports.telemetry import (
    ATTACHMENT_OPERATIONS,
    MIGRATION_RESULTS,
    MOUNT_OPERATIONS,
    OPERATIONS,
    VOLUME_OPERATIONS,
)

Label = tuple[str, str]
Sample = tuple[str, frozenset[Label]]
WITHOUT_LABELS = (
    "nvme_connections_active",
    "stale_mounts_detected_total",
    "orphans_cleaned_total",
    "attachment_conflicts_total",
    "migration_active_migrations",
    "children_written_off_total",
    "children_hanging",
    "volume_series_left_out_total",
)


def list_known(reason: str, method: str) -> set[Sample]:
    """Give name and labels of each, where one reason and one method are known."""
    return _plain(reason, ("method", method)) | _timed(("method", method))


def _all_series(operations: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"operation": o, "status": s} for o, s in itertools.product(operations, STATUSES)]


def _plain(reason: str, method: Label) -> set[Sample]:
    expected = {("rds_csi_volume_operations_total", frozenset(s.items())) for s in _all_series(VOLUME_OPERATIONS)}
    expected |= {("rds_csi_mount_operations_total", frozenset(s.items())) for s in _all_series(MOUNT_OPERATIONS)}
    for name in ("operations_pending", "operation_oldest_seconds"):
        expected |= {(f"rds_csi_{name}", frozenset({("operation", operation)})) for operation in OPERATIONS}
    for name in ("nvme_connects", "stale_recoveries", "attachment_attach", "attachment_detach"):
        expected |= {(f"rds_csi_{name}_total", frozenset({("status", status)})) for status in STATUSES}
    migrations = "rds_csi_migration_migrations_total"
    expected |= {(migrations, frozenset({("result", result)})) for result in MIGRATION_RESULTS}
    for name in WITHOUT_LABELS:
        expected.add((f"rds_csi_{name}", frozenset()))
    expected.add(("rds_csi_events_posted_total", frozenset({("reason", reason)})))
    expected.add(("rds_csi_grpc_requests_total", frozenset({method, ("code", "OK")})))
    return expected


def _timed(method: Label) -> set[Sample]:
    timed: list[tuple[str, Label | None, tuple[float, ...]]] = [
        ("grpc_request_duration", method, BUCKETS_S),
        ("nvme_connect_duration", None, BUCKETS_S),
        ("stale_mount_scan_duration", None, BUCKETS_S),
        ("migration_duration", None, MIGRATION_BUCKETS_S),
        ("event_loop_lag", None, LAG_BUCKETS_S),
    ]
    timed += [("volume_operation_duration", ("operation", each), BUCKETS_S) for each in VOLUME_OPERATIONS]
    operations = [("operation", each) for each in ATTACHMENT_OPERATIONS]
    timed += [("attachment_operation_duration", each, ATTACHMENT_BUCKETS_S) for each in operations]
    expected: set[Sample] = set()
    for stem, label, buckets in timed:
        name, labels = f"rds_csi_{stem}_seconds", frozenset([label] if label else [])
        expected |= {(f"{name}_{part}", labels) for part in ("sum", "count")}
        bounds = [*(f"{bound:g}" for bound in buckets), "+Inf"]
        expected |= {(f"{name}_bucket", labels | {("le", bound)}) for bound in bounds}
    return expected
