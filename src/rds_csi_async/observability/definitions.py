"""What a family of metrics is before anything was counted. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rds_csi_async.observability.exposition import Kind

SUCCESS, FAILURE = STATUSES = ("success", "failure")
BUCKETS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


@dataclass(frozen=True, slots=True)
class Definition:
    """One family. A label lists the values that can be known beforehand; others may come with use, up to a bound.

    A gauge without labels starts at 0, unless its value is `unknown` until it is told: then it is not there.
    """

    name: str
    kind: Kind
    help: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = BUCKETS_S
    unknown: bool = False


def status_of(error: BaseException | None) -> str:
    """Give the word for how something ended."""
    return SUCCESS if error is None else FAILURE
