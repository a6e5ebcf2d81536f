"""What an administrator does to a simulated appliance."""

from dataclasses import dataclass

from rds_csi_async.routeros.syntax import render_text
from tests.contracts.rds_world import POOL, World
from tests.fakes.appliances import Appliance


@dataclass
class SimulatedWorld(World):
    """An administrator's hands: lines of the console where there are some, faults elsewhere."""

    appliance: Appliance

    async def drop_disk(self, slot: str) -> None:
        """See `World`."""
        await self.appliance.type(f"/disk/remove [/disk/find where slot={render_text(slot)}]")

    async def has_file(self, slot: str) -> bool:
        """See `World`."""
        return int(await self.appliance.type(f":put [:len [/file/find where name~{render_text(slot)}]]")) > 0

    async def set_comment(self, slot: str, comment: str) -> None:
        """See `World`."""
        where = f"[/disk/find where slot={render_text(slot)}]"
        await self.appliance.type(f"/disk/set {where} comment={render_text(comment)}")

    async def hold_safe_mode(self) -> None:
        """See `World`."""
        self.appliance.simulator.faults.safe_mode_held = True

    async def unmount_pool(self, name: str = POOL) -> None:
        """See `World`."""
        self.appliance.simulator.pools.by_name[name].mounted = False

    async def mount_pool(self, name: str = POOL) -> None:
        """See `World`."""
        self.appliance.simulator.pools.by_name[name].mounted = True
