"""A simulated appliance, and drivers in front of it: each with its own SSH connection, memory and gRPC socket."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rds_csi_async.csi.controller import Controller, ControllerServices
from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import ApplianceSettings, Limits
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.attachment_metering import AttachmentMetering
from rds_csi_async.services.expanding import Expanding
from rds_csi_async.services.listing import Listing
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.provisioning import Provisioning
from rds_csi_async.services.publishing import Publishing
from rds_csi_async.services.validating import Validating
from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.pools import PoolSettings as SimulatedPool
from rds_csi_async.simulator.settings import SimulatorSettings
from tests.csi.serving import CLUSTER, serving
from tests.fakes.events import FakeEvents
from tests.fakes.telemetry import FakeTelemetry
from tests.faults.drawing import KEY, POOLS
from tests.faults.facts import Disk, pool_of

if TYPE_CHECKING:
    from rds_csi_async.csi import wire

RESERVE_BYTES: Final = GIB
_POOL_BYTES: Final = 12 * GIB  # a handful of volumes fills it
_UUIDS: Final = ("40437dbc-2318-45dc-817b-b3bb95cf48ab", "1c1ec1d5-ee3c-4d1c-b2d9-20ee53a2c1b2")
_PASSWORD: Final = "secret"  # noqa: S105 - of a simulator that lives for one run
_LIMITS: Final = Limits(
    connect_timeout_s=2, login_timeout_s=2, channel_timeout_s=2, command_timeout_s=10, wait_timeout_s=2,
    alive_interval_s=5, alive_timeout_s=0.3, shortest_pause_s=0.01, longest_pause_s=0.05,
)  # fmt: skip


class Driver:
    """One controller, from its socket to its SSH connection; it can die at any moment, and begin anew."""

    def __init__(self, socket: Path, settings: ApplianceSettings) -> None:
        self._socket = socket
        self._settings = settings
        self._life = AsyncExitStack()
        self.client: wire.ControllerStub
        self.operations: Operations

    async def start(self) -> None:
        """Begin, remembering nothing."""
        supervisor, writer = Supervisor(), secrets.token_hex(4)
        console = SshConsole(self._settings)
        supervisor.start_endless("keep connected", console.keep_connected())
        rds = RouterOsRds(self._settings, console)
        appliances = Appliances(CLUSTER, [Appliance(KEY, rds, "192.0.2.20", POOLS)])
        metering = AttachmentMetering(FakeTelemetry())
        services = ControllerServices(
            Provisioning(appliances, writer),
            Publishing(appliances, writer, lambda: secrets.token_hex(8), FakeEvents(), metering),
            Expanding(appliances, writer),
            Listing(appliances),
            Validating(appliances),
        )
        limits = self._settings.limits
        self.operations = Operations(supervisor, {KEY: 2 * (limits.channels - limits.urgent_channels)})
        controller = Controller(CLUSTER, self.operations, services)
        self._life = AsyncExitStack()
        self._life.push_async_callback(supervisor.drain, 0)
        self.client = (await self._life.enter_async_context(serving(self._socket, [controller]))).controller

    async def stop(self) -> None:
        """Break off what is under way where it is."""
        await self._life.aclose()


@dataclass
class Rig:
    """The appliance, and those who work with it."""

    box: Simulator
    drivers: list[Driver]

    def measure(self, disks: Iterable[Disk]) -> Mapping[str, int]:
        """Tell how many bytes of each pool are free just now, and not promised to a disk either."""
        promised = dict.fromkeys(POOLS, 0)
        for disk in disks:
            promised[pool_of(disk.path)] += disk.size_bytes
        return {
            name: min(pool.free_bytes, pool.settings.size_bytes - promised[name])
            for name, pool in self.box.pools.by_name.items()
        }

    async def settle(self) -> None:
        """Wait until nothing is under way any more, neither here nor there: each operation has a deadline."""
        while any(len(driver.operations) for driver in self.drivers) or self.box.counters.running:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.002)


@asynccontextmanager
async def rigged(root: Path, seed: int, drivers: int = 2) -> AsyncIterator[Rig]:
    """Start all of it on a folder."""
    file_systems = zip(POOLS, ("btrfs", "ext4"), _UUIDS, strict=True)
    pools = tuple(SimulatedPool(name, fs, _POOL_BYTES, uuid) for name, fs, uuid in file_systems)
    password_file = root / "password"
    await asyncio.to_thread(password_file.write_text, _PASSWORD)
    async with AsyncExitStack() as stack:
        box = Simulator(SimulatorSettings(root / "rds", pools, password=_PASSWORD, seed=seed))
        await stack.enter_async_context(box)
        settings = ApplianceSettings(
            "127.0.0.1",
            "admin",
            (box.host_key_public,),
            tuple(PoolSettings(pool.name, pool.name, pool.fs_uuid, reserve_bytes=RESERVE_BYTES) for pool in pools),
            box.port,
            password_file=password_file,
            limits=_LIMITS,
        )
        rig = Rig(box, [])
        for number in range(drivers):
            driver = Driver(root / f"csi-{number}.sock", settings)
            await driver.start()
            stack.push_async_callback(driver.stop)
            rig.drivers.append(driver)
        yield rig
