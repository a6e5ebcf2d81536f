"""The adapter connected to a simulator: what tests that need a whole appliance start from."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import ApplianceSettings, Limits
from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.pools import PoolSettings as SimulatedPool
from rds_csi_async.simulator.quirks import NO_QUIRK, Quirk
from rds_csi_async.simulator.settings import SimulatorSettings

POOL: Final = "pool1"
UUID: Final = "40437dbc-2318-45dc-817b-b3bb95cf48ab"
SPARE: Final = "pool2"  # the second pool of those that have two: of ext4, 10 GiB, of which 1 GiB is not to be touched
_SPARE_UUID: Final = "1c1ec1d5-ee3c-4d1c-b2d9-20ee53a2c1b2"
_PASSWORD: Final = "secret"  # noqa: S105 - of a simulator that lives for one test
_LIMITS: Final = Limits(command_timeout_s=20, shortest_pause_s=0.01, longest_pause_s=0.02)


@dataclass(frozen=True, slots=True)
class Appliance:
    """A simulator, the adapter that works with it, and a console for its administrator."""

    simulator: Simulator
    rds: RouterOsRds
    console: SshConsole
    settings: ApplianceSettings

    async def type(self, line: str) -> str:
        """Run a line as the administrator."""
        return await self.console.run(line, mutating=True)


@asynccontextmanager
async def connected(  # noqa: PLR0913 - a usual one, but for what is said
    root: Path,
    fs: str = "ext4",
    version: str = "7.23.3 (stable)",
    limits: Limits = _LIMITS,
    quirk: Quirk = NO_QUIRK,
    *,
    spare: bool = False,
) -> AsyncIterator[Appliance]:
    """Start a simulator of one pool of 100 GiB, or with a spare one too, and connect to it."""
    pools = (SimulatedPool(POOL, fs, 100 * GIB, UUID), SimulatedPool(SPARE, "ext4", 10 * GIB, _SPARE_UUID))[: 1 + spare]
    configured = (PoolSettings(POOL, POOL, UUID), PoolSettings(SPARE, SPARE, _SPARE_UUID, reserve_bytes=GIB))
    simulated = SimulatorSettings(root / "rds", pools, password=_PASSWORD, version=version)
    password_file = root / "password"
    await asyncio.to_thread(password_file.write_text, _PASSWORD)
    async with Simulator(simulated, quirk=quirk) as simulator, asyncio.TaskGroup() as group:
        settings = ApplianceSettings(
            "127.0.0.1",
            "admin",
            (simulator.host_key_public,),
            configured[: len(pools)],
            simulator.port,
            password_file=password_file,
            limits=limits,
        )
        console = SshConsole(settings)
        owner = group.create_task(console.keep_connected())
        try:
            yield Appliance(simulator, RouterOsRds(settings, console), console, settings)
        finally:
            owner.cancel()
            with suppress(asyncio.CancelledError):
                await owner
