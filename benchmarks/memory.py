"""How much memory the driver holds when it idles, against an interpreter that has only imported what it is built on.

    python benchmarks/memory.py [--idle SECONDS] [--rounds N]

Each is a process of its own: `rds-csi run` in controller mode, connected to a simulator, and in node mode; and one that
imports the third-party packages and generated messages that this mode needs, and waits. Medians over the rounds. Exits
1 when a mode holds more than 1.25 times the other's resident memory, or when node mode loads what talks to appliances.
"""

import argparse
import json
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

LIMIT = 1.25
START_S = 60
NODE_PACKAGES = (
    "grpclib.server", "betterproto", "rds_csi_async.csi.generated.csi.v1", "aiohttp.web", "aioprometheus", "structlog",
)  # fmt: skip
PACKAGES = {"controller": (*NODE_PACKAGES, "asyncssh"), "node": NODE_PACKAGES}
UNWANTED = re.compile(r"\| +(asyncssh|cryptography|rds_csi_async\.(routeros|simulator))\b")
CLI = ("-m", "rds_csi_async.app.cli")


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds, in kB: all that is resident, and its share of that."""

    rss: int
    pss: int


@contextmanager
def running(folder: Path, name: str, words: Sequence[str], *, there: Path) -> Iterator[int]:
    """Run a Python process until the context ends, once it has made a file; give its process id."""
    there.unlink(missing_ok=True)
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, *words], stdout=output, stderr=output)  # noqa: S603 - our own words
    try:
        wait_for(there, process, log)
        yield process.pid
    finally:
        process.terminate()
        process.wait(START_S)


def wait_for(there: Path, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a file is there.

    Raises:
        RuntimeError: the process does not make it; what it said is in the message.

    """
    ends_s = time.monotonic() + START_S
    while not there.exists():
        if process.poll() is not None or time.monotonic() > ends_s:
            message = f"{there} does not appear: {log.read_text()[-2000:]}"
            raise RuntimeError(message)
        time.sleep(0.05)


def simulate(folder: Path) -> tuple[str, ...]:
    """Give the words that start a simulator."""
    return (*CLI, "simulate", "--root", str(folder / "appliance"), "--port", "0")


def run_driver(folder: Path, mode: str) -> tuple[str, ...]:
    """Give the words that start a driver."""
    flags = {
        "mode": mode, "endpoint": f"unix://{folder / mode}.sock", "cluster-id": "benchmark",
        "http-address": "127.0.0.1:0", "config": str(folder / "appliance" / "rds-csi.toml"),
    }  # fmt: skip
    if mode == "node":
        flags |= {
            "node-name": "worker", "kubelet-dir": str(folder / "kubelet"),
            "fabric": f"loop:{folder / 'appliance' / 'exports'}", "config": str(folder / "node.toml"),
        }  # fmt: skip
    return (*CLI, "run", *(word for key, value in flags.items() for word in (f"--{key}", value)))


def import_only(folder: Path, mode: str) -> tuple[str, ...]:
    """Give the words that start an interpreter which imports and waits."""
    code = f"import pathlib, time, {', '.join(PACKAGES[mode])}; pathlib.Path({str(folder / 'imported')!r}).touch()"
    return ("-c", f"{code}; time.sleep(1e6)")


def look_at(process_id: int, idle_s: float) -> Held:
    """Let a process idle, and look what it holds."""
    time.sleep(idle_s)
    text = Path(f"/proc/{process_id}/smaps_rollup").read_text()
    return Held(*(int(re.findall(rf"^{name}: +(\d+) kB", text, re.MULTILINE)[0]) for name in ("Rss", "Pss")))


def measure(folder: Path, mode: str, idle_s: float) -> tuple[Held, Held]:
    """Give what the driver holds in a mode, and what the imports alone hold."""
    with running(folder, mode, run_driver(folder, mode), there=folder / f"{mode}.sock") as process_id:
        ours = look_at(process_id, idle_s)
    with running(folder, "imports", import_only(folder, mode), there=folder / "imported") as process_id:
        return ours, look_at(process_id, idle_s)


def count_logins(control: Path) -> int:
    """Ask the simulator how many logins it has seen: the controller's memory is that of a connected one."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(control))
        connection.sendall(b'{"do": "counters"}\n')
        with connection.makefile() as answers:
            return int(json.loads(answers.readline())["logins"])


def find_unwanted(folder: Path) -> list[str]:
    """List what a node loads of what talks to appliances, by the interpreter's own record of its imports."""
    words = ("-X", "importtime", *run_driver(folder, "node"))
    with running(folder, "imports-of-node", words, there=folder / "node.sock"):
        time.sleep(1)
    imported = (folder / "imports-of-node.log").read_text()
    if "rds_csi_async.app.node_wiring" not in imported:
        message = "the interpreter has recorded no imports"
        raise RuntimeError(message)
    return sorted({line.rpartition("|")[2].strip() for line in imported.splitlines() if UNWANTED.search(line)})


def judge(mode: str, taken: Sequence[tuple[Held, Held]]) -> bool:
    """Print a mode's figures; tell whether they are within the limit."""
    fields = {"RSS": [(o.rss, b.rss) for o, b in taken], "PSS": [(o.pss, b.pss) for o, b in taken]}
    ratios: dict[str, float] = {}
    for name, pairs in fields.items():
        ours, bare = (statistics.median(each) for each in zip(*pairs, strict=True))
        ratios[name] = ours / bare
        limit = f", at most {LIMIT}" if name == "RSS" else ""
        _print(f"{mode:10} {name} {ours / 1024:5.1f} MiB, imports alone {bare / 1024:5.1f} MiB")
        _print(f"{'':10} ratio {ratios[name]:.3f}{limit}")
    return ratios["RSS"] <= LIMIT


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--idle", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "kubelet").mkdir()
        (folder / "node.toml").touch()
        ready = folder / "appliance" / "rds-csi.toml"
        with running(folder, "simulator", simulate(folder), there=ready):
            taken = {
                mode: [measure(folder, mode, arguments.idle) for _ in range(arguments.rounds)] for mode in PACKAGES
            }
            logins = count_logins(folder / "appliance" / "control.sock")
            unwanted = find_unwanted(folder)
    good = [judge(mode, each) for mode, each in taken.items()]
    _print(f"the controller logged in {logins} times in {arguments.rounds} rounds")
    _print(f"a node loads, of what talks to appliances: {', '.join(unwanted) or 'nothing'}")
    return int(not all(good) or logins < arguments.rounds or bool(unwanted))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
