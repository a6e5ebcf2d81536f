"""What scrapers really send gets what they really want."""

import pytest

from rds_csi_async.observability.exposition import Format
from rds_csi_async.observability.negotiation import decide_format, decide_gzip

PROMETHEUS_2 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
WANT_OPENMETRICS = [
    PROMETHEUS_2,
    PROMETHEUS_3,
    "application/openmetrics-text",
    "Application/OpenMetrics-Text; Version=1.0.0; Charset=utf-8",
    'application/openmetrics-text; version="1.0.0"',
    "application/openmetrics-text, text/plain",
    "text/plain;q=0.5, application/openmetrics-text;q=0.9",
    "*/*;q=0.1, application/openmetrics-text;q=0.1",
    "text/plain;q=0, application/openmetrics-text;q=0.1",
    "text/plain;version=1.0.0, application/openmetrics-text;q=0.1",
]
WANT_TEXT = [
    "",
    "*/*",
    "text/plain",
    "text/html,application/xhtml+xml,*/*;q=0.8",
    "application/*",
    "application/openmetrics-text;version=0.0.1",
    "application/openmetrics-text;version=2.0.0",
    "application/openmetrics-text;q=0",
    "application/openmetrics-text;q=0.4, text/plain;q=0.5",
    "application/openmetrics-text;q=0.4, */*",
    "application/openmetrics-text;q=0.4, text/*;q=0.5, */*;q=0.1",
    "application/openmetrics-text;q=lots",
    "application/openmetrics-text;q=nan",
    "application/openmetrics-text;q=7",
    ",;=,;;q=,",
]


@pytest.mark.parametrize("accept", WANT_OPENMETRICS)
def test_whoever_names_openmetrics_gets_it(accept: str) -> None:
    """Version 1.0.0, or any, and no less wanted than text."""
    assert decide_format(accept) is Format.OPENMETRICS


@pytest.mark.parametrize("accept", WANT_TEXT)
def test_everyone_else_gets_text(accept: str) -> None:
    """Other versions, lower weights, browsers, and what makes no sense."""
    assert decide_format(accept) is Format.TEXT


@pytest.mark.parametrize("encoding", ["gzip", "gzip, deflate", "br;q=1, GZIP;q=0.1", "x-gzip", "*"])
def test_gzip_is_for_who_asks(encoding: str) -> None:
    """By either of its names, or by a star."""
    assert decide_gzip(encoding)


@pytest.mark.parametrize("encoding", ["", "identity", "br", "gzip;q=0", "gzip;q=0, *", "*;q=0"])
def test_gzip_is_for_nobody_else(encoding: str) -> None:
    """A weight of zero is a no."""
    assert not decide_gzip(encoding)
