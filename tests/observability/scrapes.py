"""Reading what a scrape shows, with parsers that are not ours."""

from collections.abc import Callable, Iterable

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from rds_csi_async.observability.exposition import Format, render_chunks
from rds_csi_async.observability.metrics import Metrics
from tests.observability.filled import fill_appliance

# It has no types of its own.
parse_openmetrics: Callable[[str], Iterable[Metric]] = text_string_to_metric_families

OPENMETRICS = "application/openmetrics-text;version=1.0.0"
AWKWARD = 'a "b" \\ c\nd'
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(metrics: Metrics, form: Format = Format.TEXT) -> str:
    """Write everything out."""
    return b"".join(render_chunks(metrics.list_families(), form)).decode()


def samples_of(families: Iterable[Metric]) -> Samples:
    """Give the numbers, by name and labels."""
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def read(metrics: Metrics, name: str, **labels: str) -> float:
    """Read one number from a scrape in text."""
    return samples_of(parse_text(scrape(metrics)))[name, frozenset(labels.items())]


def fill(metrics: Metrics) -> Metrics:
    """Record everything once, awkwardly."""
    metrics.record_volume_op("create", None, 0.3)
    metrics.record_volume_op("create", ValueError(), 61)
    metrics.record_nvme_connect(None, 2)
    metrics.record_mount_op("format", OSError())
    metrics.record_event_posted(AWKWARD)
    metrics.record_grpc(AWKWARD, "NOT_FOUND", 0.02)
    metrics.record_operation_begun("create", AWKWARD)
    metrics.record_scan(0.2)
    metrics.record_loop_lag(0.002)
    fill_appliance(metrics.appliances, "rds")
    return metrics
