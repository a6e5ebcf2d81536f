"""What is read from a scrape is what the scrape says, and nothing is made up."""

import math

import pytest

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.observability.samples import Sample, Samples, find_within, parse_samples
from tests.observability.scrapes import AWKWARD, fill, scrape

CONNECTS = "rds_csi_nvme_connects_total"
SECONDS = "rds_csi_nvme_connect_duration_seconds"


def test_a_drivers_own_text_is_read_whole() -> None:
    """Awkward labels too, and what has no number stays unknown."""
    samples = parse_samples(scrape(fill(Metrics("1"))))
    assert samples.find_sum("rds_csi_events_posted_total", reason=AWKWARD) == 1
    assert samples.list_values("rds_csi_build_info", "version") == ["1"]
    assert samples.find_sum("rds_csi_volume_operations_total", operation="create") == 2
    assert samples.find_sum("rds_csi_volume_operations_total", operation="create", status="failure") == 1
    assert samples.find_sum("rds_csi_volume_operations_total", operation="none such") is None
    assert samples.find_sum("rds_csi_none_such") is None
    assert samples.list_values("rds_csi_none_such", "version") == []


BAD_BUCKETS = (
    'a_bucket{le="x"} 1',
    "a_bucket 1",
    'a_bucket{le="1"} -1',
    'a_bucket{le="1"} NaN',
    'a_bucket{le="NaN"} 1',
)


@pytest.mark.parametrize(
    "text", ["<html>It works</html>", "a b c d", 'a{b="c} 1', "a{} x", "a 1 x", "\x00", *BAD_BUCKETS]
)
def test_what_is_no_scrape_is_refused(text: str) -> None:
    """Whoever answers there is no driver."""
    with pytest.raises(UnreachableError, match="serves no metrics"):
        parse_samples(text)


def test_nothing_is_a_scrape_of_nothing() -> None:
    """An empty page is no error."""
    assert parse_samples("").list_named(CONNECTS) == ()


def test_what_was_counted_since_is_told_series_by_series() -> None:
    """What is new, and what began anew in a process that is another one, is counted from its begin."""

    def counted(**numbers: float) -> Samples:
        return Samples({CONNECTS: [Sample({"status": status}, number) for status, number in numbers.items()]})

    grown = counted(success=7, failure=2, other=1).since(counted(success=5, failure=3))
    assert {each.labels["status"]: each.value for each in grown.list_named(CONNECTS)} == {
        "success": 2,
        "failure": 2,
        "other": 1,
    }


def test_a_share_lies_within_a_bucket_of_all_histograms_together() -> None:
    """Never less than there were, never a bound that is too small, and nothing of nothing."""
    fast, slow, slower = Metrics(), Metrics(), Metrics()
    for _ in range(9):
        fast.record_nvme_connect(None, 0.2)
    slow.record_nvme_connect(None, 4)
    slower.record_nvme_connect(None, 61)
    read = [parse_samples(scrape(metrics)) for metrics in (fast, slow, slower)]
    assert find_within(read[:1], SECONDS, 0.9) == 0.25
    assert find_within(read[:2], SECONDS, 0.9) == 0.25
    assert find_within(read, SECONDS, 0.9) == 5
    assert find_within(read, SECONDS, 1) == math.inf
    assert find_within([parse_samples(scrape(Metrics()))], SECONDS, 0.9) is None
    assert find_within([], SECONDS, 0.9) is None
