"""How fast volumes are made and removed, and what holds the driver's loop meanwhile.

    python benchmarks/provisioning.py [--short] [--volumes N] [--disks N]

1,000 CreateVolume and then as many DeleteVolume, 100 at a time, by gRPC, in processes of their own: a client, the
driver, and a simulator that takes the time of an RDS2216. Once each with both models of how an appliance orders
changes; once more, shorter, with 10,000 other volumes there; and once as a driver does it that sends each step as a
command of its own on one channel (`plain`), for a tenth of the volumes. A call that is told to come back is made again,
as a provisioner does. `--short`: a tenth of all that.

Exits 1 when a bar is missed. Overlapping: creates at 8 times the plain rate and at 80 % of what the channels allow (how
long the appliance says that its lines took, over the channels for changes); serialised: in no more than 1.15 times what
the changes took. Always: no turn of the loop above 20 ms of CPU, 1 login, at most 5 listings.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grpclib import GRPCError
from grpclib.const import Status

from plain import CHANNELS, be_plain
from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.routeros.settings import Limits
from rig import POOL, Measured, ask, count, driven, simulated, write_appliance

AT_ONCE = 100
TIMEOUT_S = 150.0  # as the chart has it for the sidecars
SPEED_UP, SHARE, EXCESS, STALL_S, LISTINGS = 8.0, 0.8, 1.15, 0.02, 5
AGAIN = {Status.ABORTED, Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED}
MODE = wire.VolumeCapabilityAccessMode(wire.VolumeCapabilityAccessModeMode(1))  # SINGLE_NODE_WRITER
CAPABILITY = wire.VolumeCapability(mount=wire.VolumeCapabilityMountVolume(), access_mode=MODE)
Call = Callable[[CsiClient, int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Case:
    """One run."""

    scheduling: str
    volumes: int
    disks: int = 0
    plain: bool = False

    @property
    def channels(self) -> int:
        """How many lines may change something at once."""
        limits = CHANNELS if self.plain else Limits()
        return limits.channels - limits.urgent_channels

    @property
    def title(self) -> str:
        """What it is called."""
        others = f", {self.disks} other disks" if self.disks else ""
        return f"{'plain' if self.plain else self.scheduling}, {self.volumes} volumes{others}"


@dataclass(slots=True)
class Phase:
    """What came of many calls of one kind; `spent` is what the simulator counted meanwhile."""

    name: str
    took_s: float = 0.0
    times_s: list[float] = field(default_factory=list)
    retries: int = 0
    spent: dict[str, float] = field(default_factory=dict)
    driver: Measured = field(default_factory=lambda: Measured(0, 0, 0, 0))

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.times_s) / self.took_s

    def share(self, channels: int) -> float:
        """Tell how much of the rate that so many channels allow was reached."""
        return self.spent["took_s"] / channels / self.took_s

    @property
    def excess(self) -> float:
        """Tell how many times as long it took as the changes by themselves."""
        return self.took_s / self.spent["changes_took_s"]


async def make(client: CsiClient, number: int) -> None:
    """Make a volume."""
    request = wire.CreateVolumeRequest(
        name=f"pvc-{number:08d}-6f0e-4b7e-9c51-3a0e6b7f1d12",
        capacity_range=wire.CapacityRange(required_bytes=GIB),
        volume_capabilities=[CAPABILITY],
        parameters={"appliance": "mock", "pool": POOL},
    )
    IDS[number] = (await client.controller.create_volume(request, timeout=TIMEOUT_S)).volume.volume_id


async def remove(client: CsiClient, number: int) -> None:
    """Remove it."""
    request = wire.DeleteVolumeRequest(volume_id=IDS.pop(number))
    await client.controller.delete_volume(request, timeout=TIMEOUT_S)


IDS: dict[int, str] = {}


async def call_all(path: Path, volumes: int, call: Call, phase: Phase) -> None:
    """Call for each volume, so many at a time, until all is done; write down how long each took, retries included."""
    numbers = iter(range(volumes))

    async def work(client: CsiClient) -> None:
        for number in numbers:
            began_s = time.perf_counter()
            while not await is_done(client, number):
                phase.retries += 1
                await asyncio.sleep(1)
            phase.times_s.append(time.perf_counter() - began_s)

    async def is_done(client: CsiClient, number: int) -> bool:
        try:
            await call(client, number)
        except GRPCError as error:
            if error.status not in AGAIN:
                raise
            return False
        return True

    async with connect(path) as client, asyncio.TaskGroup() as group:
        began_s = time.perf_counter()
        tasks = [group.create_task(work(client)) for _ in range(min(AT_ONCE, volumes))]
        await asyncio.gather(*tasks)
        phase.took_s = time.perf_counter() - began_s


def run(case: Case) -> list[Phase]:
    """Run one case; give what came of its phases."""
    phases = [Phase("create"), Phase("delete")]
    words = ("--profile", "rds2216", "--scheduling", case.scheduling, "--seed", "1")
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        if case.disks:
            write_appliance(folder / "appliance", case.disks)
        with simulated(folder, *words), driven(folder, be_plain if case.plain else None) as pipe:
            time.sleep(2)  # while the driver greets the appliance
            for phase, call in zip(phases, (make, remove), strict=True):
                before = totals(count(folder))
                ask(pipe)
                asyncio.run(call_all(folder / "csi.sock", case.volumes, call, phase))
                phase.driver = ask(pipe)
                after = totals(count(folder))
                phase.spent = {name: after[name] - before[name] for name in after}
                phase.spent["logins"] = after["logins"]  # of the whole run so far
    return phases


def totals(counted: Any) -> dict[str, float]:  # noqa: ANN401 - as JSON has it
    """Pick what is told here from the simulator's counters."""
    return {
        "logins": counted["logins"],
        "commands": counted["commands"],
        "listings": sum(counted["listings"].values()),
        "took_s": counted["took_ms"] / 1000,
        "changes_took_s": counted["changes_took_ms"] / 1000,
    }


def report(case: Case, phases: list[Phase]) -> None:
    """Print what came of a case."""
    _print(case.title)
    for phase in phases:
        cuts = statistics.quantiles(phase.times_s, n=100)
        spent, calls = phase.spent, len(phase.times_s)
        _print(
            f"  {phase.name}: {phase.rate:.2f}/s, p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s,"
            f" {phase.retries} retries;"
            f" {spent['commands'] / calls:.3f} commands each, {spent['listings']:.0f} listings,"
            f" {spent['logins']:.0f} logins"
        )
        _print(
            f"    {phase.share(case.channels):.1%} of what {case.channels} channels allow,"
            f" {phase.excess:.2f} times what the changes took;"
            f" driver: longest turn {phase.driver.longest_s * 1e3:.1f} ms of CPU,"
            f" {phase.driver.cpu_s / calls * 1e3:.1f} ms each, {phase.driver.resident_kib / 1024:.0f} MiB resident"
        )


def judge(done: dict[Case, list[Phase]]) -> list[str]:
    """Name the bars that are missed."""
    missed = []
    plain = next(phases[0].rate for case, phases in done.items() if case.plain)
    for case, phases in done.items():
        create = phases[0]
        measures = {f"a turn of {phase.name} (s)": (phase.driver.longest_s, STALL_S) for phase in phases}
        measures["logins"] = (phases[-1].spent["logins"], 1)
        measures["listings while creating"] = (create.spent["listings"], LISTINGS)
        if case.scheduling == "serialised":
            measures["times what the changes took"] = (create.excess, EXCESS)
        elif not case.plain:
            measures["plain creates in the time of one"] = (-create.rate / plain, -SPEED_UP)
            measures["share of what the channels allow"] = (-create.share(case.channels), -SHARE)
            _print(f"{case.title}: {create.rate / plain:.2f} times the plain rate")
        missed += [
            f"{case.title}: {what}: {abs(is_):.3g}, the bar is {abs(bar):g}"
            for what, (is_, bar) in measures.items()
            if is_ > bar and not case.plain
        ]
    return missed


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="a tenth of the volumes")
    parser.add_argument("--volumes", type=int, default=1000)
    parser.add_argument("--disks", type=int, default=10_000, help="how many others there are, where there are others")
    arguments = parser.parse_args()
    volumes = arguments.volumes // 10 if arguments.short else arguments.volumes
    few = max(volumes // 10, 20)
    cases = [Case("overlapping", few, plain=True)]
    cases += [Case(order, volumes) for order in ("overlapping", "serialised")]
    cases += [Case(order, few, arguments.disks) for order in ("overlapping", "serialised")]
    done: dict[Case, list[Phase]] = {}
    for case in cases:
        done[case] = run(case)
        report(case, done[case])
    missed = judge(done)
    for each in missed:
        _print(f"MISSED {each}")
    return 1 if missed else 0


def _print(line: str) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
