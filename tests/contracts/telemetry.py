"""What every `Telemetry` must do."""

import asyncio
from collections.abc import Callable

import pytest

from rds_csi_async.ports.telemetry import (
    ATTACHMENT_OPERATIONS,
    MIGRATION_RESULTS,
    MOUNT_OPERATIONS,
    OPERATIONS,
    VOLUME_OPERATIONS,
    Telemetry,
)

Tally = Callable[..., float]
"""`tally("volume_op", "create", failed=True)`: how often that was recorded, by detail and outcome."""
Gauge = Callable[..., float]
"""`gauge("pending", "create")`: what is shown now: `pending` by operation, `migrations`, `written_off`, `hanging`."""

ERRORS = (ValueError("no"), TimeoutError(), asyncio.CancelledError(), KeyboardInterrupt())


class TelemetryContract:
    """Subclass with fixtures `telemetry` (any implementation), `tally`, `gauge`, `connections` (what it then shows)."""

    @pytest.mark.parametrize("operation", VOLUME_OPERATIONS)
    def test_every_volume_operation_is_counted_by_outcome(
        self, telemetry: Telemetry, tally: Tally, operation: str
    ) -> None:
        """An error of any kind is a failure, none is a success, and the other operations stay as they were."""
        telemetry.record_volume_op(operation, None, 0.5)
        for error in ERRORS:
            telemetry.record_volume_op(operation, error, 0.0)
        assert (tally("volume_op", operation), tally("volume_op", operation, failed=True)) == (1, len(ERRORS))
        assert sum(tally("volume_op", other) for other in VOLUME_OPERATIONS) == 1

    @pytest.mark.parametrize("operation", MOUNT_OPERATIONS)
    def test_every_mount_operation_is_counted_by_outcome(
        self, telemetry: Telemetry, tally: Tally, operation: str
    ) -> None:
        """The same for the programs around a file system."""
        telemetry.record_mount_op(operation, None)
        telemetry.record_mount_op(operation, OSError())
        telemetry.record_mount_op(operation, OSError())
        assert (tally("mount_op", operation), tally("mount_op", operation, failed=True)) == (1, 2)

    def test_connecting_is_counted_and_shown(
        self, telemetry: Telemetry, tally: Tally, connections: Callable[[], float]
    ) -> None:
        """A device that was attached is one more connection; one that was not is a failure and nothing else."""
        telemetry.record_nvme_connect(None, 1.0)
        telemetry.record_nvme_connect(OSError(), 30.0)
        assert (tally("nvme_connect"), tally("nvme_connect", failed=True), connections()) == (1, 1, 1)

    def test_the_kernel_has_the_last_word_on_connections(
        self, telemetry: Telemetry, connections: Callable[[], float]
    ) -> None:
        """What a scan saw replaces what was counted, up and down."""
        telemetry.record_nvme_connect(None, 1.0)
        telemetry.record_nvme_connections(7)
        telemetry.record_nvme_disconnect()
        assert connections() == 6
        telemetry.record_nvme_connections(0)
        assert connections() == 0

    def test_there_are_never_fewer_than_no_connections(
        self, telemetry: Telemetry, connections: Callable[[], float]
    ) -> None:
        """A connection from before the process started may end before the first scan."""
        telemetry.record_nvme_disconnect()
        assert connections() == 0

    def test_what_the_scanner_does_is_counted(self, telemetry: Telemetry, tally: Tally) -> None:
        """Stale mounts, their recoveries, and orphans each have their own count."""
        telemetry.record_stale_mount_detected()
        telemetry.record_stale_mount_detected()
        telemetry.record_stale_recovery(None)
        telemetry.record_stale_recovery(OSError())
        telemetry.record_orphan_cleaned()
        assert (tally("stale_mount_detected"), tally("orphan_cleaned")) == (2, 1)
        assert (tally("stale_recovery"), tally("stale_recovery", failed=True)) == (1, 1)

    @pytest.mark.parametrize("reason", ["VolumeStale", 'a "b" \\ c\nd', ""])
    def test_an_event_is_counted_by_its_reason(self, telemetry: Telemetry, tally: Tally, reason: str) -> None:
        """Whatever the reason is called."""
        telemetry.record_event_posted(reason)
        telemetry.record_event_posted("Another")
        assert tally("event_posted", reason) == 1

    @pytest.mark.parametrize("operation", OPERATIONS)
    def test_an_operation_is_pending_until_it_ends(self, telemetry: Telemetry, gauge: Gauge, operation: str) -> None:
        """Each is told from the others by its key, and what ends twice was there once."""
        for key in ("one", "two", "two"):
            telemetry.record_operation_begun(operation, key)
        assert gauge("pending", operation) == 2
        for key in ("one", "one", "unheard of"):
            telemetry.record_operation_ended(operation, key)
        assert gauge("pending", operation) == 1
        telemetry.record_operation_ended(operation, "two")
        assert gauge("pending", operation) == 0

    def test_attachments_are_counted_by_what_was_done(self, telemetry: Telemetry, tally: Tally) -> None:
        """A conflict is counted beside them."""
        for operation in ATTACHMENT_OPERATIONS:
            telemetry.record_attachment(operation, None, 0.1)
        telemetry.record_attachment("attach", None, 0.1)
        telemetry.record_attachment_conflict()
        assert [tally("attachment", operation) for operation in ATTACHMENT_OPERATIONS] == [2, 1, 1, 1]
        assert tally("attachment_conflict") == 1

    @pytest.mark.parametrize("result", MIGRATION_RESULTS)
    def test_migrations_are_counted_by_result(
        self, telemetry: Telemetry, tally: Tally, gauge: Gauge, result: str
    ) -> None:
        """Also those whose begin nobody saw; how many go on is told apart."""
        telemetry.record_migrations_active(3)
        telemetry.record_migration(result, 20.0)
        telemetry.record_migration(result, None)
        assert (tally("migration", result), gauge("migrations")) == (2, 3)
        assert sum(tally("migration", each) for each in MIGRATION_RESULTS) == 2

    def test_looks_at_the_node_are_counted(self, telemetry: Telemetry, tally: Tally) -> None:
        """Each once."""
        telemetry.record_scan(0.1)
        telemetry.record_scan(12.0)
        assert tally("scan") == 2

    def test_children_that_hang_come_and_go(self, telemetry: Telemetry, gauge: Gauge) -> None:
        """Those that hang may end after all; having been written off is for ever."""
        telemetry.record_children(2, 2)
        telemetry.record_children(2, 0)
        telemetry.record_children(1, 1)
        assert (gauge("written_off"), gauge("hanging")) == (2, 1)
