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
        """One call of an operation of `VOLUME_OPERATIONS` ended."""
        ...

    def record_nvme_connect(self, error: BaseException | None, duration_s: float) -> None:
        """A device was attached to this node, or could not be."""
        ...

    def record_nvme_disconnect(self) -> None:
        """A device was detached from this node."""
        ...

    def record_nvme_connections(self, count: int) -> None:
        """The kernel shows so many of our connections now."""
        ...

    def record_mount_op(self, operation: str, error: BaseException | None) -> None:
        """One program of `MOUNT_OPERATIONS` ended."""
        ...

    def record_stale_mount_detected(self) -> None:
        """A mount was found whose device is gone."""
        ...

    def record_stale_recovery(self, error: BaseException | None) -> None:
        """A stale mount was healed, or could not be."""
        ...

    def record_orphan_cleaned(self) -> None:
        """A connection that nobody used was ended."""
        ...

    def record_event_posted(self, reason: str) -> None:
        """An event was really posted."""
        ...
