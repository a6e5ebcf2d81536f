"""Both formats say the same, and parsers that are not ours read them."""

import math
import subprocess
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from rds_csi_async.observability.exposition import (
    LINES_PER_CHUNK,
    Distribution,
    Family,
    Format,
    Kind,
    Series,
    render_bound,
    render_chunks,
    render_number,
)
from tests.required_tools import find_tool

# It has no types of its own.
parse_openmetrics: Callable[[str], Iterable[Metric]] = text_string_to_metric_families

AWKWARD = 'back\\slash "quoted"\nnew line \\n {a="b"} # é ☃'
SECONDS = Family(
    "rds_csi_try_duration_seconds",
    "How long a try took.",
    Kind.HISTOGRAM,
    (Series({"operation": AWKWARD}, Distribution(((0.1, 1), (1.0, 2), (math.inf, 3)), 3, 4.25)),),
)
TRIES = Family("rds_csi_tries_total", AWKWARD, Kind.COUNTER, (Series({"operation": AWKWARD, "status": "success"}, 7),))
OPEN = Family("rds_csi_open", "What is open.", Kind.GAUGE, (Series({}, 2.5),))
BUILD = Family("rds_csi_build_info", "What runs.", Kind.INFO, (Series({"version": "1.2"}, 1),))
ONE_SLOW = (Series({}, Distribution(((1.0, 0), (math.inf, 1)), 1, 5.0)),)
ALL = (SECONDS, TRIES, OPEN, BUILD)


def _render(families: tuple[Family, ...], form: Format) -> str:
    return b"".join(render_chunks(families, form)).decode()


def test_text_is_what_the_format_says() -> None:
    """Written out by hand once, so that a change of the rendering is seen."""
    calm = Family("a_seconds", "One\nline.", Kind.HISTOGRAM, ONE_SLOW)
    assert _render((calm, BUILD), Format.TEXT) == (
        "# HELP a_seconds One\\nline.\n"
        "# TYPE a_seconds histogram\n"
        'a_seconds_bucket{le="1"} 0\n'
        'a_seconds_bucket{le="+Inf"} 1\n'
        "a_seconds_sum 5\n"
        "a_seconds_count 1\n"
        "# HELP rds_csi_build_info What runs.\n"
        "# TYPE rds_csi_build_info gauge\n"
        'rds_csi_build_info{version="1.2"} 1\n'
    )


def test_openmetrics_is_what_the_format_says() -> None:
    """Families lose their suffix, units are told, bounds are floats, and the end is marked."""
    calm = Family("a_seconds", 'A "one".', Kind.HISTOGRAM, ONE_SLOW)
    count = Family("b_total", "B.", Kind.COUNTER, (Series({"x": "y"}, 3),))
    assert _render((calm, count, BUILD), Format.OPENMETRICS) == (
        "# TYPE a_seconds histogram\n"
        "# UNIT a_seconds seconds\n"
        '# HELP a_seconds A \\"one\\".\n'
        'a_seconds_bucket{le="1.0"} 0\n'
        'a_seconds_bucket{le="+Inf"} 1\n'
        "a_seconds_sum 5\n"
        "a_seconds_count 1\n"
        "# TYPE b counter\n"
        "# HELP b B.\n"
        'b_total{x="y"} 3\n'
        "# TYPE rds_csi_build info\n"
        "# HELP rds_csi_build What runs.\n"
        'rds_csi_build_info{version="1.2"} 1\n'
        "# EOF\n"
    )


def test_another_parser_reads_the_text_back() -> None:
    """Names, help, labels and values survive, however awkward."""
    families = {family.name: family for family in parse_text(_render(ALL, Format.TEXT))}
    tries = families["rds_csi_tries"]
    assert tries.documentation == AWKWARD
    assert tries.samples[0].labels == {"operation": AWKWARD, "status": "success"}
    assert tries.samples[0].value == 7
    assert families["rds_csi_try_duration_seconds"].samples[0].labels == {"operation": AWKWARD, "le": "0.1"}


def test_another_parser_reads_openmetrics_back() -> None:
    """The strict parser takes it, with the unit and the info."""
    families = {family.name: family for family in parse_openmetrics(_render(ALL, Format.OPENMETRICS))}
    assert families["rds_csi_tries"].documentation == AWKWARD
    assert families["rds_csi_tries"].samples[0].labels["operation"] == AWKWARD
    assert families["rds_csi_try_duration_seconds"].unit == "seconds"
    assert families["rds_csi_build"].type == "info"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_label_value_and_help_survive(text: str) -> None:
    """Whatever text there is, both formats carry it; white space around a help is the parser's to strip."""
    family = Family("a_total", text, Kind.COUNTER, (Series({"x": text}, 1),))
    for form, parse in ((Format.TEXT, parse_text), (Format.OPENMETRICS, parse_openmetrics)):
        (read,) = parse(_render((family,), form))
        assert read.samples[0].labels == {"x": text}
        assert read.documentation.strip() == text.strip()


@given(st.floats(allow_nan=False))
def test_any_number_reads_back_exactly(number: float) -> None:
    """No digit is lost, infinities included."""
    assert float(render_number(number)) == number


def test_what_is_no_number_says_so() -> None:
    """NaN is written as the formats spell it."""
    assert render_number(math.nan) == "NaN"


@pytest.mark.parametrize(
    ("bound", "text", "openmetrics"), [(0.1, "0.1", "0.1"), (60, "60", "60.0"), (math.inf, "+Inf", "+Inf")]
)
def test_bounds_are_spelled_as_each_format_wants(bound: float, text: str, openmetrics: str) -> None:
    """A bound is part of a series' identity, so its spelling matters."""
    assert render_bound(bound, Format.TEXT) == text
    assert render_bound(bound, Format.OPENMETRICS) == openmetrics


@pytest.mark.parametrize("form", list(Format))
def test_pieces_are_small_and_make_the_whole(form: Format) -> None:
    """Many series come in many pieces, each ending with a line, none of them long."""
    family = Family("a_total", "A.", Kind.COUNTER, tuple(Series({"x": str(n)}, n) for n in range(2000)))
    chunks = list(render_chunks([family], form))
    assert len(chunks) == 2000 // LINES_PER_CHUNK + 1
    assert all(chunk.endswith(b"\n") for chunk in chunks)
    assert b"".join(chunks).count(b"a_total{") == 2000


def test_promtool_finds_nothing_to_say() -> None:
    """Prometheus' own checker reads the text and likes the names."""
    promtool = find_tool("promtool")
    text = _render(ALL, Format.TEXT).encode()
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)  # noqa: S603  # found on PATH, fixed arguments
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
