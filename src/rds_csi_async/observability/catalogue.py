"""The names, labels and buckets of what is counted. They are for ever: people's dashboards stand on them.

A label lists the values that can be known beforehand; others may come with use, up to a bound. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rds_csi_async.observability.exposition import Kind
from rds_csi_async.ports.telemetry import MOUNT_OPERATIONS, VOLUME_OPERATIONS

SUCCESS, FAILURE = STATUSES = ("success", "failure")
BUCKETS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class Definition:
    """One family, before anything was counted. Its histogram has the bounds of `BUCKETS_S`."""

    name: str
    kind: Kind
    help: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


VOLUME_OPERATIONS_TOTAL = Definition(
    "rds_csi_volume_operations_total",
    Kind.COUNTER,
    "Operations on volumes, by how they ended.",
    {"operation": VOLUME_OPERATIONS, "status": STATUSES},
)
VOLUME_OPERATION_SECONDS = Definition(
    "rds_csi_volume_operation_duration_seconds",
    Kind.HISTOGRAM,
    "How long operations on volumes took, failed ones included.",
    {"operation": VOLUME_OPERATIONS},
)
NVME_CONNECTS_TOTAL = Definition(
    "rds_csi_nvme_connects_total",
    Kind.COUNTER,
    "Attempts to attach a device to this node over NVMe/TCP, by how they ended.",
    {"status": STATUSES},
)
NVME_CONNECT_SECONDS = Definition(
    "rds_csi_nvme_connect_duration_seconds",
    Kind.HISTOGRAM,
    "How long it took to attach a device to this node over NVMe/TCP, failures included.",
)
NVME_CONNECTIONS_ACTIVE = Definition(
    "rds_csi_nvme_connections_active",
    Kind.GAUGE,
    "NVMe/TCP connections of this driver that the kernel of this node holds.",
)
MOUNT_OPERATIONS_TOTAL = Definition(
    "rds_csi_mount_operations_total",
    Kind.COUNTER,
    "Programs run to make, mount, unmount and grow file systems, by how they ended.",
    {"operation": MOUNT_OPERATIONS, "status": STATUSES},
)
STALE_MOUNTS_TOTAL = Definition(
    "rds_csi_stale_mounts_detected_total",
    Kind.COUNTER,
    "Mounts found whose device is gone.",
)
STALE_RECOVERIES_TOTAL = Definition(
    "rds_csi_stale_recoveries_total",
    Kind.COUNTER,
    "Attempts to heal a mount whose device is gone, by how they ended.",
    {"status": STATUSES},
)
ORPHANS_TOTAL = Definition(
    "rds_csi_orphans_cleaned_total",
    Kind.COUNTER,
    "Connections ended that no volume on this node used.",
)
EVENTS_TOTAL = Definition(
    "rds_csi_events_posted_total",
    Kind.COUNTER,
    "Kubernetes events posted, by reason.",
    {"reason": ()},
)
GRPC_REQUESTS_TOTAL = Definition(
    "rds_csi_grpc_requests_total",
    Kind.COUNTER,
    "gRPC calls answered, by status code.",
    {"method": (), "code": ("OK",)},
)
GRPC_REQUEST_SECONDS = Definition(
    "rds_csi_grpc_request_duration_seconds",
    Kind.HISTOGRAM,
    "How long gRPC calls took to be answered.",
    {"method": ()},
)
BUILD_INFO = Definition(
    "rds_csi_build_info",
    Kind.INFO,
    "The version of the driver that runs here.",
    {"version": ()},
)

DEFINITIONS = (
    VOLUME_OPERATIONS_TOTAL,
    VOLUME_OPERATION_SECONDS,
    NVME_CONNECTS_TOTAL,
    NVME_CONNECT_SECONDS,
    NVME_CONNECTIONS_ACTIVE,
    MOUNT_OPERATIONS_TOTAL,
    STALE_MOUNTS_TOTAL,
    STALE_RECOVERIES_TOTAL,
    ORPHANS_TOTAL,
    EVENTS_TOTAL,
    GRPC_REQUESTS_TOTAL,
    GRPC_REQUEST_SECONDS,
    BUILD_INFO,
)
