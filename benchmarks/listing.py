"""Whether listing 10,000 volumes ever stalls the driver, and how long it takes.

    python benchmarks/listing.py [--volumes N]

Three processes: a simulator that holds the volumes, each published to a node; the driver, in controller mode, with its
real server, guard and SSH connection, on an event loop that measures itself; and a client that walks through all pages,
and only moves bytes. A stall is the CPU time of one turn of the driver's loop: what runs between two looks at who else
wants something. Exits 1 when one is longer than 50 ms, or when a volume is missing.
"""

# ruff: noqa: INP001 - a script, run by its path

import argparse
import asyncio
import json
import multiprocessing
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grpclib.client import Channel, UnaryUnaryMethod

from rds_csi_async.app.config import load_settings
from rds_csi_async.app.running import Driver, settle_memory
from rds_csi_async.csi import wire
from rds_csi_async.csi.codec import CsiCodec
from rds_csi_async.csi.encoding import encode_message
from rds_csi_async.domain.capabilities import AccessMode
from rds_csi_async.domain.identifiers import Nqn, name_hash, node_id_of, slot_of
from rds_csi_async.domain.records import Holder, Record, encode_record
from rds_csi_async.domain.sizes import GIB

LIMIT_S = 0.05
CLUSTER_ID = "6f0e3b1c-2c1f-4d7e-9c51-3a0e6b7f1d11"
POOL = "pool1"
START_S = 120
PLAIN_ROUNDS = 5
TOKEN = re.compile(rb"\x12.([0-9]+/[a-z0-9-]+:rds1-[a-z2-7-]+)\Z", re.DOTALL)  # `next_token`, a page's last field


class MeasuredLoop(asyncio.SelectorEventLoop):
    """Keeps the CPU time of its longest turn, and counts its turns."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.longest_s, self.turns, self.began_cpu_s = 0.0, 0, time.thread_time()

    def _run_once(self) -> None:
        began_s = time.thread_time()
        super()._run_once()  # type: ignore[misc] # no public way to see one turn
        self.longest_s = max(self.longest_s, time.thread_time() - began_s)
        self.turns += 1


def drive(folder: Path, pipe: Connection) -> None:
    """Be the driver; at each word from the pipe, tell what was measured since the last."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, MeasuredLoop)  # noqa: S101 - as `main` starts it
        flags = {
            "mode": "controller", "endpoint": f"unix://{folder / 'csi.sock'}", "cluster_id": CLUSTER_ID,
            "http_address": "127.0.0.1:0",
        }  # fmt: skip
        settings = load_settings(flags, folder / "appliance" / "rds-csi.toml", {})

        def tell() -> None:
            pipe.recv()
            pipe.send((loop.longest_s, loop.turns, time.thread_time() - loop.began_cpu_s))
            loop.forget()

        async with Driver(settings):
            settle_memory()
            loop.add_reader(pipe.fileno(), tell)
            await asyncio.Event().wait()

    with asyncio.Runner(loop_factory=MeasuredLoop) as runner:
        runner.run(serve())


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


def write_appliance(root: Path, volumes: int) -> None:
    """Write the tables of an appliance that holds so many volumes, each published, as it would itself."""
    root.mkdir()
    disks = [{"id": number + 2, "properties": describe(number)} for number in range(volumes)]
    tables = {
        "format": 1, "identity": "RDS", "next_id": volumes + 2, "pools": {POOL: 1}, "pool_comments": {},
        "disks": disks, "subvolumes": [],
    }  # fmt: skip
    (root / "appliance.json").write_text(json.dumps(tables))


def describe(number: int) -> dict[str, object]:
    """Describe the disk of a published volume."""
    name = f"pvc-{number:08d}-1d0e-4b7e-9c51-3a0e6b7f1d11"
    slot, node_id = slot_of(CLUSTER_ID, "mock", name), node_id_of(CLUSTER_ID, f"worker-{number % 100}.example.org")
    mark = f"{number:016x}"
    record = Record(
        CLUSTER_ID, name_hash(CLUSTER_ID, name), GIB, "mount", 2, "0123abcd",
        holders=(Holder(node_id, AccessMode.SINGLE_NODE_WRITER, read_only=False),),
        sequence=1, nqn_mark=mark, only_node=node_id, claim=f"default/data-{number}",
    )  # fmt: skip
    return {
        "type": "file", "slot": slot, "file-path": f"/{POOL}/{slot}/disk.img", "file-size": GIB,
        "comment": encode_record(record), "mount-filesystem": False, "nvme-tcp-export": True,
        "nvme-tcp-server-port": 4420, "nvme-tcp-server-nqn": str(Nqn(slot, 1, mark)),
    }  # fmt: skip


@contextmanager
def simulated(folder: Path) -> Iterator[None]:
    """Run a simulator on the tables in the folder."""
    root = folder / "appliance"
    with (folder / "simulator.log").open("wb") as log:
        words = ["simulate", "--root", str(root), "--port", "0", "--pool", f"{POOL}=btrfs:100T"]
        simulator = subprocess.Popen(  # noqa: S603 - it is our own program, with arguments of our own
            [sys.executable, "-m", "rds_csi_async.app.cli", *words], stderr=log, stdout=log
        )
        try:
            wait_for(root / "rds-csi.toml", folder / "simulator.log")
            yield
        finally:
            simulator.kill()
            simulator.wait()


@contextmanager
def driven(folder: Path) -> Iterator[Connection]:
    """Run the driver; give the pipe to ask it by."""
    ours, theirs = multiprocessing.Pipe()
    driver = multiprocessing.get_context("spawn").Process(target=drive, args=(folder, theirs), daemon=True)
    driver.start()
    try:
        wait_for(folder / "csi.sock", folder / "simulator.log")
        yield ours
    finally:
        driver.kill()
        driver.join()


def wait_for(path: Path, log: Path) -> None:
    """Wait until a file is there."""
    ends_s = time.monotonic() + START_S
    while not path.exists():
        if time.monotonic() > ends_s:
            message = f"{path} does not appear: {log.read_text()[-2000:]}"
            raise TimeoutError(message)
        time.sleep(0.05)


def ask(pipe: Connection) -> tuple[float, int, float]:
    """Ask the driver for its longest turn, its turns, and its CPU time since it was asked last."""
    pipe.send(None)
    return pipe.recv()  # type: ignore[no-any-return] # as `drive` sends it


def count_commands(control: Path) -> int:
    """Ask the simulator how many lines it has run."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(control))
        connection.sendall(b'{"do": "counters"}\n')
        with connection.makefile() as answers:
            return int(json.loads(answers.readline())["commands"])


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
            before = count_commands(folder / "appliance" / "control.sock")
            ask(pipe)
            bodies, times = asyncio.run(walk(folder / "csi.sock"))
            longest_s, turns, cpu_s = ask(pipe)
            commands = count_commands(folder / "appliance" / "control.sock") - before
    listed = {entry.volume.volume_id for body in bodies for entry in wire.ListVolumesResponse().parse(body).entries}
    page = wire.ListVolumesResponse().parse(bodies[0])
    plain_s, ours_s = time_encoding(bytes, page), time_encoding(encode_message, page)
    _print(f"{len(listed)} of {volumes} volumes in {len(bodies)} pages, {sum(map(len, bodies)) // 1024} kB")
    _print(f"  took {sum(times):.2f} s: the first page {times[0]:.2f} s ({commands} commands to the appliance),")
    _print(f"    the others {statistics.median(times[1:] or [0]) * 1e3:.1f} ms each")
    _print(f"  driver: {cpu_s:.2f} s of CPU in {turns} turns of its loop,")
    _print(f"    the longest {longest_s * 1e3:.1f} ms (at most {LIMIT_S * 1e3:.0f})")
    plain = f"by betterproto's own encoder {plain_s * 1e3:.1f} ms"
    _print(f"  encoding a page: {ours_s * 1e3:.1f} ms, {plain} in one go ({plain_s / ours_s:.0f}x)")
    return longest_s <= LIMIT_S and len(listed) == volumes


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--volumes", type=int, default=10_000)
    return 0 if measure(parser.parse_args().volumes) else 1


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
