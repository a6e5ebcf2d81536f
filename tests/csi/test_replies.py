"""What goes back to the client."""

import asyncio
from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from h2.errors import ErrorCodes
from hyperframe.frame import PingFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame

from rds_csi_async.csi import wire
from rds_csi_async.csi.decoding import decode_message
from tests.csi.raw_client import SLOW, Identity, RawClient, call_headers, connected, served

SIZES = [0, 16_000, 16_384 - 5 - 4, 16_384, 65_535, 65_536, 1_000_000]


class Says(wire.IdentityBase):
    """Says what it is told to, or fails with it."""

    def __init__(self, name: str = "", error: Exception | None = None) -> None:
        super().__init__()
        self._name = name
        self._error = error

    async def get_plugin_info(
        self,
        get_plugin_info_request: wire.GetPluginInfoRequest,  # noqa: ARG002 - it is empty
    ) -> wire.GetPluginInfoResponse:
        """Say it."""
        if self._error is not None:
            raise self._error
        return wire.GetPluginInfoResponse(name=self._name)


@pytest.mark.parametrize("size", SIZES)
async def test_a_reply_of_any_size_arrives_whole(tmp_path: Path, size: int) -> None:
    """One that fits a frame, one that just does not, and one larger than the window: all arrive, with OK."""
    async with served(tmp_path / "s", Says("x" * size)), connected(tmp_path / "s") as client:
        answer = await client.call(call_headers(SLOW))
    assert answer.headers == {":status": "200", "content-type": "application/grpc+proto", "grpc-status": "0"}
    assert answer.data[:5] == b"\x00" + (len(answer.data) - 5).to_bytes(4)
    assert decode_message(wire.GetPluginInfoResponse, answer.data[5:]).name == "x" * size


@pytest.mark.parametrize("reason", ["naïve ☃ 100%\n\tline", "", "\ud800 half", "%41"])
async def test_a_reason_arrives_as_it_was_said(tmp_path: Path, reason: str) -> None:
    """Newlines, signs and scripts of any kind survive; what is no text is shown as what it is."""
    says = Says(error=GRPCError(Status.NOT_FOUND, reason or None))
    async with served(tmp_path / "s", says), connected(tmp_path / "s") as client:
        answer = await client.call(call_headers(SLOW))
    assert answer.status == Status.NOT_FOUND.value
    assert answer.reason == {"": "NOT_FOUND", "\ud800 half": "\\ud800 half"}.get(reason, reason)


async def test_a_reason_is_cut_to_what_clients_take(tmp_path: Path) -> None:
    """A reason of any length arrives as one of at most 24 KB of header, and says that it was cut."""
    says = Says(error=GRPCError(Status.INVALID_ARGUMENT, "☃" * 100_000))
    async with served(tmp_path / "s", says), connected(tmp_path / "s") as client:
        answer = await client.call(call_headers(SLOW))
    assert answer.reason == "☃" * 2000 + " ..."
    assert len(answer.headers["grpc-message"]) < 24_000


async def test_a_caller_that_is_refused_early_need_not_go_on(tmp_path: Path) -> None:
    """After a refusal before the request's end, the stream is closed without an error."""
    async with served(tmp_path / "s", Identity()), connected(tmp_path / "s") as client:
        answer = client.begin(data=b"\x01\x00\x00\x00\x00", end=False)
        await client.settle()
        await client.settle()
    assert (answer.status, answer.reset) == (Status.UNIMPLEMENTED.value, ErrorCodes.NO_ERROR)


async def reads_nothing(client: RawClient) -> None:
    """Close the window, so that no reply of any size goes through."""
    client.send_frame(SettingsFrame(0, settings={SettingsFrame.INITIAL_WINDOW_SIZE: 0}))
    await client.settle()


async def test_a_reply_that_nobody_reads_ends_with_the_deadline(tmp_path: Path) -> None:
    """A client that asks and takes nothing has its stream reset when its own time is over."""
    async with served(tmp_path / "s", Identity()), connected(tmp_path / "s") as client:
        await reads_nothing(client)
        answer = await client.call(call_headers(extra=[("grpc-timeout", "50m")]))
    assert answer.headers[":status"] == "200"
    assert answer.reset is ErrorCodes.CANCEL


async def test_a_reply_waits_for_the_window(tmp_path: Path) -> None:
    """As soon as the client reads on, the rest follows."""
    async with served(tmp_path / "s", Identity()), connected(tmp_path / "s") as client:
        await reads_nothing(client)
        answer = client.begin()
        await client.settle()
        assert not answer.ended.is_set()
        client.send_frame(WindowUpdateFrame(1, window_increment=100))
        async with asyncio.timeout(10):
            await answer.ended.wait()
    assert (answer.status, len(answer.data)) == (0, 9)


async def test_a_caller_that_leaves_meanwhile_is_no_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A stream that is reset while its reply waits for room is forgotten, and nothing is logged as a failure."""
    async with served(tmp_path / "s", Identity()), connected(tmp_path / "s") as client:
        await reads_nothing(client)
        client.begin()
        client.send_frame(RstStreamFrame(1, error_code=8), PingFrame(0, b"12345678"))
        await client.settle()
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR"}]
