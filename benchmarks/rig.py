"""What several benchmarks stand on: a simulator and the driver as processes, and an event loop that measures itself.

A stall is the CPU time of one turn of the driver's loop: what runs between two looks at who else wants something.
"""

import asyncio
import json
import logging
import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rds_csi_async.app.config import load_settings
from rds_csi_async.app.running import Driver, settle_memory
from rds_csi_async.domain.capabilities import AccessMode
from rds_csi_async.domain.identifiers import Nqn, name_hash, node_id_of, slot_of
from rds_csi_async.domain.records import Holder, Record, encode_record
from rds_csi_async.domain.sizes import GIB

CLUSTER_ID = "6f0e3b1c-2c1f-4d7e-9c51-3a0e6b7f1d11"
POOL = "pool1"
START_S = 120
SURVEY_S = "3600"  # one at the start: later ones go by the clock, and not by what is measured


@dataclass(frozen=True, slots=True)
class Measured:
    """What the driver's loop did since it was asked last; `resident_kib` is what the process holds now.

    `waited_s` is how long it wanted to run and others had the machine: what is measured then says little of the driver.
    """

    longest_s: float
    turns: int
    cpu_s: float
    resident_kib: int
    waited_s: float


class MeasuredLoop(asyncio.SelectorEventLoop):
    """Keeps the CPU time of its longest turn, and counts its turns."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.longest_s, self.turns = 0.0, 0
        self.began_cpu_s, self.began_waited_s = time.thread_time(), waited_s("self")

    def tell(self) -> Measured:
        """Tell what was measured, and begin anew."""
        cpu_s, waited = time.thread_time() - self.began_cpu_s, waited_s("self") - self.began_waited_s
        told = Measured(self.longest_s, self.turns, cpu_s, _resident_kib(), waited)
        self.forget()
        return told

    def _run_once(self) -> None:
        began_s = time.thread_time()
        super()._run_once()  # type: ignore[misc] # no public way to see one turn
        self.longest_s = max(self.longest_s, time.thread_time() - began_s)
        self.turns += 1


def drive(folder: Path, pipe: Connection, prepare: Callable[[], None] | None = None) -> None:
    """Be the driver, changed by `prepare` first; at each word from the pipe, tell what was measured since the last."""
    logging.disable(logging.WARNING)  # that calls wait for each other is what is measured
    if prepare is not None:
        prepare()

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, MeasuredLoop)  # noqa: S101 - as it is started below
        flags = {
            "mode": "controller", "endpoint": f"unix://{folder / 'csi.sock'}", "cluster_id": CLUSTER_ID,
            "http_address": "127.0.0.1:0", "survey_interval_s": SURVEY_S,
        }  # fmt: skip
        settings = load_settings(flags, folder / "appliance" / "rds-csi.toml", {})

        def tell() -> None:
            pipe.recv()
            pipe.send(loop.tell())

        async with Driver(settings):
            settle_memory()
            loop.add_reader(pipe.fileno(), tell)
            await asyncio.Event().wait()

    with asyncio.Runner(loop_factory=MeasuredLoop) as runner:
        runner.run(serve())


@contextmanager
def simulated(folder: Path, *words: str) -> Iterator[int]:
    """Run a simulator on the tables in the folder, if there are any; give its process id."""
    root = folder / "appliance"
    with (folder / "simulator.log").open("wb") as log:
        words = ("simulate", "--root", str(root), "--port", "0", "--pool", f"{POOL}=btrfs:100T", *words)
        simulator = subprocess.Popen(  # noqa: S603 - it is our own program, with arguments of our own
            [sys.executable, "-m", "rds_csi_async.app.cli", *words], stderr=log, stdout=log
        )
        try:
            wait_for(root / "rds-csi.toml", folder / "simulator.log")
            yield simulator.pid
        finally:
            simulator.kill()
            simulator.wait()


@contextmanager
def driven(folder: Path, prepare: Callable[[], None] | None = None) -> Iterator[Connection]:
    """Run the driver; give the pipe to ask it by."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    driver = context.Process(target=drive, args=(folder, theirs, prepare), daemon=True)
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


def ask(pipe: Connection) -> Measured:
    """Ask the driver what it measured since it was asked last."""
    pipe.send(None)
    return pipe.recv()  # type: ignore[no-any-return] # as `drive` sends it


def count(folder: Path) -> Mapping[str, Any]:
    """Ask the simulator for its counters."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folder / "appliance" / "control.sock"))
        connection.sendall(b'{"do": "counters"}\n')
        with connection.makefile() as answers:
            return json.loads(answers.readline())  # type: ignore[no-any-return] # an object, by its protocol


def waited_s(process: int | str) -> float:
    """Tell how long a process has waited for a CPU."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9


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


def _resident_kib() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
