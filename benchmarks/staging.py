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
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from ways import ENVIRONMENT, SCRIPTS, Driver, Script, Volume, make_volumes

MOST_RATIO = 1.3


class Took(NamedTuple):
    """What staging took: time, CPU time of all, and the longest that one volume waited for its state file."""

    s: float
    cpu_s: float
    waited_s: float


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
