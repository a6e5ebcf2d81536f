"""Metric families as text: Prometheus text 0.0.4 and OpenMetrics 1.0.0.

Pure: values in, bytes out, in pieces small enough that whoever writes them out can let others run in between.
Sources: prometheus.io/docs/instrumenting/exposition_formats and the OpenMetrics specification 1.0.0.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

LINES_PER_CHUNK = 256
_UNITS = ("seconds", "bytes")


class Format(Enum):
    """A format, valued by its content type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Kind(Enum):
    """What a family counts."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Distribution:
    """What one histogram holds: how many observations were at most each bound (the last is infinity)."""

    cumulative: tuple[tuple[float, int], ...]
    count: int
    total: float


@dataclass(frozen=True, slots=True)
class Series:
    """One set of label values, unescaped, and what stands there."""

    labels: Mapping[str, str]
    value: float | Distribution


@dataclass(frozen=True, slots=True)
class Family:
    """All series of one name, which is the name in the text format: `_total` and `_info` included."""

    name: str
    help: str
    kind: Kind
    series: tuple[Series, ...]


def render_chunks(families: Iterable[Family], form: Format) -> Iterator[bytes]:
    """Write the families out, about `LINES_PER_CHUNK` lines at a time; a histogram is never split."""
    lines: list[str] = []
    for family in families:
        lines += _render_head(family, form)
        for series in family.series:
            lines += _render_series(family.name, series, form)
            if len(lines) >= LINES_PER_CHUNK:
                yield _join(lines)
                lines = []
    if form is Format.OPENMETRICS:
        lines.append("# EOF")
    yield _join(lines)


def render_number(number: float) -> str:
    """Write a sample's value, or a bound in the text format: whole numbers without a point, as Go's client does."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if number == int(number) and abs(number) < 2**53:
        return str(int(number))
    return repr(number)


def render_bound(bound: float, form: Format) -> str:
    """Write a bucket's bound (below a million): OpenMetrics wants `1.0`, and Go's text, which dashboards know, `1`."""
    if form is Format.TEXT or math.isinf(bound):
        return render_number(bound)
    return repr(float(bound))


def escape_label(value: str) -> str:
    """Escape a label's value, in both formats alike."""
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def escape_help(text: str, form: Format) -> str:
    """Escape a help text: only OpenMetrics escapes quotes there."""
    if form is Format.OPENMETRICS:
        return escape_label(text)
    return text.replace("\\", r"\\").replace("\n", r"\n")


def _render_head(family: Family, form: Format) -> list[str]:
    name, kind, help_text = family.name, family.kind.value, escape_help(family.help, form)
    if form is Format.TEXT:
        kind = Kind.GAUGE.value if family.kind is Kind.INFO else kind
        return [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
    name = _family_name(family)
    unit = next((unit for unit in _UNITS if name.endswith(f"_{unit}")), None)
    unit_line = [f"# UNIT {name} {unit}"] if unit and family.kind is not Kind.INFO else []
    return [f"# TYPE {name} {kind}", *unit_line, f"# HELP {name} {help_text}"]


def _family_name(family: Family) -> str:
    """In OpenMetrics the suffix of a counter or an info belongs to the sample, not to the family."""
    suffixes = {Kind.COUNTER: "_total", Kind.INFO: "_info"}
    return family.name.removesuffix(suffixes.get(family.kind, ""))


def _render_series(name: str, series: Series, form: Format) -> list[str]:
    labels = ",".join([f'{label}="{escape_label(value)}"' for label, value in series.labels.items()])
    if isinstance(series.value, Distribution):
        return _render_distribution(name, labels, series.value, form)
    return [f"{name}{_braced(labels)} {render_number(series.value)}"]


def _render_distribution(name: str, labels: str, value: Distribution, form: Format) -> list[str]:
    before = f"{name}_bucket{{{labels},le=" if labels else f"{name}_bucket{{le="
    return [
        *[f'{before}"{render_bound(bound, form)}"}} {count}' for bound, count in value.cumulative],
        f"{name}_sum{_braced(labels)} {render_number(value.total)}",
        f"{name}_count{_braced(labels)} {value.count}",
    ]


def _braced(labels: str) -> str:
    return f"{{{labels}}}" if labels else ""


def _join(lines: list[str]) -> bytes:
    return "".join([f"{line}\n" for line in lines]).encode()
