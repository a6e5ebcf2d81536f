"""Whether listing 10,000 volumes ever stalls the driver, and how long it takes.

    python benchmarks/listing.py [--volumes N]

Three processes: a simulator that holds the volumes, each published to a node; the driver, in controller mode, with its
real server, guard and SSH connection, on an event loop that measures itself; and a client that walks through all pages,
and only moves bytes. A stall is the CPU time of one turn of the driver's loop: what runs between two looks at who else
wants something. Exits 1 when one is longer than 50 ms, or when a volume is missing.
"""

import argparse
import asyncio
import re
import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grpclib.client import Channel, UnaryUnaryMethod

from rds_csi_async.csi import wire
from rds_csi_async.csi.codec import CsiCodec
from rds_csi_async.csi.encoding import encode_message
from rig import START_S, ask, count, driven, simulated, write_appliance

LIMIT_S = 0.05
PLAIN_ROUNDS = 5
TOKEN = re.compile(rb"\x12.([0-9]+/[a-z0-9-]+:rds1-[a-z2-7-]+)\Z", re.DOTALL)  # `next_token`, a page's last field


class Bytes(CsiCodec):
    """Leaves answers as they are: the client's decoding is not what is measured."""

    def decode(self, data: bytes, message_type: Any) -> bytes:  # noqa: ANN401, ARG002 - grpclib's signature
        """Keep the bytes."""
        return data


async def walk(path: Path) -> tuple[list[bytes], list[float]]:
    """List all volumes; give the pages, and how long each took."""
    channel = Channel(path=str(path), codec=Bytes())
    method: UnaryUnaryMethod[wire.ListVolumesRequest, bytes] = UnaryUnaryMethod(
        channel, "/csi.v1.Controller/ListVolumes", wire.ListVolumesRequest, bytes
    )
    bodies: list[bytes] = []
    times: list[float] = []
    token = ""
    while token or not bodies:
        began_s = time.perf_counter()
        body = await method(wire.ListVolumesRequest(starting_token=token), timeout=START_S)
        times.append(time.perf_counter() - began_s)
        bodies.append(body)
        found = TOKEN.search(body)
        token = found[1].decode() if found else ""
    channel.close()
    return bodies, times


def time_encoding(encode: Callable[[wire.ListVolumesResponse], bytes], page: wire.ListVolumesResponse) -> float:
    """Give the CPU seconds that encoding a page takes."""
    taken_s = timeit.repeat(lambda: encode(page), timer=time.thread_time, number=1, repeat=PLAIN_ROUNDS)
    return statistics.median(taken_s)


def measure(volumes: int) -> bool:
    """Measure once, print, and tell whether all is well."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        write_appliance(folder / "appliance", volumes)
        with simulated(folder), driven(folder) as pipe:
            time.sleep(1)  # while the driver greets the appliance
            before = count(folder)["commands"]
            ask(pipe)
            bodies, times = asyncio.run(walk(folder / "csi.sock"))
            measured = ask(pipe)
            commands = count(folder)["commands"] - before
    listed = {entry.volume.volume_id for body in bodies for entry in wire.ListVolumesResponse().parse(body).entries}
    page = wire.ListVolumesResponse().parse(bodies[0])
    plain_s, ours_s = time_encoding(bytes, page), time_encoding(encode_message, page)
    _print(f"{len(listed)} of {volumes} volumes in {len(bodies)} pages, {sum(map(len, bodies)) // 1024} kB")
    _print(f"  took {sum(times):.2f} s: the first page {times[0]:.2f} s ({commands} commands to the appliance),")
    _print(f"    the others {statistics.median(times[1:] or [0]) * 1e3:.1f} ms each")
    _print(f"  driver: {measured.cpu_s:.2f} s of CPU in {measured.turns} turns of its loop,")
    _print(f"    the longest {measured.longest_s * 1e3:.1f} ms (at most {LIMIT_S * 1e3:.0f})")
    plain = f"by betterproto's own encoder {plain_s * 1e3:.1f} ms"
    _print(f"  encoding a page: {ours_s * 1e3:.1f} ms, {plain} in one go ({plain_s / ours_s:.0f}x)")
    return measured.longest_s <= LIMIT_S and len(listed) == volumes


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--volumes", type=int, default=10_000)
    return 0 if measure(parser.parse_args().volumes) else 1


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
