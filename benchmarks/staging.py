"""How long staging a volume takes, and how many child processes, against a shell script that runs the same programs.

    python benchmarks/staging.py [--rounds N] [--at-once N]

Needs root and loop devices; works in a mount namespace of its own, and leaves nothing. Both make, in one run and in
turns: a first stage (attach, proof that the device is blank, mkfs.ext4, the proof again right before it, mount) and a
later one (attach, look, mount, grow), one at a time and many at once. The script runs the programs that the driver
runs, with the same reads, one after another; it writes no state file and knows no other volume. Exits 1 when the driver
starts more children, or takes more than 1.3 times as long.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.identifiers import Host, Nqn, VolumeId, slot_of
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.domain.staging import StageRequest
from rds_csi_async.host import device_reader
from rds_csi_async.host.filesystems import HostFilesystems
from rds_csi_async.host.loop import LoopConnections
from rds_csi_async.host.mounts import HostMounts
from rds_csi_async.host.process import PATH, Programs
from rds_csi_async.host.state_files import StateFiles
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.announcing import Announcing
from rds_csi_async.services.staging import Staging

MOST_RATIO = 1.3
ENVIRONMENT = {"LC_ALL": "C", "PATH": PATH}
SIZE_BYTES = 256 << 20
HOST = Host("nqn.2014-08.org.nvmexpress:uuid:benchmark", "benchmark")
ATTACH = """set -e
mkdir -p "$2"
until device=$(losetup --find --show "$1"); do :; done
"""
PROVE = f"""blkid -p -o export "$device" || [ $? = 2 ]
{sys.executable} -I -S {device_reader.__file__} "$device" quick
"""
SCRIPTS = {
    "first": f"""{ATTACH}{PROVE}{PROVE}
mkfs.ext4 -q -b 4096 -m 0 -E nodiscard "$device"
sync "$device"
blkid -p -o export "$device"
mount -t ext4 -o nodiscard -- "$device" "$2"
""",
    "again": f"""{ATTACH}
blkid -p -o export "$device"
mount -t ext4 -o nodiscard -- "$device" "$2"
resize2fs "$device"
""",
}


@dataclass(frozen=True)
class Volume:
    """A file, exported as the simulator does, and where it is staged."""

    request: StageRequest
    file: Path
    path: str


class Took(NamedTuple):
    """What staging took: time, CPU time of all, and the longest that one volume waited for its state file."""

    s: float
    cpu_s: float
    waited_s: float


class TimedStateFiles(StateFiles):
    """The driver's, which also say how long one waited for them: the script has none, and they are written for good."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.waited_s: dict[str, float] = {}  # by slot

    async def save(self, slot: str, record: StageRecord) -> None:
        """See `StageRecords`."""
        begun_s = time.perf_counter()
        await super().save(slot, record)
        self.waited_s[slot] = self.waited_s.get(slot, 0.0) + time.perf_counter() - begun_s


class Driver:
    """The node's own parts, in this process."""

    def __init__(self, folder: Path) -> None:
        programs = Programs()
        connections = LoopConnections(programs, folder / "exports")
        self.records, metrics = TimedStateFiles(folder / "records"), Metrics(grpc_methods=())
        mounts, filesystems = HostMounts(programs), HostFilesystems(programs)
        ports = NodePorts(connections, mounts, filesystems, self.records, metrics, Announcing(metrics))
        self._staging = Staging(ports)

    async def stage(self, volumes: list[Volume], _kind: str) -> None:
        """Stage them, all at once."""
        await asyncio.gather(*(self._staging.stage(volume.request) for volume in volumes))

    async def unstage(self, volumes: list[Volume]) -> None:
        """Take them off again."""
        for volume in volumes:
            await self._staging.unstage(volume.request.volume_id, volume.path)


class Script:
    """The same by a shell."""

    async def stage(self, volumes: list[Volume], kind: str) -> None:
        """Stage them, all at once."""
        await asyncio.gather(*(_run_shell(SCRIPTS[kind], str(each.file), each.path) for each in volumes))

    async def unstage(self, volumes: list[Volume]) -> None:
        """Take them off again."""
        for volume in volumes:
            await _run_shell('device=$(findmnt -no SOURCE "$2"); umount "$2"; losetup -d "$device"', "", volume.path)


def make_volumes(folder: Path, count: int, prefix: str) -> list[Volume]:
    """Make files of zeros, and export them."""
    volumes = []
    for number in range(count):
        slot = slot_of("benchmark", "bench", f"{prefix}{number}")
        nqn = Nqn(slot, 1, f"{number:016x}")
        file = folder / f"{prefix}{number}.img"
        with file.open("wb") as image:
            image.truncate(SIZE_BYTES)
        document = {"file": str(file), "size": SIZE_BYTES, "allowed_host": ""}
        (folder / "exports" / f"{quote(str(nqn), safe=':')}.json").write_text(json.dumps(document))
        context = PublishContext(nqn, "127.0.0.1", 4420, SIZE_BYTES, HOST, first_use=True, sole_node=True)
        capability = Capability(AccessMode.SINGLE_NODE_WRITER)
        path = str(folder / "mounts" / f"{prefix}{number}")
        volumes.append(Volume(StageRequest(VolumeId("bench", slot), path, capability, context), file, path))
    return volumes


async def compare(folder: Path, rounds: int, at_once: int) -> bool:
    """Print one line a case; tell whether the driver keeps to its bars."""
    ways: dict[str, Driver | Script] = {"driver": Driver(folder), "script": Script()}
    took: dict[tuple[str, str], list[Took]] = {}
    for turn in range(rounds + 1):  # the first is not counted
        order = list(ways) if turn % 2 else list(reversed(ways))
        for name in order:
            volumes = await asyncio.to_thread(make_volumes, folder, at_once, f"{name}{turn}-")
            for kind in SCRIPTS:
                measured = await _measure(ways[name], volumes, kind)
                if turn:
                    took.setdefault((name, kind), []).append(measured)
            for volume in volumes:
                await asyncio.to_thread(volume.file.unlink)
    fine = [_report(f"{kind}, {at_once} at once", took["driver", kind], took["script", kind]) for kind in SCRIPTS]
    return all(fine)


async def _measure(way: Driver | Script, volumes: list[Volume], kind: str) -> Took:
    """Stage and unstage; give what staging took."""
    await asyncio.to_thread(subprocess.run, ["sync"], check=True)  # what others wrote is not ours to wait for
    waits = way.records.waited_s if isinstance(way, Driver) else {}
    waits.clear()
    before_s, cpu_before_s = time.perf_counter(), _cpu_s()
    await way.stage(volumes, kind)
    took = Took(time.perf_counter() - before_s, _cpu_s() - cpu_before_s, max(waits.values(), default=0.0))
    await way.unstage(volumes)
    return took


def _cpu_s() -> float:
    """Give the CPU time of this process and of its children that have ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _report(case: str, driver: list[Took], script: list[Took]) -> bool:
    ours, theirs = (Took(*(min(column) for column in zip(*rows, strict=True))) for rows in (driver, script))
    _print(
        f"{case:18} driver {1000 * ours.s:7.1f} ms, {1000 * ours.waited_s:.1f} of it for the state file"
        f"   script {1000 * theirs.s:7.1f} ms   ratio {ours.s / theirs.s:.2f}"
        f"   (CPU {1000 * ours.cpu_s:.0f} and {1000 * theirs.cpu_s:.0f} ms, ratio {ours.cpu_s / theirs.cpu_s:.2f})"
    )
    return ours.s / theirs.s <= MOST_RATIO


async def compare_children(folder: Path) -> bool:
    """Count the children of each, once, and print them."""
    started: list[str] = []

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event == "os.posix_spawn" and Path(str(arguments[0])).exists():  # it is looked for in several folders
            started.append(str(arguments[0]))

    sys.addaudithook(note)
    driver, script, fine = Driver(folder), Script(), True
    ours, theirs = (make_volumes(folder, 1, prefix) for prefix in ("count-driver", "count-script"))
    for kind, text in SCRIPTS.items():
        started.clear()
        await driver.stage(ours, kind)
        children = len(started)
        await driver.unstage(ours)
        others = await _count_children(text, str(theirs[0].file), theirs[0].path)
        await script.unstage(theirs)
        _print(f"{kind:24} driver {children:4} children   script {others:4} children")
        fine = fine and children <= others
    return fine


async def _count_children(script: str, *arguments: str) -> int:
    """Run a script where process ids are counted from 1, and ask for the next at the end."""
    counting = ("unshare", "--pid", "--fork", "sh", "-c", f"{script}sh -c 'echo $$ >&3' 3>&1", "sh", *arguments)
    said = await asyncio.to_thread(
        subprocess.run, counting, check=True, capture_output=True, text=True, env=ENVIRONMENT
    )
    return int(said.stdout.split()[-1]) - 2  # the shell itself, and the one that was asked


async def _run_shell(script: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - the script is what the driver is measured against
        "sh", "-c", script, "sh", *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT
    )
    _, said = await process.communicate()
    if process.returncode:
        message = f"the script failed: {said.decode()}"
        raise RuntimeError(message)


def ensure_own_namespace() -> None:
    """Begin anew as in a container: as the first process, and where nobody copies our mounts."""
    mark = "--here"
    if mark in sys.argv:
        sys.argv.remove(mark)
        return
    unshare = shutil.which("unshare") or "unshare"
    own = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"]
    os.execv(unshare, ["unshare", *own, sys.executable, *sys.argv, mark])  # noqa: S606


async def main() -> int:
    """Compare, and say whether the bars hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--at-once", type=int, default=32)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rds-csi-staging-") as name:
        folder = await asyncio.to_thread(Path(name).resolve)
        await asyncio.to_thread((folder / "exports").mkdir)
        fine = [await compare_children(folder), await compare(folder, options.rounds, 1)]
        fine.append(await compare(folder, max(3, options.rounds // 5), options.at_once))
    _print("the bars hold" if all(fine) else f"a bar is missed: more children, or more than {MOST_RATIO} times as long")
    return 0 if all(fine) else 1


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    ensure_own_namespace()
    if sys.version_info < (3, 12):
        asyncio.set_child_watcher(asyncio.PidfdChildWatcher())  # else the script pays for a thread
    sys.exit(asyncio.run(main()))
