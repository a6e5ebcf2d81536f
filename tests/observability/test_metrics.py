"""What is recorded shows, from the first scrape on."""

import math
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse_text

from rds_csi_async.observability.definitions import STATUSES
from rds_csi_async.observability.labels import VALUES_LIMIT
from rds_csi_async.observability.metrics import Metrics
from tests.contracts.telemetry import Gauge, Tally, TelemetryContract
from tests.observability.known_series import list_known
from tests.observability.scrapes import read, samples_of, scrape
from tests.observability.scraping import Scraping

NAMES = {
    "volume_op": ("rds_csi_volume_operations_total", "operation"),
    "nvme_connect": ("rds_csi_nvme_connects_total", None),
    "mount_op": ("rds_csi_mount_operations_total", "operation"),
    "stale_mount_detected": ("rds_csi_stale_mounts_detected_total", None),
    "stale_recovery": ("rds_csi_stale_recoveries_total", None),
    "orphan_cleaned": ("rds_csi_orphans_cleaned_total", None),
    "event_posted": ("rds_csi_events_posted_total", "reason"),
    "attachment": ("rds_csi_attachment_operation_duration_seconds_count", "operation"),
    "attachment_conflict": ("rds_csi_attachment_conflicts_total", None),
    "migration": ("rds_csi_migration_migrations_total", "result"),
    "scan": ("rds_csi_stale_mount_scan_duration_seconds_count", None),
}
WITHOUT_STATUS = (
    "stale_mount_detected",
    "orphan_cleaned",
    "event_posted",
    "attachment",
    "attachment_conflict",
    "migration",
    "scan",
)
GAUGES = {
    "pending": ("rds_csi_operations_pending", "operation"),
    "migrations": ("rds_csi_migration_active_migrations", None),
    "written_off": ("rds_csi_children_written_off_total", None),
    "hanging": ("rds_csi_children_hanging", None),
}

TestScraping = Scraping


class TestMetrics(TelemetryContract):
    """See `TelemetryContract`; what was recorded is read from a scrape."""

    @pytest.fixture
    def telemetry(self) -> Metrics:
        """Start with nothing recorded."""
        return Metrics()

    @pytest.fixture
    def tally(self, telemetry: Metrics) -> Tally:
        """Read a counter from a scrape."""

        def tally(what: str, detail: str = "", *, failed: bool = False) -> float:
            name, label = NAMES[what]
            labels = {label: detail} if label else {}
            if what not in WITHOUT_STATUS:
                labels["status"] = STATUSES[failed]
            return read(telemetry, name, **labels)

        return tally

    @pytest.fixture
    def gauge(self, telemetry: Metrics) -> Gauge:
        """Read a number from a scrape."""

        def gauge(what: str, detail: str = "") -> float:
            name, label = GAUGES[what]
            return read(telemetry, name, **({label: detail} if label else {}))

        return gauge

    @pytest.fixture
    def connections(self, telemetry: Metrics) -> Callable[[], float]:
        """Read the gauge from a scrape."""
        return lambda: read(telemetry, "rds_csi_nvme_connections_active")


def test_every_known_series_is_there_from_the_first_scrape() -> None:
    """At 0, every combination, histograms with every bucket; an alert on a first failure would else be blind."""
    metrics = Metrics("1.2.3", ["VolumeStale"], ["/csi.v1.Node/NodeGetInfo"], now=lambda: 1_000_000.0)
    samples = samples_of(parse_text(scrape(metrics)))
    assert samples.pop(("rds_csi_build_info", frozenset({("version", "1.2.3")}))) == 1
    assert samples.pop(("process_start_time_seconds", frozenset())) == 1_000_000
    assert set(samples) == list_known("VolumeStale", "/csi.v1.Node/NodeGetInfo")
    assert set(samples.values()) == {0}


def test_durations_fall_into_their_buckets() -> None:
    """A bound belongs to its bucket, and failures are timed too."""
    metrics = Metrics()
    for duration_s in (0.1, 0.3, 10.0, 60.5):
        metrics.record_volume_op("stage", None if duration_s < 10 else OSError(), duration_s)
    name = "rds_csi_volume_operation_duration_seconds"
    counts = [
        read(metrics, f"{name}_bucket", operation="stage", le=bound) for bound in ("0.1", "0.25", "0.5", "10", "+Inf")
    ]
    assert counts == [1, 1, 2, 3, 4]
    assert read(metrics, f"{name}_count", operation="stage") == 4
    assert read(metrics, f"{name}_sum", operation="stage") == pytest.approx(70.9)


@pytest.mark.parametrize("duration_s", [math.nan, math.inf, -1.0])
def test_a_duration_that_is_none_spoils_nothing(duration_s: float) -> None:
    """The operation is counted, and the sum stays a number."""
    metrics = Metrics()
    metrics.record_nvme_connect(None, duration_s)
    metrics.record_nvme_connect(None, 1)
    assert read(metrics, "rds_csi_nvme_connects_total", status="success") == 2
    assert read(metrics, "rds_csi_nvme_connect_duration_seconds_sum") == 1


def test_the_oldest_operation_ages_while_it_is_pending() -> None:
    """As old as it is when somebody looks, and 0 when none is pending."""
    now_s = 100.0
    metrics = Metrics(clock=lambda: now_s)
    metrics.record_operation_begun("create", "old")
    now_s = 130.0
    metrics.record_operation_begun("create", "young")
    now_s = 145.0
    name = "rds_csi_operation_oldest_seconds"
    assert (read(metrics, name, operation="create"), read(metrics, name, operation="delete")) == (45, 0)
    metrics.record_operation_ended("create", "old")
    assert read(metrics, name, operation="create") == 15
    metrics.record_operation_ended("create", "young")
    assert read(metrics, name, operation="create") == 0


def test_a_look_at_the_node_leaves_its_time() -> None:
    """Before the first there is none."""
    metrics = Metrics(now=lambda: 1_700_000_000.5)
    name = "rds_csi_stale_mount_scan_last_success_timestamp_seconds"
    assert (name, frozenset()) not in samples_of(parse_text(scrape(metrics)))
    metrics.record_scan(0.5)
    assert read(metrics, name) == 1_700_000_000.5


def test_a_late_loop_is_seen_however_short() -> None:
    """Two milliseconds are told from three."""
    metrics = Metrics()
    metrics.record_loop_lag(0.002)
    assert read(metrics, "rds_csi_event_loop_lag_seconds_bucket", le="0.0025") == 1
    assert read(metrics, "rds_csi_event_loop_lag_seconds_bucket", le="0.001") == 0


def test_an_attachment_counts_for_its_side() -> None:
    """Opening and closing have a count each, by how they ended."""
    metrics = Metrics()
    metrics.record_attachment("attach_secondary", OSError(), 0.03)
    metrics.record_attachment("detach_partial", None, 0.03)
    assert read(metrics, "rds_csi_attachment_attach_total", status="failure") == 1
    assert read(metrics, "rds_csi_attachment_detach_total", status="success") == 1
    assert read(metrics, "rds_csi_attachment_attach_total", status="success") == 0


def test_a_call_is_counted_and_timed() -> None:
    """By method and code, and timed by method."""
    metrics = Metrics()
    metrics.record_grpc("/csi.v1.Controller/CreateVolume", "OK", 0.2)
    metrics.record_grpc("/csi.v1.Controller/CreateVolume", "ABORTED", 0.2)
    method = "/csi.v1.Controller/CreateVolume"
    assert read(metrics, "rds_csi_grpc_requests_total", method=method, code="ABORTED") == 1
    assert read(metrics, "rds_csi_grpc_request_duration_seconds_bucket", method=method, le="0.25") == 2


def test_open_labels_do_not_grow_without_end() -> None:
    """A flood of reasons ends in `other`, and none of it is lost."""
    metrics = Metrics()
    for number in range(1000):
        metrics.record_event_posted(f"reason {number}")
    samples = samples_of(parse_text(scrape(metrics)))
    posted = [value for (name, _), value in samples.items() if name == "rds_csi_events_posted_total"]
    assert len(posted) == VALUES_LIMIT + 1
    assert sum(posted) == 1000


def test_several_live_side_by_side() -> None:
    """What one counts the other does not see."""
    one, other = Metrics(), Metrics()
    one.record_orphan_cleaned()
    assert read(one, "rds_csi_orphans_cleaned_total") == 1
    assert read(other, "rds_csi_orphans_cleaned_total") == 0
