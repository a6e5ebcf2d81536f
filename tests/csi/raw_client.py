"""A client that speaks HTTP/2 by hand: it can say what no gRPC library would."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, cast
from urllib.parse import unquote

from h2.errors import ErrorCodes
from hpack import Decoder, Encoder
from hyperframe.frame import (
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

from rds_csi_async.csi import wire
from rds_csi_async.csi.methods import Guard, Service, pass_through
from rds_csi_async.csi.server import CsiServer

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PROBE = "/csi.v1.Identity/Probe"
SLOW = "/csi.v1.Identity/GetPluginInfo"
LARGEST = 16384  # bytes in a frame
EMPTY = b"\x00" * 5  # an empty message, framed
Headers = list[tuple[str, str]]


def call_headers(path: str = PROBE, *, without: Sequence[str] = (), extra: Sequence[tuple[str, str]] = ()) -> Headers:
    """Make the headers of a call; `extra` ones replace those of the same name."""
    plain = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "content-type": "application/grpc",
        "te": "trailers",
    }
    return [(name, text) for name, text in {**plain, **dict(extra)}.items() if name not in without]


@dataclass(slots=True)
class Answer:
    """What came on one stream."""

    headers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    reset: ErrorCodes | None = None

    @property
    def status(self) -> int:
        """The gRPC status; an answer without one has -1."""
        return int(self.headers.get("grpc-status", "-1"))

    @property
    def reason(self) -> str:
        """The reason, decoded."""
        return unquote(self.headers.get("grpc-message", ""))


class RawClient:
    """One connection. It reads in the background, and tells what the server said."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer
        self._encoder = Encoder()
        self._decoder = Decoder()
        self._next_id = 1
        self._reading: asyncio.Task[None] | None = None
        self.answers: dict[int, Answer] = {}
        self.goodbyes: list[GoAwayFrame] = []
        self.settings: dict[int, int] = {}
        self.pongs: list[bytes] = []
        self.greeted = asyncio.Event()
        self.parted = asyncio.Event()
        self.closed = asyncio.Event()
        self.ponged = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Greet, and begin to read."""
        self.send(PREFACE + SettingsFrame(0).serialize())
        self._reading = asyncio.get_running_loop().create_task(self._read())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self.writer.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    def send_frame(self, *frames: Frame) -> None:
        """Send frames, in one piece."""
        self.send(b"".join(frame.serialize() for frame in frames))

    def header_frames(self, headers: Headers, *, end: bool = False) -> list[Frame]:
        """Make the frames that begin the next call."""
        block, stream_id = self._encoder.encode(headers), self._next_id
        self.answers[stream_id] = Answer()
        self._next_id += 2
        frames: list[Frame] = [HeadersFrame(stream_id, block[:LARGEST], flags=["END_STREAM"] if end else [])]
        frames += [ContinuationFrame(stream_id, block[at : at + LARGEST]) for at in range(LARGEST, len(block), LARGEST)]
        frames[-1].flags.add("END_HEADERS")
        return frames

    def begin(self, headers: Headers | None = None, data: bytes | None = EMPTY, *, end: bool = True) -> Answer:
        """Begin a call, with its message (None: none), and with its end unless told otherwise."""
        frames = self.header_frames(headers or call_headers(), end=end and data is None)
        answer = self.answers[frames[0].stream_id]
        if data is not None:
            pieces = [data[at : at + LARGEST] for at in range(0, len(data), LARGEST)] or [b""]
            frames += [DataFrame(frames[0].stream_id, piece) for piece in pieces]
            if end:
                frames[-1].flags.add("END_STREAM")
        self.send_frame(*frames)
        return answer

    async def call(self, headers: Headers | None = None, data: bytes | None = EMPTY, *, end: bool = True) -> Answer:
        """Call, and wait for the end of the answer; a message may be as large as the server's window."""
        async with asyncio.timeout(10):
            await self.greeted.wait()
            answer = self.begin(headers, data, end=end)
            await answer.ended.wait()
        return answer

    async def settle(self) -> None:
        """Wait until the server has taken in everything that was sent: it answers a ping in order."""
        self.ponged.clear()
        self.send_frame(PingFrame(0, b"settled?"))
        async with asyncio.timeout(10):
            await self.ponged.wait()

    async def _read(self) -> None:
        try:
            while True:
                header = await self._reader.readexactly(9)
                frame, length = Frame.parse_frame_header(memoryview(header))
                frame.parse_body(memoryview(await self._reader.readexactly(length)))
                self._take(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.closed.set()
            for answer in self.answers.values():
                answer.ended.set()

    def _take(self, frame: Frame) -> None:
        if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self.settings.update(frame.settings)
            self.send_frame(SettingsFrame(0, flags=["ACK"]))
            if SettingsFrame.MAX_CONCURRENT_STREAMS in frame.settings:
                self.greeted.set()
        elif isinstance(frame, GoAwayFrame):
            self.goodbyes.append(frame)
            self.parted.set()
        elif isinstance(frame, PingFrame):
            self.pongs.append(frame.opaque_data)
            self.ponged.set()
        elif frame.stream_id in self.answers:
            self._take_part(self.answers[frame.stream_id], frame)

    def _take_part(self, answer: Answer, frame: Frame) -> None:
        if isinstance(frame, HeadersFrame):
            answer.headers |= cast("dict[str, str]", dict(self._decoder.decode(frame.data)))
        elif isinstance(frame, DataFrame):
            answer.data += frame.data
            if frame.data:
                size = len(frame.data)
                self.send_frame(*(WindowUpdateFrame(each, window_increment=size) for each in (0, frame.stream_id)))
        elif isinstance(frame, RstStreamFrame):
            answer.reset = ErrorCodes(frame.error_code)
            answer.ended.set()
        if "END_STREAM" in frame.flags:
            answer.ended.set()


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[RawClient]:
    """Dial a socket, and greet."""
    async with RawClient(*await asyncio.open_unix_connection(path)) as client:
        yield client


class Identity(wire.IdentityBase):
    """Answers Probe at once, and GetPluginInfo when the gate opens."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.entered = asyncio.Semaphore(0)  # acquire it to wait for a call
        self.cancelled = asyncio.Event()

    async def probe(self, probe_request: wire.ProbeRequest) -> wire.ProbeResponse:  # noqa: ARG002 - it is empty
        """Be ready."""
        return wire.ProbeResponse(ready=True)

    async def get_plugin_info(
        self,
        get_plugin_info_request: wire.GetPluginInfoRequest,  # noqa: ARG002 - it is empty
    ) -> wire.GetPluginInfoResponse:
        """Wait for the gate."""
        self.entered.release()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return wire.GetPluginInfoResponse(name="late")


@asynccontextmanager
async def served(path: Path, *services: Service, guard: Guard = pass_through) -> AsyncIterator[CsiServer]:
    """Serve at a path, and drain at the end, waiting for nobody."""
    server = CsiServer(services, guard)
    await server.start(path)
    try:
        yield server
    finally:
        await server.drain(0)
