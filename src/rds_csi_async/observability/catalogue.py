"""The names, labels and buckets of what is counted. They are for ever: people's dashboards stand on them. Pure."""

from rds_csi_async.observability.appliance_catalogue import APPLIANCE_DEFINITIONS
from rds_csi_async.observability.definitions import STATUSES, Definition
from rds_csi_async.observability.exposition import Kind
from rds_csi_async.ports.telemetry import (
    ATTACHMENT_OPERATIONS,
    MIGRATION_RESULTS,
    MOUNT_OPERATIONS,
    OPERATIONS,
    VOLUME_OPERATIONS,
)

ATTACHMENT_BUCKETS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
MIGRATION_BUCKETS_S = (15, 30, 60, 90, 120, 180, 300, 600)
LAG_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

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
SCAN_SECONDS = Definition(
    "rds_csi_stale_mount_scan_duration_seconds",
    Kind.HISTOGRAM,
    "How long a look at every volume staged on this node took.",
)
SCAN_SUCCESS = Definition(
    "rds_csi_stale_mount_scan_last_success_timestamp_seconds",
    Kind.GAUGE,
    "When the last look at every volume staged on this node ended, as Unix time.",
    unknown=True,
)
WRITTEN_OFF_TOTAL = Definition(
    "rds_csi_children_written_off_total",
    Kind.COUNTER,
    "Programs that hang in the kernel and could not be killed.",
)
CHILDREN_HANGING = Definition(
    "rds_csi_children_hanging",
    Kind.GAUGE,
    "Programs that could not be killed and are there still.",
)
OPERATIONS_PENDING = Definition(
    "rds_csi_operations_pending",
    Kind.GAUGE,
    "Operations on volumes that are under way or wait for their turn.",
    {"operation": OPERATIONS},
)
OPERATION_OLDEST = Definition(
    "rds_csi_operation_oldest_seconds",
    Kind.GAUGE,
    "How long the oldest of the pending operations has been pending; 0 when none is.",
    {"operation": OPERATIONS},
)
ATTACHES_TOTAL = Definition(
    "rds_csi_attachment_attach_total",
    Kind.COUNTER,
    "Volumes opened to a node, or not.",
    {"status": STATUSES},
)
DETACHES_TOTAL = Definition(
    "rds_csi_attachment_detach_total",
    Kind.COUNTER,
    "Volumes closed to a node, or not.",
    {"status": STATUSES},
)
ATTACHMENT_CONFLICTS_TOTAL = Definition(
    "rds_csi_attachment_conflicts_total",
    Kind.COUNTER,
    "Volumes not opened to a node because another one holds them.",
)
ATTACHMENT_SECONDS = Definition(
    "rds_csi_attachment_operation_duration_seconds",
    Kind.HISTOGRAM,
    "How long it took to open volumes to a node and to close them, failures included.",
    {"operation": ATTACHMENT_OPERATIONS},
    ATTACHMENT_BUCKETS_S,
)
MIGRATIONS_TOTAL = Definition(
    "rds_csi_migration_migrations_total",
    Kind.COUNTER,
    "Times that a volume was held by two writing nodes, by which stayed: the newer (success) or not (failed).",
    {"result": MIGRATION_RESULTS},
)
MIGRATION_SECONDS = Definition(
    "rds_csi_migration_duration_seconds",
    Kind.HISTOGRAM,
    "How long volumes were held by two writing nodes, of those whose begin this process saw.",
    buckets=MIGRATION_BUCKETS_S,
)
MIGRATIONS_ACTIVE = Definition(
    "rds_csi_migration_active_migrations",
    Kind.GAUGE,
    "Volumes that are held by two writing nodes now.",
)
LOOP_LAG_SECONDS = Definition(
    "rds_csi_event_loop_lag_seconds",
    Kind.HISTOGRAM,
    "How late the event loop came to what was due, looked at twice a second.",
    buckets=LAG_BUCKETS_S,
)
BUILD_INFO = Definition(
    "rds_csi_build_info",
    Kind.INFO,
    "The version of the driver that runs here.",
    {"version": ()},
)

PROCESS_START = Definition(
    "process_start_time_seconds",
    Kind.GAUGE,
    "When this process began to count, all counters from 0, as Unix time.",
    unknown=True,
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
    SCAN_SECONDS,
    SCAN_SUCCESS,
    WRITTEN_OFF_TOTAL,
    CHILDREN_HANGING,
    OPERATIONS_PENDING,
    OPERATION_OLDEST,
    ATTACHES_TOTAL,
    DETACHES_TOTAL,
    ATTACHMENT_CONFLICTS_TOTAL,
    ATTACHMENT_SECONDS,
    MIGRATIONS_TOTAL,
    MIGRATION_SECONDS,
    MIGRATIONS_ACTIVE,
    LOOP_LAG_SECONDS,
    BUILD_INFO,
    PROCESS_START,
    *APPLIANCE_DEFINITIONS,
)
