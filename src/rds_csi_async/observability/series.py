"""The numbers behind the metrics, family by family. The only module that knows aioprometheus, which keeps them.

A series that can be known beforehand is there, at 0, from the start: else its first increase would be lost to `rate()`.
"""

import math
from collections.abc import Iterable, Iterator, Mapping

from aioprometheus.collectors import Counter, Gauge, Histogram, Registry
from aioprometheus.histogram import Histogram as Observations

from rds_csi_async.observability.definitions import Definition
from rds_csi_async.observability.exposition import Distribution, Family, Kind, Series
from rds_csi_async.observability.labels import Labels

Row = tuple[tuple[str, ...], float]
"""Label values, in the order of the labels, and the number that stands there."""


class SeriesStore:
    """A registry of its own. `known` gives values of labels that the definitions do not list."""

    def __init__(self, definitions: Iterable[Definition], known: Mapping[str, tuple[str, ...]]) -> None:
        self.registry = Registry()
        self._definitions = tuple(definitions)
        self._labels: dict[str, Labels] = {}
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        self._shown: dict[tuple[str, str], dict[tuple[str, ...], tuple[dict[str, str], float]]] = {}
        for definition in self._definitions:
            labels = Labels({label: known.get(label, values) for label, values in definition.labels.items()})
            self._labels[definition.name] = labels
            self._add(definition, list(labels.list_known()))

    def begin(self, definition: Definition, *values: str) -> None:
        """Show a counter or a histogram from now on, empty, unless it is there already."""
        labels = self._labels[definition.name].admit(values)
        if definition.kind is Kind.COUNTER:
            self._counters[definition.name].add(labels, 0)
        elif labels not in (histogram := self._histograms[definition.name]).values:
            histogram.set_value(labels, Observations(*definition.buckets))

    def count(self, definition: Definition, *values: str) -> None:
        """Count one."""
        self._counters[definition.name].inc(self._labels[definition.name].admit(values))

    def count_many(self, definition: Definition, number: int, *values: str) -> None:
        """Count so many; fewer than none is none."""
        self._counters[definition.name].add(self._labels[definition.name].admit(values), max(number, 0))

    def raise_to(self, definition: Definition, number: int, *values: str) -> None:
        """Let a counter show what another one counted; it never falls."""
        labels = self._labels[definition.name].admit(values)
        counter = self._counters[definition.name]
        counter.set(labels, max(number, _as_number(counter.get(labels))))

    def time(self, definition: Definition, duration_s: float, *values: str) -> None:
        """Observe a duration; what is none (NaN, endless, negative) would spoil the sum for ever, and is left out."""
        if math.isfinite(duration_s) and duration_s >= 0:
            self._histograms[definition.name].observe(self._labels[definition.name].admit(values), float(duration_s))

    def set(self, definition: Definition, number: float, *values: str) -> None:
        """Show this number from now on."""
        self._gauges[definition.name].set(self._labels[definition.name].admit(values), number)

    def get(self, definition: Definition, *values: str) -> float:
        """Read a gauge that is shown."""
        return _as_number(self._gauges[definition.name].get(self._labels[definition.name].admit(values)))

    def replace(self, definition: Definition, owner: str, rows: Iterable[Row]) -> None:
        """Show these rows of a gauge in place of those that this owner (an appliance) had; none: it is not known.

        Only what differs is touched: there may be thousands, and most are as they were.
        """
        gauge, name = self._gauges[definition.name], self._labels[definition.name].name
        wanted = dict(rows)
        before = self._shown.get((definition.name, owner), {})
        for values, (labels, _) in before.items():
            if values not in wanted:
                gauge.values.pop(labels, None)
        shown = self._shown[definition.name, owner] = {}
        for values, number in wanted.items():
            labels, shown_number = before.get(values) or (name(values), None)
            if number != shown_number:
                gauge.set(labels, number)
            shown[values] = labels, number

    def list_families(self) -> Iterator[Family]:
        """Read every family, each as it is when its turn comes."""
        for definition in self._definitions:
            readings = self.registry.get(definition.name).get_all()
            series = tuple(Series(labels, _read(value)) for labels, value in readings)
            yield Family(definition.name, definition.help, definition.kind, series)

    def _add(self, definition: Definition, known: list[dict[str, str]]) -> None:
        name, text = definition.name, definition.help
        match definition.kind:
            case Kind.COUNTER:
                self._counters[name] = Counter(name, text, registry=self.registry)
                for labels in known:
                    self._counters[name].set(labels, 0)
            case Kind.GAUGE | Kind.INFO:
                self._gauges[name] = Gauge(name, text, registry=self.registry)
                for labels in [] if definition.unknown else known:
                    self._gauges[name].set(labels, 1 if definition.kind is Kind.INFO else 0)
            case Kind.HISTOGRAM:
                self._histograms[name] = Histogram(name, text, registry=self.registry, buckets=definition.buckets)
                for labels in known:
                    self._histograms[name].set_value(labels, Observations(*definition.buckets))


def _as_number(value: object) -> float:
    if isinstance(value, int | float):
        return value
    raise TypeError(value)


def _read(value: object) -> float | Distribution:
    """Take what the library hands out: a number, or a histogram as a dict of bounds, `count` and `sum`."""
    if isinstance(value, dict):
        bounds = tuple((bound, count) for bound, count in value.items() if isinstance(bound, float))
        return Distribution(bounds, value["count"], value["sum"])
    return _as_number(value)
