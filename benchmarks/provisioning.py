"""How fast volumes are made and removed, and what holds the driver's loop meanwhile.

    python benchmarks/provisioning.py [--short] [--volumes N] [--disks N]

1,000 CreateVolume and then as many DeleteVolume, 100 at a time, by gRPC, in processes of their own: a client, the
driver, and a simulator that takes the time of an RDS2216. Once each with both models of how an appliance orders
changes; once more, for a tenth of the volumes, with 10,000 others there, which are listed first; and once as a driver
does it that sends each step as a command of its own on one channel (`plain`). A call that is told to come back is made
again, as a provisioner does. `--short`: a look that takes three minutes, and judges nothing.

Exits 1 when a bar is missed. Overlapping: creates at 8 times the plain rate and at 80 % of what the channels allow (how
long the appliance says that its lines took, over the channels for changes); serialised: in no more than 1.15 times what
the changes took. Always: no turn of the loop above 20 ms of CPU, 1 login, at most 5 listings while creating. Rates are
those of a machine with nothing else to do: how long driver and simulator waited for a CPU stands beside them.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from grpclib import GRPCError
from grpclib.const import Status

from plain import be_plain
from provisioned import Case, Phase, judge, report, write
from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.domain.sizes import GIB
from rig import POOL, ask, count, driven, simulated, waited_s, write_appliance

AT_ONCE = 100
TIMEOUT_S = 150.0  # as the chart has it for the sidecars
SHORT_VOLUMES, SHORT_DISKS = 40, 1000
AGAIN = {Status.ABORTED, Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED}
MODE = wire.VolumeCapabilityAccessMode(wire.VolumeCapabilityAccessModeMode(1))  # SINGLE_NODE_WRITER
CAPABILITY = wire.VolumeCapability(mount=wire.VolumeCapabilityMountVolume(), access_mode=MODE)
Call = Callable[[CsiClient, int], Awaitable[object]]


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


async def walk(client: CsiClient, _: int) -> None:
    """List all that are there."""
    token, begun = "", False
    while token or not begun:
        request = wire.ListVolumesRequest(starting_token=token)
        token, begun = (await client.controller.list_volumes(request, timeout=TIMEOUT_S)).next_token, True


IDS: dict[int, str] = {}


async def call_all(path: Path, *, volumes: int, call: Call, phase: Phase) -> None:
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
    calls: dict[str, tuple[Call, int]] = {"list": (walk, 1)} if case.disks else {}
    calls |= {"create": (make, case.volumes), "delete": (remove, case.volumes)}
    words = ("--profile", "rds2216", "--scheduling", case.scheduling, "--seed", "1")
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        if case.disks:
            write_appliance(folder / "appliance", case.disks)
        with simulated(folder, *words) as simulator, driven(folder, be_plain if case.plain else None) as pipe:
            time.sleep(2)  # while the driver greets the appliance
            return [
                run_phase(Phase(name), folder, pipe, simulator, partial(call_all, call=call, volumes=volumes))
                for name, (call, volumes) in calls.items()
            ]


def run_phase(
    phase: Phase, folder: Path, pipe: Connection, simulator: int, live: Callable[..., Coroutine[Any, Any, None]]
) -> Phase:
    """Make the calls of one kind, and ask driver and simulator what came of it."""
    before, waited_before_s = totals(count(folder)), waited_s(simulator)
    ask(pipe)
    asyncio.run(live(folder / "csi.sock", phase=phase))
    phase.driver = ask(pipe)
    after = totals(count(folder))
    phase.spent = {name: after[name] - before[name] for name in after}
    phase.spent["logins"] = after["logins"]  # of the whole run so far
    phase.spent["waited_s"] = waited_s(simulator) - waited_before_s
    return phase


def totals(counted: Any) -> dict[str, float]:  # noqa: ANN401 - as JSON has it
    """Pick what is told here from the simulator's counters."""
    return {
        "logins": counted["logins"],
        "commands": counted["commands"],
        "listings": sum(counted["listings"].values()),
        "took_s": counted["took_ms"] / 1000,
        "changes_took_s": counted["changes_took_ms"] / 1000,
    }


def list_cases(volumes: int, disks: int) -> list[Case]:
    """List what is run."""
    few = max(volumes // 10, 20)
    cases = [Case("overlapping", few, plain=True)]
    cases += [Case(order, volumes) for order in ("overlapping", "serialised")]
    return cases + [Case(order, few, disks) for order in ("overlapping", "serialised")]


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="a quick look: fewer of everything, and nothing is judged")
    parser.add_argument("--volumes", type=int, default=1000)
    parser.add_argument("--disks", type=int, default=10_000, help="how many others there are, where there are others")
    arguments = parser.parse_args()
    volumes = SHORT_VOLUMES if arguments.short else arguments.volumes
    done: dict[Case, list[Phase]] = {}
    for case in list_cases(volumes, SHORT_DISKS if arguments.short else arguments.disks):
        done[case] = run(case)
        report(case, done[case])
    missed = judge(done)
    for each in missed:
        write(f"{'not judged:' if arguments.short else 'MISSED'} {each}")
    return 1 if missed and not arguments.short else 0


if __name__ == "__main__":
    sys.exit(main())
