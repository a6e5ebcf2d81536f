"""One call: what a client can send, and what it gets."""

import asyncio
import struct
from pathlib import Path

import betterproto
import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline
from hyperframe.frame import RstStreamFrame

from rds_csi_async.csi import wire
from rds_csi_async.csi.calls import RefusedHeadersError, parse_headers
from rds_csi_async.csi.framing import MESSAGE_LIMIT_BYTES, encode_frame
from rds_csi_async.csi.methods import Handler, Metadata, RequestT, ResponseT
from tests.csi.raw_client import EMPTY, PROBE, SLOW, Answer, Headers, Identity, call_headers, connected, served

CREATE = "/csi.v1.Controller/CreateVolume"


class WatchfulGuard:
    """Notes every call it is told of, and how it ended."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.metadata: Metadata = {}
        self.deadline: Deadline | None = None

    async def __call__(
        self,
        method: str,
        handler: Handler[RequestT, ResponseT],
        request: RequestT,
        metadata: Metadata,
        deadline: Deadline | None,
    ) -> ResponseT:
        """Call, and note."""
        self.metadata, self.deadline = metadata, deadline
        try:
            response = await handler(request)
        except GRPCError as error:
            self.seen.append((method, error.status.name))
            raise
        except asyncio.CancelledError:
            self.seen.append((method, "cancelled"))
            raise
        self.seen.append((method, "OK"))
        return response


async def call_once(
    path: Path, guard: WatchfulGuard, headers: Headers | None = None, data: bytes | None = EMPTY
) -> Answer:
    """Serve, call once, and see that the server is well afterwards."""
    async with served(path, Identity(), guard=guard), connected(path) as client:
        answer = await client.call(headers, data)
        seen = list(guard.seen)
        assert (await client.call()).status == 0
        guard.seen = seen
        return answer


def assert_no_blame(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing was logged as the driver's fault, and no traceback at all."""
    assert not [record for record in caplog.records if record.exc_info or record.levelno >= 30]


@pytest.mark.parametrize(
    "path", ["/csi.v1.Identity/Nonsense", "/grpc.health.v1.Health/Check", "", "/", "/csi.v1.Identity/Probe/"]
)
async def test_an_unknown_method_is_unimplemented(tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str) -> None:
    """The answer is one that grpc-go understands: with a content type, and with the method's name."""
    answer = await call_once(tmp_path / "s", guard := WatchfulGuard(), call_headers(path))
    assert answer.status == Status.UNIMPLEMENTED.value
    assert answer.headers["content-type"].startswith("application/grpc")
    assert repr(path) in answer.reason
    assert guard.seen == []
    assert_no_blame(caplog)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (CREATE, "CreateVolume"),
        ("/csi.v1.Node/NodeStageVolume", "NodeStageVolume"),
        ("/csi.v1.Identity/GetPluginCapabilities", "GetPluginCapabilities"),
        ("/csi.v1.SnapshotMetadata/GetMetadataDelta", "GetMetadataDelta"),
        ("/csi.v1.GroupController/GetVolumeGroupSnapshot", "GetVolumeGroupSnapshot"),
    ],
)
async def test_a_method_that_is_not_there_in_this_mode_says_so(tmp_path: Path, path: str, name: str) -> None:
    """Services that were not given, and methods that a service leaves out, refuse by name, before the guard's eyes."""
    answer = await call_once(tmp_path / "s", guard := WatchfulGuard(), call_headers(path))
    assert answer.status == Status.UNIMPLEMENTED.value
    assert name in answer.reason
    assert guard.seen == [(path, "UNIMPLEMENTED")]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (None, Status.INTERNAL),
        (b"", Status.INTERNAL),
        (b"\x00\x00", Status.INTERNAL),
        (b"\x00\x00\x00\x00\x09abc", Status.INTERNAL),
        (EMPTY + EMPTY, Status.INTERNAL),
        (b"\x01\x00\x00\x00\x03abc", Status.UNIMPLEMENTED),
        (b"\x00" + (MESSAGE_LIMIT_BYTES + 1).to_bytes(4) + b"x" * 100, Status.INVALID_ARGUMENT),
        (encode_frame(bytes.fromhex("0a05") + b"pvc"), Status.INVALID_ARGUMENT),
        (encode_frame(bytes.fromhex("0a02ff41")), Status.INVALID_ARGUMENT),
        (encode_frame(b"\x0e"), Status.INVALID_ARGUMENT),
        (encode_frame(b"\x0b\x0c"), Status.INVALID_ARGUMENT),
    ],
)
async def test_a_broken_message_is_refused_and_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, data: bytes | None, status: Status
) -> None:
    """No message, half of one, two, a compressed or a malformed one: refused with no traceback, and no handler run."""
    answer = await call_once(tmp_path / "s", guard := WatchfulGuard(), call_headers(CREATE), data)
    assert answer.status == status.value
    assert guard.seen == [(CREATE, status.name)]
    assert_no_blame(caplog)


@pytest.mark.parametrize("size", [MESSAGE_LIMIT_BYTES - 10, 70_000])
async def test_a_large_message_is_taken(tmp_path: Path, size: int) -> None:
    """What fits the limit arrives, however many frames and windows it takes."""
    volume_id = b"x" * size
    body = b"\x7a" + betterproto.encode_varint(size) + volume_id  # a field that Probe does not have
    answer = await call_once(tmp_path / "s", WatchfulGuard(), data=encode_frame(body))
    assert answer.status == 0


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


@pytest.mark.parametrize("text", ["0n", "0S", "1n"])
async def test_a_deadline_that_has_passed_reaches_no_service(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    """A call that comes too late is refused as late, seen once by the guard, and starts nothing."""
    headers = call_headers(SLOW, extra=[("grpc-timeout", text)])
    answer = await call_once(tmp_path / "s", guard := WatchfulGuard(), headers)
    assert answer.status == Status.DEADLINE_EXCEEDED.value
    assert guard.seen == [(SLOW, "DEADLINE_EXCEEDED")]
    assert_no_blame(caplog)


@pytest.mark.parametrize("data", [EMPTY, b"\x00\x00"])
async def test_a_deadline_that_passes_ends_the_call(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    """The handler is cancelled, or the rest of the message no longer waited for, and the caller told."""
    guard = WatchfulGuard()
    async with served(tmp_path / "s", Identity(), guard=guard), connected(tmp_path / "s") as client:
        headers = call_headers(SLOW, extra=[("grpc-timeout", "50m")])
        answer = await client.call(headers, data, end=data == EMPTY)
    assert answer.status == Status.DEADLINE_EXCEEDED.value
    assert guard.seen == [(SLOW, "cancelled" if data == EMPTY else "DEADLINE_EXCEEDED")]
    assert_no_blame(caplog)


async def test_a_caller_that_cancels_has_its_call_cancelled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """RST_STREAM reaches the handler."""
    identity = Identity()
    async with served(tmp_path / "s", identity), connected(tmp_path / "s") as client:
        client.begin(call_headers(SLOW))
        await identity.entered.acquire()
        client.send_frame(RstStreamFrame(1, error_code=8))
        async with asyncio.timeout(10):
            await identity.cancelled.wait()
        assert (await client.call()).status == 0
    assert_no_blame(caplog)


class Broken(wire.IdentityBase):
    """Fails as no service should."""

    def __init__(self, failure: object) -> None:
        super().__init__()
        self._failure = failure

    async def probe(self, probe_request: wire.ProbeRequest) -> wire.ProbeResponse:  # noqa: ARG002 - it is empty
        """Fail."""
        if isinstance(self._failure, Exception):
            raise self._failure
        return self._failure  # type: ignore[return-value] # the wrong type is the point


@pytest.mark.parametrize(
    "failure",
    [
        RuntimeError("password=hunter2"),
        TimeoutError("not the caller's deadline"),
        struct.error("x"),
        None,
        wire.GetPluginInfoResponse(),
        wire.ProbeResponse(ready="yes"),  # type: ignore[arg-type]
    ],
)
async def test_our_own_fault_is_unavailable_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, failure: object
) -> None:
    """A bug below the guard leaves its traceback in the log, and tells the caller only that the outcome is unknown."""
    async with served(tmp_path / "s", Broken(failure)), connected(tmp_path / "s") as client:
        answer = await client.call(call_headers(extra=[("grpc-timeout", "10S")]))
    assert answer.status == Status.UNAVAILABLE.value
    assert "hunter2" not in answer.reason
    assert len([record for record in caplog.records if record.exc_info]) == 1
