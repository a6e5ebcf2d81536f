"""Metrics as somebody reads them who did not count them: the text that a process serves, and questions to it. Pure.

The text is another process's, and is not trusted to be one.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from rds_csi_async.domain.errors import UnreachableError

LARGEST_BYTES = 16 << 20  # no text that a driver serves comes near this


@dataclass(frozen=True, slots=True)
class Sample:
    """One number, and the labels that it stands under."""

    labels: Mapping[str, str]
    value: float


class Samples:
    """All numbers of a scrape. What is not there is not known, which is something else than 0."""

    def __init__(self, by_name: Mapping[str, Iterable[Sample]]) -> None:
        self._by_name = {name: tuple(samples) for name, samples in by_name.items()}

    def list_named(self, name: str, **labels: str) -> tuple[Sample, ...]:
        """List the samples of a name that have all of these labels."""
        wanted = labels.items()
        return tuple(each for each in self._by_name.get(name, ()) if wanted <= each.labels.items())

    def list_values(self, name: str, label: str) -> list[str]:
        """List the values that a label has under a name, in order."""
        return sorted({each.labels[label] for each in self.list_named(name) if label in each.labels})

    def find_sum(self, name: str, **labels: str) -> float | None:
        """Add up the samples that have these labels; None where there is none."""
        found = self.list_named(name, **labels)
        return sum(each.value for each in found) if found else None

    def find_sums(self, name: str, label: str, **labels: str) -> dict[str, float]:
        """Add up by the value of one label what has these others; what is 0 is left out."""
        values = self.list_values(name, label)
        sums = {value: self.find_sum(name, **labels, **{label: value}) or 0 for value in values}
        return {value: number for value, number in sums.items() if number}

    def since(self, before: "Samples") -> "Samples":
        """Give what was counted after `before`; only for what counts upwards.

        A number that is smaller than before was counted from the start of a process that is a new one.
        """
        return Samples({name: self._grown(name, before) for name in self._by_name})

    def _grown(self, name: str, before: "Samples") -> Iterable[Sample]:
        old = {_key(each): each.value for each in before.list_named(name)}
        for each in self._by_name[name]:
            counted = old.get(_key(each), 0)
            yield Sample(each.labels, each.value - counted if each.value >= counted else each.value)


def parse_samples(text: str) -> Samples:
    """Read the Prometheus text format 0.0.4.

    Raises:
        UnreachableError: it is no such text, so whoever answered is not a driver.

    """
    by_name: defaultdict[str, list[Sample]] = defaultdict(list)
    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                by_name[sample.name].append(_checked(sample.name, sample.labels, sample.value))
    except (ValueError, LookupError, TypeError) as error:  # whatever the library trips over
        message = "what answers serves no metrics"
        raise UnreachableError(message) from error
    return Samples(by_name)


def find_within(samples: Iterable[Samples], name: str, share: float, **labels: str) -> float | None:
    """Find the bound below which this share of what histograms observed lies, all of them added up.

    It is a bucket's: what was observed lies somewhere below it. Infinity where no bound is large enough; None where
    nothing was observed.
    """
    counts: defaultdict[float, float] = defaultdict(float)
    for one in samples:
        for sample in one.list_named(f"{name}_bucket", **labels):
            counts[float(sample.labels["le"])] += sample.value
    wanted = max(counts.values(), default=0) * share
    if not wanted:
        return None
    return min(bound for bound, count in counts.items() if count >= wanted)


def _checked(name: str, labels: Mapping[str, str], value: float) -> Sample:
    if name.endswith("_bucket") and (math.isnan(float(labels["le"])) or not value >= 0):
        message = f"{value} observations up to {labels['le']}"
        raise ValueError(message)
    return Sample(labels, float(value))


def _key(sample: Sample) -> frozenset[tuple[str, str]]:
    return frozenset(sample.labels.items())
