"""The driver, and the simulator that serves over real NVMe/TCP, in the guest.

A scenario is a test below `tests/vm`, marked `vm`, that takes the fixture `rig`; with `kind` it is run once, for ext4
or the kind that its mark `kind` names, or, with `--whole`, once for each kind of volume. In it:

    async def test_a_target_that_comes_back(rig: VmRig, kind: str) -> None:
        life = await rig.begin(kind)                   # both processes run; a pod has written into a new volume
        await rig.take_exports_away()                  # and `bring_exports_back`, whole or some of them first
        await rig.kill_driver()                        # and `start_driver`, as in tests.e2e.rig
        await life.live(LEAVE)                         # steps of a life, each checked from the outside
        await rig.end(life)                            # the data is as written, and nothing is left of the volume

`life.volume` makes single calls (tests.e2e.calls), `rig.client()` is whom they go to; `rig.find(volume)` is what the
kernel shows of it, `rig.measure(metric)` what the driver tells, `rig.run(...)` a program of the machine's.
`rig.mounted_elsewhere(volume)` is another node, played on the same kernel: a second driver would take what it sees of
the first one for its own. Waiting is `poll` (rds_csi_async.host.polling). A rig starts in seconds, so each scenario has
its own.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.host.nvme import NvmeConnections
from rds_csi_async.host.polling import poll
from rds_csi_async.host.process import Programs
from rds_csi_async.host.sysfs import Subsystem, list_subsystems
from tests.e2e import pods
from tests.e2e.calls import VolumeCalls
from tests.e2e.lives import Life
from tests.e2e.rig import Process, Rig
from tests.e2e.traces import list_left
from tests.vm.forks import launch

WHOLE = "RDS_CSI_VM_WHOLE" in os.environ  # noqa: TID251  # a switch of the test run, not a setting of the driver
KINDS = ("ext4", "xfs", "btrfs", "block")
ENTER = ("open", "stage", "publish")
LEAVE = ("unpublish", "unstage", "close")
WAIT_S = 60.0
PATIENCE_S = 600.0
MAY_STILL_RUN = {Status.UNAVAILABLE, Status.ABORTED, Status.DEADLINE_EXCEEDED}
FIRST_THAT_GIVES_UP = (6, 12)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class VmRig(Rig):
    """See the module. `nvme` is the driver's table of that name, `ports` over how many it spreads volumes.

    It looks after its volumes every `scan_interval_s` seconds; as it is, no scenario lasts so long.
    """

    nvme: dict[str, int] = field(default_factory=lambda: {"reconnect_delay_s": 1})
    ports: int = 1
    scan_interval_s: int = 3600
    _programs: Programs = field(default_factory=Programs)

    async def start_simulator(self, *more: str, port: int = 0) -> None:
        """See `Rig`: it serves over NVMe/TCP."""
        await super().start_simulator("--export", "nvmet", *more, port=port)

    async def start_driver(self, **settings: str) -> None:
        """See `Rig`: it attaches over NVMe/TCP."""
        config = self.folder / "driver.toml"
        written = (await asyncio.to_thread(self.config.read_text)).replace(
            "[appliances.mock]\n", f"[appliances.mock]\nnvme_port_count = {self.ports}\n"
        )
        table = "".join(f"{key} = {value}\n" for key, value in self.nvme.items())
        await asyncio.to_thread(config.write_text, f"{written}\n[nvme]\n{table}")
        given = {"fabric": "nvme", "config": str(config), "scan_interval_s": str(self.scan_interval_s)} | settings
        await super().start_driver(**given)

    async def begin(self, kind: str = "ext4") -> Life:
        """Start what does not run yet, and have a pod write into a new volume."""
        if self.simulator is None:
            await self.start_simulator()
        if self.driver is None:
            await self.start_driver()
        life = await self.new_life(kind)
        await life.live(["create", *ENTER])
        return life

    async def new_life(self, kind: str = "ext4") -> Life:
        """Give a volume that nobody has made yet."""
        volume = VolumeCalls(self.kubelet, kind, node_name=self.node_name)
        await asyncio.to_thread(volume.prepare)
        return Life(self, volume)

    async def end(self, *lives: Life) -> None:
        """See the data once more, as the appliance has it, then leave; nothing is left of the volumes."""
        await self.drop_caches()
        for life in lives:
            assert await asyncio.to_thread(pods.checksum, life.volume.target) == life.written
            await life.live([*LEAVE, "delete"])
            assert await asyncio.to_thread(list_left, self, life.volume.slot, life.volume.name) == []

    async def insist(self, call: Callable[[], Awaitable[None]]) -> None:
        """Make a call, again and again as kubelet does while the answer says that it may still be done."""
        assert await poll(partial(_may_be_through, call), until=bool, timeout_s=PATIENCE_S)

    @asynccontextmanager
    async def mounted_elsewhere(self, volume: VolumeCalls) -> AsyncIterator[Path]:
        """Be another node that has been let in (`open`): attach the volume as that one, and mount it.

        Not for Btrfs, of which one kernel mounts no second device of the same identity.
        """
        context, folder = volume.context, self.folder / volume.node_name
        host = Host(context["hostNqn"], context["hostId"])
        target = Target(context["nqn"], context["address"], int(context["port"]), host, int(context["sizeBytes"]))
        connection = await NvmeConnections(self._programs).connect(target)
        if volume.kind == "block":
            yield Path(connection.device)
        else:
            await asyncio.to_thread(folder.mkdir)
            options = ["-o", "nouuid"] if volume.kind == "xfs" else []  # the other one has the same, on this machine
            await self.run("mount", "-t", volume.kind, *options, connection.device, str(folder))
            yield folder
            await self.run("umount", str(folder))
        await NvmeConnections(self._programs).disconnect(target.nqn)

    async def take_exports_away(self) -> None:
        """Have every port closed, as when the appliance reboots."""
        assert (await self.control({"do": "exports", "up": False}))["ok"]

    async def bring_exports_back(self, *only: str) -> None:
        """Have everything exported again, or only these NQNs for now."""
        assert (await self.control({"do": "exports", "up": True, "only": only}))["ok"]

    async def find(self, volume: VolumeCalls) -> Subsystem | None:
        """Give what the kernel has of a volume's present name."""
        nqn = volume.context["nqn"]
        listed = await asyncio.to_thread(list_subsystems, Path("/sys"), nqn)
        return next((each for each in listed if each.is_connected), None)

    async def wait_state(self, volume: VolumeCalls, state: str) -> None:
        """Wait until the volume's one controller is in this state; `gone` is without one."""

        async def look() -> str:
            found = await self.find(volume)
            states = [each.state for each in found.controllers] if found is not None else []
            return " ".join(states) or "gone"

        seen = await poll(look, until=lambda now: now == state, timeout_s=WAIT_S)
        assert seen == state, f"it is {seen}"

    async def measure(self, name: str) -> float:
        """Give what the driver tells of a metric, all its labels together."""
        reader, writer = await asyncio.open_connection(*(await asyncio.to_thread(self._metrics_address)))
        writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
        lines = (await reader.read()).decode().splitlines()
        writer.close()
        return sum(float(line.split()[-1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    async def wait_measured(self, name: str, value: float, timeout_s: float = WAIT_S) -> None:
        """Wait until the driver tells this of a metric."""
        seen = await poll(lambda: self.measure(name), until=lambda now: now == value, timeout_s=timeout_s)
        assert seen == value, f"{name} is {seen:g}"

    async def is_newer(self) -> bool:
        """Tell whether this kernel gives a controller up at its target's first refusal, as Linux 6.12 does."""
        release = await asyncio.to_thread(Path("/proc/sys/kernel/osrelease").read_text)
        return tuple(map(int, release.split(".")[:2])) >= FIRST_THAT_GIVES_UP

    async def run(self, *argv: str) -> str:
        """Run a program that has to succeed; give what it said."""
        return (await self._programs.run(argv, timeout_s=WAIT_S)).ensure_success().stdout

    async def drop_caches(self) -> None:
        """Have the kernel forget what it read, so that the next look is at the devices. What is dirty stays so."""
        await asyncio.to_thread(Path("/proc/sys/vm/drop_caches").write_text, "3")

    def _metrics_address(self) -> tuple[str, int]:
        host, _, port = self.metrics_address.rpartition(":")
        return host, int(port)

    async def _start(self, name: str, *arguments: str) -> Process:
        environment = {"PATH": _PATH, "HOME": str(self.folder)}
        return await launch(arguments, self.folder / f"{name}.log", environment)


async def _may_be_through(call: Callable[[], Awaitable[None]]) -> bool:
    try:
        await call()
    except GRPCError as error:
        if error.status not in MAY_STILL_RUN:
            raise
        return False
    except TimeoutError:  # the call's own, which ends no operation
        return False
    return True
