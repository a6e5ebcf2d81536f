"""A telemetry that keeps what it was told, in order."""

import math
from dataclasses import dataclass, field

from rds_csi_async.ports.telemetry import (
    ATTACHMENT_OPERATIONS,
    MIGRATION_RESULTS,
    MOUNT_OPERATIONS,
    OPERATIONS,
    VOLUME_OPERATIONS,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call: the method without `record_`, and what it was given."""

    what: str
    detail: str = ""
    error: BaseException | None = None
    duration_s: float | None = None


@dataclass
class FakeTelemetry:
    """Sits the exam in `tests/contracts/telemetry.py`, as `Metrics` does.

    Stricter than `Metrics` in one thing: an operation that the port does not list is a mistake of the caller's, and
    raises ValueError; so does a duration that is none.
    """

    calls: list[Recorded] = field(default_factory=list)
    connections: int = 0
    pending: dict[str, set[str]] = field(default_factory=dict)
    migrations: int = 0
    children: tuple[int, int] = (0, 0)

    def list_calls(self, what: str) -> list[Recorded]:
        """Return the calls of one method, named without `record_`."""
        return [call for call in self.calls if call.what == what]

    def count(self, what: str, detail: str = "", *, failed: bool = False) -> int:
        """Count the calls of one method, by detail and outcome."""
        return sum(c.detail == detail and (c.error is not None) is failed for c in self.list_calls(what))

    def record_volume_op(self, operation: str, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`."""
        _ensure_listed(operation, VOLUME_OPERATIONS)
        _ensure_duration(duration_s)
        self.calls.append(Recorded("volume_op", operation, error, duration_s))

    def record_nvme_connect(self, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`."""
        _ensure_duration(duration_s)
        self.calls.append(Recorded("nvme_connect", error=error, duration_s=duration_s))
        self.connections += error is None

    def record_nvme_disconnect(self) -> None:
        """See `Telemetry`."""
        self.calls.append(Recorded("nvme_disconnect"))
        self.connections = max(0, self.connections - 1)

    def record_nvme_connections(self, count: int) -> None:
        """See `Telemetry`."""
        self.calls.append(Recorded("nvme_connections", str(count)))
        self.connections = count

    def record_mount_op(self, operation: str, error: BaseException | None) -> None:
        """See `Telemetry`."""
        _ensure_listed(operation, MOUNT_OPERATIONS)
        self.calls.append(Recorded("mount_op", operation, error))

    def record_stale_mount_detected(self) -> None:
        """See `Telemetry`."""
        self.calls.append(Recorded("stale_mount_detected"))

    def record_stale_recovery(self, error: BaseException | None) -> None:
        """See `Telemetry`."""
        self.calls.append(Recorded("stale_recovery", error=error))

    def record_orphan_cleaned(self) -> None:
        """See `Telemetry`."""
        self.calls.append(Recorded("orphan_cleaned"))

    def record_event_posted(self, reason: str) -> None:
        """See `Telemetry`."""
        self.calls.append(Recorded("event_posted", reason))

    def record_operation_begun(self, operation: str, key: str) -> None:
        """See `Telemetry`."""
        _ensure_listed(operation, OPERATIONS)
        self.pending.setdefault(operation, set()).add(key)

    def record_operation_ended(self, operation: str, key: str) -> None:
        """See `Telemetry`."""
        _ensure_listed(operation, OPERATIONS)
        self.pending.setdefault(operation, set()).discard(key)

    def record_attachment(self, operation: str, error: BaseException | None, duration_s: float) -> None:
        """See `Telemetry`."""
        _ensure_listed(operation, ATTACHMENT_OPERATIONS)
        _ensure_duration(duration_s)
        self.calls.append(Recorded("attachment", operation, error, duration_s))

    def record_attachment_conflict(self) -> None:
        """See `Telemetry`."""
        self.calls.append(Recorded("attachment_conflict"))

    def record_migration(self, result: str, duration_s: float | None) -> None:
        """See `Telemetry`."""
        _ensure_listed(result, MIGRATION_RESULTS)
        _ensure_duration(duration_s or 0)
        self.calls.append(Recorded("migration", result, duration_s=duration_s))

    def record_migrations_active(self, count: int) -> None:
        """See `Telemetry`."""
        self.migrations = count

    def record_scan(self, duration_s: float) -> None:
        """See `Telemetry`."""
        _ensure_duration(duration_s)
        self.calls.append(Recorded("scan", duration_s=duration_s))

    def record_children(self, written_off: int, hanging: int) -> None:
        """See `Telemetry`. What was written off never becomes less."""
        self.children = (max(written_off, self.children[0]), hanging)


def _ensure_listed(operation: str, operations: tuple[str, ...]) -> None:
    if operation not in operations:
        raise ValueError(operation)


def _ensure_duration(duration_s: float) -> None:
    if not (math.isfinite(duration_s) and duration_s >= 0):
        raise ValueError(duration_s)
