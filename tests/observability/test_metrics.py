"""What is recorded shows, in both formats, from the first scrape on."""

import asyncio
import gzip
import itertools
import math
import subprocess
from collections.abc import Callable, Iterable

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from rds_csi_async.observability.catalogue import BUCKETS_S, STATUSES
from rds_csi_async.observability.exposition import Format, render_chunks
from rds_csi_async.observability.labels import VALUES_LIMIT
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.telemetry import MOUNT_OPERATIONS, VOLUME_OPERATIONS
from tests.contracts.telemetry import Tally, TelemetryContract
from tests.required_tools import find_tool

# It has no types of its own.
parse_openmetrics: Callable[[str], Iterable[Metric]] = text_string_to_metric_families

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
AWKWARD = 'a "b" \\ c\nd'
NAMES = {
    "volume_op": ("rds_csi_volume_operations_total", "operation"),
    "nvme_connect": ("rds_csi_nvme_connects_total", None),
    "mount_op": ("rds_csi_mount_operations_total", "operation"),
    "stale_mount_detected": ("rds_csi_stale_mounts_detected_total", None),
    "stale_recovery": ("rds_csi_stale_recoveries_total", None),
    "orphan_cleaned": ("rds_csi_orphans_cleaned_total", None),
    "event_posted": ("rds_csi_events_posted_total", "reason"),
}
WITHOUT_STATUS = ("stale_mount_detected", "orphan_cleaned", "event_posted")

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def _scrape(metrics: Metrics, form: Format = Format.TEXT) -> str:
    return b"".join(render_chunks(metrics.list_families(), form)).decode()


def _samples(families: Iterable[Metric]) -> Samples:
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def _read(metrics: Metrics, name: str, **labels: str) -> float:
    return _samples(parse_text(_scrape(metrics)))[name, frozenset(labels.items())]


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
            return _read(telemetry, name, **labels)

        return tally

    @pytest.fixture
    def connections(self, telemetry: Metrics) -> Callable[[], float]:
        """Read the gauge from a scrape."""
        return lambda: _read(telemetry, "rds_csi_nvme_connections_active")


def _fill(metrics: Metrics) -> Metrics:
    """Record everything once, awkwardly."""
    metrics.record_volume_op("create", None, 0.3)
    metrics.record_volume_op("create", ValueError(), 61)
    metrics.record_nvme_connect(None, 2)
    metrics.record_mount_op("format", OSError())
    metrics.record_event_posted(AWKWARD)
    metrics.record_grpc(AWKWARD, "NOT_FOUND", 0.02)
    return metrics


def _all_series(operations: tuple[str, ...]) -> list[dict[str, str]]:
    return [{"operation": o, "status": s} for o, s in itertools.product(operations, STATUSES)]


def test_every_known_series_is_there_from_the_first_scrape() -> None:
    """At 0, every combination, histograms with every bucket; an alert on a first failure would else be blind."""
    samples = _samples(parse_text(_scrape(Metrics("1.2.3", ["VolumeStale"], ["/csi.v1.Node/NodeGetInfo"]))))
    expected = {("rds_csi_volume_operations_total", frozenset(s.items())) for s in _all_series(VOLUME_OPERATIONS)}
    expected |= {("rds_csi_mount_operations_total", frozenset(s.items())) for s in _all_series(MOUNT_OPERATIONS)}
    for name in ("nvme_connects_total", "stale_recoveries_total"):
        expected |= {(f"rds_csi_{name}", frozenset({("status", status)})) for status in STATUSES}
    for name in ("nvme_connections_active", "stale_mounts_detected_total", "orphans_cleaned_total"):
        expected.add((f"rds_csi_{name}", frozenset()))
    expected.add(("rds_csi_events_posted_total", frozenset({("reason", "VolumeStale")})))
    method = ("method", "/csi.v1.Node/NodeGetInfo")
    expected.add(("rds_csi_grpc_requests_total", frozenset({method, ("code", "OK")})))
    timed = [("volume_operation", ("operation", operation)) for operation in VOLUME_OPERATIONS]
    for stem, label in [*timed, ("grpc_request", method), ("nvme_connect", None)]:
        name, labels = f"rds_csi_{stem}_duration_seconds", frozenset([label] if label else [])
        expected |= {(f"{name}_{part}", labels) for part in ("sum", "count")}
        bounds = [*(f"{bound:g}" for bound in BUCKETS_S), "+Inf"]
        expected |= {(f"{name}_bucket", labels | {("le", bound)}) for bound in bounds}
    assert samples.pop(("rds_csi_build_info", frozenset({("version", "1.2.3")}))) == 1
    assert set(samples) == expected
    assert set(samples.values()) == {0}


def test_durations_fall_into_their_buckets() -> None:
    """A bound belongs to its bucket, and failures are timed too."""
    metrics = Metrics()
    for duration_s in (0.1, 0.3, 10.0, 60.5):
        metrics.record_volume_op("stage", None if duration_s < 10 else OSError(), duration_s)
    name = "rds_csi_volume_operation_duration_seconds"
    counts = [
        _read(metrics, f"{name}_bucket", operation="stage", le=bound) for bound in ("0.1", "0.25", "0.5", "10", "+Inf")
    ]
    assert counts == [1, 1, 2, 3, 4]
    assert _read(metrics, f"{name}_count", operation="stage") == 4
    assert _read(metrics, f"{name}_sum", operation="stage") == pytest.approx(70.9)


@pytest.mark.parametrize("duration_s", [math.nan, math.inf, -1.0])
def test_a_duration_that_is_none_spoils_nothing(duration_s: float) -> None:
    """The operation is counted, and the sum stays a number."""
    metrics = Metrics()
    metrics.record_nvme_connect(None, duration_s)
    metrics.record_nvme_connect(None, 1)
    assert _read(metrics, "rds_csi_nvme_connects_total", status="success") == 2
    assert _read(metrics, "rds_csi_nvme_connect_duration_seconds_sum") == 1


def test_a_call_is_counted_and_timed() -> None:
    """By method and code, and timed by method."""
    metrics = Metrics()
    metrics.record_grpc("/csi.v1.Controller/CreateVolume", "OK", 0.2)
    metrics.record_grpc("/csi.v1.Controller/CreateVolume", "ABORTED", 0.2)
    method = "/csi.v1.Controller/CreateVolume"
    assert _read(metrics, "rds_csi_grpc_requests_total", method=method, code="ABORTED") == 1
    assert _read(metrics, "rds_csi_grpc_request_duration_seconds_bucket", method=method, le="0.25") == 2


def test_open_labels_do_not_grow_without_end() -> None:
    """A flood of reasons ends in `other`, and none of it is lost."""
    metrics = Metrics()
    for number in range(1000):
        metrics.record_event_posted(f"reason {number}")
    samples = _samples(parse_text(_scrape(metrics)))
    posted = [value for (name, _), value in samples.items() if name == "rds_csi_events_posted_total"]
    assert len(posted) == VALUES_LIMIT + 1
    assert sum(posted) == 1000


def test_several_live_side_by_side() -> None:
    """What one counts the other does not see."""
    one, other = Metrics(), Metrics()
    one.record_orphan_cleaned()
    assert _read(one, "rds_csi_orphans_cleaned_total") == 1
    assert _read(other, "rds_csi_orphans_cleaned_total") == 0


def test_both_formats_say_the_same() -> None:
    """Every sample of one is in the other, but for how a bound is spelled."""
    metrics = _fill(Metrics("1", ["VolumeStale"]))

    def flatten(samples: Samples) -> Samples:
        return {
            (name, frozenset((key, f"{float(value):g}" if key == "le" else value) for key, value in labels)): number
            for (name, labels), number in samples.items()
        }

    text = flatten(_samples(parse_text(_scrape(metrics))))
    assert text == flatten(_samples(parse_openmetrics(_scrape(metrics, Format.OPENMETRICS))))
    assert text["rds_csi_events_posted_total", frozenset({("reason", AWKWARD)})] == 1


def test_promtool_finds_nothing_to_say() -> None:
    """Prometheus' own checker takes it empty and filled."""
    promtool = find_tool("promtool")
    for metrics in (Metrics(), _fill(Metrics("1"))):
        done = subprocess.run(  # noqa: S603  # found on PATH, fixed arguments
            [promtool, "check", "metrics"], input=_scrape(metrics).encode(), capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


async def test_the_scraper_chooses_format_and_compression() -> None:
    """The headers say what the body is, and that it depends on what was asked."""
    metrics = _fill(Metrics())
    plain, plain_headers = await metrics.render()
    packed, packed_headers = await metrics.render(OPENMETRICS, "gzip")
    assert plain_headers == {"Content-Type": Format.TEXT.value, "Vary": "Accept, Accept-Encoding"}
    assert packed_headers == {**plain_headers, "Content-Type": Format.OPENMETRICS.value, "Content-Encoding": "gzip"}
    assert gzip.decompress(packed) == (await metrics.render(OPENMETRICS))[0]
    assert len(packed) < len(plain) / 5


async def test_a_scrape_lets_others_run_and_stays_true_to_itself() -> None:
    """Recording goes on between the pieces of a large scrape, and each histogram still adds up."""
    metrics = Metrics(grpc_methods=[f"/csi.v1.Controller/Method{number}" for number in range(VALUES_LIMIT)])
    turns = 0

    async def record_meanwhile() -> None:
        nonlocal turns
        for turns in range(1, 1000):  # counted for the test
            for number in range(VALUES_LIMIT):
                metrics.record_grpc(f"/csi.v1.Controller/Method{number}", f"CODE_{turns % 10}", 0.2)
            await asyncio.sleep(0)
            if scraped.is_set():
                return

    scraped = asyncio.Event()

    async def scrape() -> str:
        body, _ = await metrics.render(OPENMETRICS)
        scraped.set()
        return body.decode()

    body, _ = await asyncio.gather(scrape(), record_meanwhile())
    samples = _samples(parse_openmetrics(body))
    assert turns > 3
    for (name, labels), count in samples.items():
        if name == "rds_csi_grpc_request_duration_seconds_count":
            assert samples["rds_csi_grpc_request_duration_seconds_bucket", labels | {("le", "+Inf")}] == count
