"""One call: what a client can send, and what it gets."""

import asyncio
import struct
from pathlib import Path

import betterproto
import pytest
from grpclib.const import Status
from hyperframe.frame import RstStreamFrame

from rds_csi_async.csi import wire
from rds_csi_async.csi.framing import MESSAGE_LIMIT_BYTES, encode_frame
from tests.csi.raw_client import EMPTY, SLOW, Identity, call_headers, connected, served
from tests.csi.watching import WatchfulGuard, assert_no_blame, call_once

CREATE = "/csi.v1.Controller/CreateVolume"


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
        RuntimeError("the inside of the driver"),
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
    assert "inside" not in answer.reason
    assert len([record for record in caplog.records if record.exc_info]) == 1
