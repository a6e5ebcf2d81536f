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
MOUNT_OPERATIONS = ("mount", "bind", "unmount", "format", "grow")


class Telemetry(Protocol):
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
