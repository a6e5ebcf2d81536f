"""The one who does to the appliance what no driver may: troubles, and setting right what only a person can."""

from collections.abc import Iterable
from dataclasses import dataclass

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.control import ask
from tests.faults.beliefs import Belief, Volume
from tests.faults.facts import Disk
from tests.faults.troubles import STRANGER, Request


@dataclass(frozen=True, slots=True)
class Administrator:
    """Works at the simulator's control socket and console."""

    box: Simulator

    async def request(self, requests: Iterable[Request]) -> None:
        """Have these done, one after another."""
        for request in requests:
            await ask(self.box.control_path, request)

    async def remove(self, slot: str) -> None:
        """Remove a disk; its file stays."""
        await self.box.run(f'/disk/remove [/disk/find where slot="{slot}"]')

    async def tidy(self, volumes: Iterable[Volume]) -> None:
        """Remove what a backup, or the end of safe mode, brought back of volumes that are gone."""
        for volume in volumes:
            if volume.belief is Belief.ABSENT:
                await self.remove(volume.slot)
                await self.box.run(
                    f':foreach i in=[/file/find where name~"{volume.slot}" type!="directory"] do={{/file/remove $i}};'
                    f'/disk/btrfs/subvolume/remove [find where name="{volume.slot}"]'
                )

    async def remove_stranger(self) -> None:
        """Remove the disk that an administrator made in between."""
        await self.remove(STRANGER)
        await self.box.run(f'/file/remove [find where name="pool1/{STRANGER}.img"]')

    async def count_subvolumes(self) -> int:
        """Count them, whosever they are."""
        return int(await self.box.run(":put [:len [/disk/btrfs/subvolume/find]]"))


def is_ruined(disk: Disk) -> bool:
    """Tell whether only a person may remove the disk, since its record was lost."""
    return disk.record is None or disk.record.erased
