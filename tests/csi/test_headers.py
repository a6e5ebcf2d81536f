"""What a call's headers may be."""

from pathlib import Path

import pytest
from grpclib.const import Status

from rds_csi_async.csi.headers import Headers, RefusedHeadersError, parse_headers
from tests.csi.raw_client import PROBE, call_headers
from tests.csi.watching import WatchfulGuard, assert_no_blame, call_once


@pytest.mark.parametrize(
    ("headers", "http_status", "status"),
    [
        (call_headers(extra=[(":method", "GET")]), "405", Status.INTERNAL),
        (call_headers(without=[":method"]), "405", Status.INTERNAL),
        (call_headers(without=["content-type"]), "415", Status.INVALID_ARGUMENT),
        (call_headers(extra=[("content-type", "application/json")]), "415", Status.INVALID_ARGUMENT),
        (call_headers(extra=[("content-type", "application/grpc+json")]), "415", Status.INVALID_ARGUMENT),
        (call_headers(without=[":path"]), "200", Status.UNIMPLEMENTED),
        (call_headers(extra=[("grpc-timeout", "soon")]), "400", Status.INTERNAL),
        (call_headers(extra=[("grpc-timeout", "9" * 400 + "S")]), "400", Status.INTERNAL),
        (call_headers(extra=[("grpc-timeout", "")]), "400", Status.INTERNAL),
    ],
)
async def test_headers_that_are_no_calls_are_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, headers: Headers, http_status: str, status: Status
) -> None:
    """Whatever is wrong with the headers is said in HTTP and in gRPC, and costs nobody else anything."""
    answer = await call_once(tmp_path / "s", guard := WatchfulGuard(), headers)
    assert (answer.headers[":status"], answer.status) == (http_status, status.value)
    assert guard.seen == []
    assert_no_blame(caplog)


@pytest.mark.parametrize(
    "headers",
    [
        call_headers(without=["te", ":authority", ":scheme"]),
        call_headers(extra=[("content-type", "application/grpc+proto")]),
        call_headers(extra=[("content-type", "application/grpc;charset=utf-8")]),
        call_headers(extra=[(":authority", "%2Fvar%2Flib%2Fkubelet%2Fplugins%2Fcsi.sock")]),
        call_headers(extra=[("x-large", "x" * 20_000)]),
        call_headers(extra=[("grpc-timeout", "99999999H")]),
    ],
)
async def test_what_grpc_go_would_take_is_taken(tmp_path: Path, headers: Headers) -> None:
    """Odd but harmless headers are no reason to refuse: a missing `te`, any authority, a suffix, 20 KB."""
    assert (await call_once(tmp_path / "s", WatchfulGuard(), headers)).status == 0


async def test_the_guard_is_told_what_the_caller_said(tmp_path: Path) -> None:
    """Text headers and the deadline reach the guard; those of HTTP, of gRPC and binary ones do not."""
    extra = [("x-request", "abc"), ("x-blob-bin", "AAA"), ("grpc-timeout", "5S")]
    await call_once(tmp_path / "s", guard := WatchfulGuard(), call_headers(extra=extra))
    headers = parse_headers(call_headers(extra=extra))
    assert dict(headers.metadata) == {"content-type": "application/grpc", "te": "trailers", "x-request": "abc"}
    assert headers.path == PROBE
    assert headers.deadline is not None
    assert 4 < headers.deadline.time_remaining() <= 5
    assert guard.seen == [(PROBE, "OK")]


@pytest.mark.parametrize(("text", "seconds"), [("2H", 7200), ("3M", 180), ("4S", 4), ("5000m", 5), ("6000000u", 6)])
def test_timeouts_have_units(text: str, seconds: float) -> None:
    """Each unit of gRPC is understood."""
    deadline = parse_headers(call_headers(extra=[("grpc-timeout", text)])).deadline
    assert deadline is not None
    assert seconds - 1 < deadline.time_remaining() <= seconds


@pytest.mark.parametrize("text", ["-1S", "1", "S", "1s", "123456789S", "1S ", "\u0661S", "1.5S"])
def test_what_is_no_timeout_is_refused(text: str) -> None:
    """At most eight digits and one unit; anything else is a broken client."""
    with pytest.raises(RefusedHeadersError, match="grpc-timeout"):
        parse_headers(call_headers(extra=[("grpc-timeout", text)]))
