"""The connection, and a client that does as it likes with it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from grpclib.protocol import AbstractHandler, Stream
from h2.errors import ErrorCodes
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from rds_csi_async.csi.http2 import MAX_STREAMS, Http2Protocol, get_stream_id
from tests.csi.raw_client import EMPTY, PREFACE, SLOW, Identity, call_headers, connected, served


def has_traceback(caplog: pytest.LogCaptureFixture) -> bool:
    """Whether anything was logged as if the driver were at fault."""
    return any(record.exc_info or record.levelname in {"ERROR", "CRITICAL"} for record in caplog.records)


async def test_an_unknown_frame_is_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A frame type that HTTP/2 does not have yet harms neither the calls in flight nor the next ones."""
    identity = Identity()
    async with served(tmp_path / "s", identity), connected(tmp_path / "s") as client:
        slow = client.begin(call_headers(SLOW))
        await identity.entered.acquire()
        client.send(b"\x00\x00\x03\xee\x00\x00\x00\x00\x00new")
        assert (await client.call()).status == 0
        identity.gate.set()
        await slow.ended.wait()
        assert slow.status == 0
    assert not has_traceback(caplog)


async def test_a_header_that_is_not_ascii_harms_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Bytes of any kind in a header are the business of that call alone."""
    identity = Identity()
    async with served(tmp_path / "s", identity), connected(tmp_path / "s") as client:
        slow = client.begin(call_headers(SLOW))
        await identity.entered.acquire()
        odd = await client.call(call_headers(extra=[("x-odd", "na\u00efve \u2603"), ("x-odd-bin", "!\u00ff")]))
        assert odd.status == 0
        identity.gate.set()
        await slow.ended.wait()
        assert slow.status == 0
    assert not has_traceback(caplog)


async def test_a_thousand_calls_may_be_in_flight(tmp_path: Path) -> None:
    """More slow calls than HTTP/2's usual hundred leave room for Probe, on the same connection."""
    identity = Identity()
    async with served(tmp_path / "s", identity), connected(tmp_path / "s") as client:
        await client.greeted.wait()
        assert client.settings[SettingsFrame.MAX_CONCURRENT_STREAMS] == MAX_STREAMS
        slow = [client.begin(call_headers(SLOW)) for _ in range(300)]
        assert (await client.call()).status == 0
        identity.gate.set()
        for answer in slow:
            await answer.ended.wait()
        assert {answer.status for answer in slow} == {0}


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x00\x00\x04\x00\x00\x00\x00\x00\x00data",  # on the connection itself
        HeadersFrame(2, b"\x82", flags=["END_HEADERS"]).serialize(),
        HeadersFrame(1, b"\xff\xff\xff\xff\xff\xff", flags=["END_HEADERS"]).serialize(),
        WindowUpdateFrame(0, window_increment=(1 << 31) - 1).serialize() * 2,
    ],
)
async def test_whoever_breaks_http2_is_told_and_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, nonsense: bytes
) -> None:
    """The connection ends with a GOAWAY that gives the reason; others go on; one line is logged."""
    async with served(tmp_path / "s", Identity()), connected(tmp_path / "s") as other:
        async with connected(tmp_path / "s") as client:
            await client.greeted.wait()
            client.send(nonsense)
            async with asyncio.timeout(10):
                await client.closed.wait()
            assert client.goodbyes[0].error_code != ErrorCodes.NO_ERROR
        assert (await other.call()).status == 0
    assert not has_traceback(caplog)


async def test_a_client_that_says_goodbye_takes_its_calls_with_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """GOAWAY ends the connection and cancels its calls, as a hang-up does; the server serves on."""
    identity = Identity()
    async with served(tmp_path / "s", identity):
        async with connected(tmp_path / "s") as client:
            client.begin(call_headers(SLOW))
            await identity.entered.acquire()
            client.send_frame(GoAwayFrame(0), PingFrame(0, b"what now"))
            async with asyncio.timeout(10):
                await identity.cancelled.wait()
                await client.closed.wait()
        async with connected(tmp_path / "s") as client:
            assert (await client.call()).status == 0
    assert not has_traceback(caplog)


async def test_keep_alive_pings_are_answered_however_many(tmp_path: Path) -> None:
    """No client is sent away for asking too often, with a call in flight or without."""
    async with served(tmp_path / "s", Identity()), connected(tmp_path / "s") as client:
        for _ in range(100):
            client.send_frame(*(PingFrame(0, b"%08d" % index) for index in range(20)))
        await client.settle()
        assert len(client.pongs) == 2001
        assert not client.goodbyes


class Transport(asyncio.Transport):
    """A transport that goes nowhere."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closing = False

    def write(self, data: Any) -> None:
        """Keep what is written; after a close, nothing may be."""
        assert not self.closing
        self.written += data

    def close(self) -> None:
        """Note it."""
        self.closing = True

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self.closing


class Streams(AbstractHandler):
    """Takes streams, and lets them be."""

    def __init__(self) -> None:
        self.taken: list[Stream] = []

    def accept(self, stream: Stream, headers: Any, release_stream: Any) -> None:  # noqa: ARG002 - as grpclib has it
        """Take one."""
        self.taken.append(stream)

    def cancel(self, stream: Stream) -> None:
        """Let it be."""

    def close(self) -> None:
        """Let them be."""


IDS = st.integers(0, 7)
FRAMES: st.SearchStrategy[bytes] = st.one_of(
    st.builds(HeadersFrame, st.integers(1, 7), st.binary(max_size=30) | st.just(b"\x83\x86\x84")).map(Frame.serialize),
    st.builds(ContinuationFrame, st.integers(1, 7), st.binary(max_size=30)).map(Frame.serialize),
    st.builds(DataFrame, st.integers(1, 7), st.binary(max_size=30) | st.just(EMPTY)).map(Frame.serialize),
    st.builds(RstStreamFrame, st.integers(1, 7)).map(Frame.serialize),
    st.builds(PriorityFrame, st.integers(1, 7)).map(Frame.serialize),
    st.builds(PushPromiseFrame, st.integers(1, 7), st.integers(2, 8).filter(lambda x: x % 2 == 0)).map(Frame.serialize),
    st.builds(WindowUpdateFrame, IDS, st.integers(1, (1 << 31) - 1)).map(Frame.serialize),
    st.builds(lambda pairs: SettingsFrame(0, settings=pairs), st.dictionaries(st.integers(0, 9), IDS)).map(
        Frame.serialize
    ),
    st.just(GoAwayFrame(0).serialize()),
    st.builds(
        lambda kind, flags, stream, body: len(body).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + body,
        st.integers(0, 255),
        st.integers(0, 255),
        IDS,
        st.binary(max_size=20),
    ),
    st.binary(max_size=20),
)


@settings(max_examples=300)
@given(pieces=st.lists(FRAMES, max_size=8), flags=st.lists(st.sampled_from([0, 1, 4, 5]), min_size=8, max_size=8))
async def test_no_bytes_raise(pieces: list[bytes], flags: list[int]) -> None:
    """Whatever is received, nothing is raised into the event loop, and nothing is written once it has closed."""
    transport = Transport()
    protocol = Http2Protocol(Streams(), asyncio.get_running_loop().create_future())
    protocol.connection_made(transport)
    protocol.data_received(PREFACE)
    for piece, flag in zip(pieces, flags, strict=False):
        if not transport.closing:
            protocol.data_received(piece[:4] + bytes([flag]) + piece[5:] if len(piece) > 8 else piece)
    protocol.connection_lost(None)


async def test_a_connection_that_is_unwanted_before_it_begins_is_closed_when_it_does() -> None:
    """What was accepted while the server was closing is not left open."""
    lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    protocol, transport = Http2Protocol(Streams(), lost), Transport()
    protocol.close()
    protocol.connection_made(transport)
    assert transport.closing
    protocol.connection_lost(None)
    assert lost.done()


async def test_a_stream_has_a_number() -> None:
    """A client's stream that has none yet cannot be answered."""
    protocol = Http2Protocol(Streams(), asyncio.get_running_loop().create_future())
    protocol.connection_made(Transport())
    with pytest.raises(TypeError):
        get_stream_id(protocol.connection.create_stream())
    assert get_stream_id(protocol.connection.create_stream(stream_id=5)) == 5
    protocol.close()
