"""What happened, for whoever watches the driver."""

from typing import Protocol

VOLUME_OPERATIONS = (
    "create",
    "delete",
    "controller_publish",
    "controller_unpublish",
    "controller_expand",
    "stage",
    "unstage",
    "publish",
    "unpublish",
    "node_expand",
)
UPKEEP_OPERATIONS = ("heal", "sweep")
OPERATIONS = (*VOLUME_OPERATIONS, *UPKEEP_OPERATIONS)
MOUNT_OPERATIONS = ("mount", "bind", "unmount", "format", "grow")
ATTACH_OPERATIONS = ("attach", "attach_secondary")
DETACH_OPERATIONS = ("detach", "detach_partial")
ATTACHMENT_OPERATIONS = (*ATTACH_OPERATIONS, *DETACH_OPERATIONS)
MIGRATION_RESULTS = ("success", "failed")


class PendingTelemetry(Protocol):
    """Shows operations while they are pending. Never raises, never waits."""

    def record_operation_begun(self, operation: str, key: str) -> None:
        """Show an operation of `OPERATIONS` as pending, from now on; `key` tells it from others."""
        ...

    def record_operation_ended(self, operation: str, key: str) -> None:
        """Show it no more; one that was not shown is no error."""
        ...


class Telemetry(PendingTelemetry, Protocol):
    """Takes note of what happened. Never raises, never waits. `error` None is success."""

    def record_volume_op(self, operation: str, error: BaseException | None, duration_s: float) -> None:
        """Count one ended call of an operation of `VOLUME_OPERATIONS`."""
        ...

    def record_nvme_connect(self, error: BaseException | None, duration_s: float) -> None:
        """Count one device attached to this node, or not."""
        ...

    def record_nvme_disconnect(self) -> None:
        """Count one device detached from this node."""
        ...

    def record_nvme_connections(self, count: int) -> None:
        """Take the number of our connections that the kernel shows now."""
        ...

    def record_mount_op(self, operation: str, error: BaseException | None) -> None:
        """Count one ended program of `MOUNT_OPERATIONS`."""
        ...

    def record_stale_mount_detected(self) -> None:
        """Count one mount found whose device is gone."""
        ...

    def record_stale_recovery(self, error: BaseException | None) -> None:
        """Count one stale mount healed, or not."""
        ...

    def record_orphan_cleaned(self) -> None:
        """Count one connection ended that nobody used."""
        ...

    def record_event_posted(self, reason: str) -> None:
        """Count one event that was really posted."""
        ...

    def record_attachment(self, operation: str, error: BaseException | None, duration_s: float) -> None:
        """Count one ended call of `ATTACHMENT_OPERATIONS`."""
        ...

    def record_attachment_conflict(self) -> None:
        """Count one volume not opened to a node because another one holds it."""
        ...

    def record_migration(self, result: str, duration_s: float | None) -> None:
        """Count one ended migration, as one of `MIGRATION_RESULTS`; its duration is None when nobody saw it begin."""
        ...

    def record_migrations_active(self, count: int) -> None:
        """Take the number of volumes that several writing nodes hold now."""
        ...

    def record_scan(self, duration_s: float) -> None:
        """Take note of one look at every volume of this node, that ended just now."""
        ...

    def record_children(self, written_off: int, hanging: int) -> None:
        """Take the number of programs that no signal ended, since the start, and of those that are there still."""
        ...
