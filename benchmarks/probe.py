"""How long Probe takes on the driver's server, against a bare grpclib server of the same versions.

    python benchmarks/probe.py [--rounds N] [--calls N]

Each server is a process of its own. One client, which only moves prepared bytes, calls them in turns within one run, so
that noise of the machine falls on both. Exits 1 when the driver's median is more than 1.3 times the other's.
"""

import argparse
import asyncio
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

from grpclib.server import Server
from hpack import Encoder
from hyperframe.frame import DataFrame, Frame, HeadersFrame, SettingsFrame, WindowUpdateFrame

from rds_csi_async.csi import wire
from rds_csi_async.csi.methods import pass_through
from rds_csi_async.csi.server import CsiServer

LIMIT = 1.3
HEADER_BYTES = 9
HEADERS_TYPE = HeadersFrame.type
SETTINGS_TYPE = SettingsFrame.type
END_STREAM = 0x1


class Identity(wire.IdentityBase):
    """Answers Probe at once."""

    async def probe(self, probe_request: wire.ProbeRequest) -> wire.ProbeResponse:  # noqa: ARG002 - it says nothing
        """Say that all is well."""
        return wire.ProbeResponse(ready=True)


def serve_ours(path: Path) -> None:
    """Serve with the driver's server until killed."""

    async def serve() -> None:
        await CsiServer([Identity()], pass_through).start(path)
        await asyncio.Event().wait()

    asyncio.run(serve())


def serve_bare(path: Path) -> None:
    """Serve with grpclib's server until killed."""

    async def serve() -> None:
        await Server([Identity()]).start(path=str(path))
        await asyncio.Event().wait()

    asyncio.run(serve())


class ProbeClient:
    """Calls Probe over one connection, one call after the other."""

    def __init__(self, path: Path) -> None:
        self._sock = _dial(path)
        self._stream_id = 1
        header_list = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", "/csi.v1.Identity/Probe"),
            (":authority", "localhost"),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("grpc-timeout", "10S"),
        ]
        encoder = Encoder()
        encoder.header_table_size = 0  # no state between calls: the same bytes each time
        self._block = encoder.encode(header_list)
        window = WindowUpdateFrame(0, window_increment=(1 << 31) - 1 - 65535)
        settings = SettingsFrame(0, settings={SettingsFrame.HEADER_TABLE_SIZE: 0})
        self._sock.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings.serialize() + window.serialize())

    def call(self) -> float:
        """Call once; return how long it took, in seconds.

        Raises:
            ConnectionError: the server ended the connection.

        """
        headers = HeadersFrame(self._stream_id, self._block, flags=["END_HEADERS"]).serialize()
        request = headers + DataFrame(self._stream_id, b"\x00" * 5, flags=["END_STREAM"]).serialize()
        self._stream_id += 2
        began = time.perf_counter()
        self._sock.sendall(request)
        while not self._read_end():
            pass
        return time.perf_counter() - began

    def _read_end(self) -> bool:
        """Read one frame; whether it ended the call."""
        length, kind, flags = self._read_header()
        if length:
            self._sock.recv(length, socket.MSG_WAITALL)
        if kind == SETTINGS_TYPE and not flags:
            self._sock.sendall(SettingsFrame(0, flags=["ACK"]).serialize())
        return kind == HEADERS_TYPE and bool(flags & END_STREAM)

    def _read_header(self) -> tuple[int, int, int]:
        header = self._sock.recv(HEADER_BYTES, socket.MSG_WAITALL)
        if len(header) < HEADER_BYTES:
            message = "the server ended the connection"
            raise ConnectionError(message)
        frame, length = Frame.parse_frame_header(memoryview(header))
        return length, header[3], header[4] if frame else 0


def _dial(path: Path) -> socket.socket:
    deadline = time.monotonic() + 10
    while True:
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(str(path))
        except OSError:
            sock.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return sock


def measure(rounds: int, calls: int) -> dict[str, list[float]]:
    """Time `calls` calls to each server in each of `rounds` rounds; return the times in seconds by server."""
    with tempfile.TemporaryDirectory() as directory:
        paths = {"bare": Path(directory, "bare.sock"), "ours": Path(directory, "ours.sock")}
        spawn = multiprocessing.get_context("spawn")
        servers = [
            spawn.Process(target=serve, args=(paths[name],), daemon=True)
            for name, serve in (("bare", serve_bare), ("ours", serve_ours))
        ]
        for server in servers:
            server.start()
        try:
            clients = {name: ProbeClient(path) for name, path in paths.items()}
            for client in clients.values():  # warm up
                _ = [client.call() for _ in range(calls)]
            times: dict[str, list[float]] = {name: [] for name in paths}
            for index in range(rounds):
                for name in sorted(paths, reverse=bool(index % 2)):
                    times[name] += [clients[name].call() for _ in range(calls)]
        finally:
            for server in servers:
                server.kill()
                server.join()
    return times


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=250)
    arguments = parser.parse_args()
    times = measure(arguments.rounds, arguments.calls)
    medians = {}
    for name, each in times.items():
        cuts = statistics.quantiles(each, n=100)
        medians[name] = cuts[49]
        sys.stdout.write(f"{name}: p50 {cuts[49] * 1e6:.0f} us, p99 {cuts[98] * 1e6:.0f} us, {len(each)} calls\n")
    ratio = medians["ours"] / medians["bare"]
    sys.stdout.write(f"ours / bare, p50: {ratio:.2f} (at most {LIMIT})\n")
    return 0 if ratio <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
