"""What befalls the appliance and those who work with it, beside what befalls single lines."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from rds_csi_async.simulator.appliance import Simulator
from tests.fakes.appliances import POOL
from tests.faults.calls import VOLUMES, Call
from tests.faults.controllers import Process
from tests.faults.truth import Disk, Truth

Write: TypeAlias = Callable[[str], None]
FOREIGN: Final = "/disk/add type=file file-path=pool1/foreign.img file-size=1M slot=foreign comment=mine"
_SHORTEST_S: Final = 0.1
_LONGEST_S: Final = 0.4


@dataclass
class Weather:
    """Lets one thing after another befall them. `unsure` are slots of which nobody can say whether they are there.

    `full_s` is when there was no room last; `lost` is what the records were that a person has erased.
    """

    simulator: Simulator
    truth: Truth
    processes: Sequence[Process]
    chance: random.Random
    write: Write
    unsure: set[str] = field(default_factory=set)
    lost: dict[str, str] = field(default_factory=dict)
    full_s: float = float("-inf")
    _kept: bool = False

    async def blow(self) -> None:
        """Let it befall them, for ever."""
        while True:
            await asyncio.sleep(self.chance.uniform(_SHORTEST_S, _LONGEST_S))
            name = self.chance.choice(sorted(_EVENTS))
            self.write(f"      begins: {name}")
            await _EVENTS[name](self)
            self.write(f"      ended: {name}")

    async def clear(self) -> None:
        """Let everything be well again, and a person put right what only persons can."""
        self.simulator.faults.clear()
        await self.simulator.end_safe_mode(undo=False)
        self.simulator.pools.by_name[POOL].full = False
        await self.simulator.change_host_key(fresh=False)
        await self.simulator.restart()
        await self.simulator.give_mounts()
        with self.truth.by_hand():
            for slot in [
                slot for slot, disk in self.truth.now.items() if disk.record is None or disk.record.erased_once
            ]:
                await self.simulator.run(f'/disk/remove [/disk/find where slot="{slot}"]')

    async def last(self) -> None:
        """Let some time pass in which it lasts."""
        await asyncio.sleep(self.chance.uniform(_SHORTEST_S, _LONGEST_S))

    async def restart(self) -> None:
        """Break all connections."""
        await self.simulator.restart(0.05)

    async def reboot(self) -> None:
        """Answer for a while before the pool is there."""
        await self.simulator.reboot(0.1, self.chance.uniform(0.1, 0.3))

    async def lose_pool(self) -> None:
        """Unmount the pool for a while."""
        await self.simulator.take_mount(POOL)
        await self.last()
        await self.simulator.give_mounts()

    async def change_key(self) -> None:
        """Be another box for a while."""
        await self.simulator.change_host_key(fresh=True)
        await self.simulator.restart()
        await self.last()
        await self.simulator.change_host_key(fresh=False)

    async def refuse_logins(self) -> None:
        """Let nobody in for a while."""
        self.simulator.faults.refused_logins = 3
        await self.simulator.restart()

    async def keep_safe_mode(self) -> None:
        """Hold safe mode for a while."""
        await self.simulator.take_safe_mode()
        await self.last()
        await self.simulator.end_safe_mode(undo=False)

    async def undo_safe_mode(self) -> None:
        """Hold it, and undo what was changed."""
        await self.simulator.take_safe_mode()
        await self.last()
        self.unsure |= _all_slots()
        with self.truth.by_hand():
            await self.simulator.end_safe_mode(undo=True)

    async def fill(self) -> None:
        """Have no room for a while."""
        self.full_s = float("inf")
        self.simulator.pools.by_name[POOL].full = True
        await self.last()
        self.simulator.pools.by_name[POOL].full = False
        self.full_s = asyncio.get_running_loop().time()

    async def delete_late(self) -> None:
        """Show for a while what has been removed."""
        self.simulator.faults.late_deletion_s = 0.2
        await self.last()
        self.simulator.faults.late_deletion_s = 0.0

    async def be_slow(self) -> None:
        """Rest before each command, so that lines outlive those who wait for them."""
        self.simulator.faults.delay_s = self.chance.uniform(0.01, 0.1)
        await self.last()
        self.simulator.faults.delay_s = 0.0

    async def interleave(self) -> None:
        """Let sessions take turns by chance, from now on."""
        self.simulator.faults.interleave(self.chance.randrange(1 << 30))

    async def back_up(self) -> None:
        """Keep the tables, and no files."""
        await self.simulator.back_up("night")
        self._kept = True

    async def restore(self) -> None:
        """Go back to what was kept."""
        if self._kept:
            self.unsure |= _all_slots()
            with self.truth.by_hand():
                await self.simulator.restore("night")

    async def die(self) -> None:
        """Let a controller die, and begin anew."""
        await self.chance.choice(self.processes).begin_anew()

    async def close_by_hand(self) -> None:
        """Close a volume, whoever holds it."""
        await self._meddle("/disk/set [/disk/find where slot={slot}] nvme-tcp-export=no")

    async def remove_by_hand(self) -> None:
        """Remove a disk; its file stays."""
        self.unsure.add(await self._meddle("/disk/remove [/disk/find where slot={slot}]"))

    async def erase_by_hand(self) -> None:
        """Erase a record."""
        slot = self._choose()
        disk = self.truth.now.get(slot)
        if disk is not None and disk.record is not None:
            self.lost[slot] = disk.comment
            self.unsure.add(slot)
            await self._meddle('/disk/set [/disk/find where slot={slot}] comment=""', slot)

    async def put_right(self) -> None:
        """Write an erased record as it was, if nobody has written another since; remove a closed disk of no use."""
        for slot, disk in list(self.truth.now.items()):
            if disk.exported or not _is_spoilt(disk):
                continue
            self.unsure.add(slot)
            if not disk.comment and slot in self.lost:
                quoted = self.lost.pop(slot).replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
                await self._meddle(f'/disk/set [/disk/find where slot={{slot}}] comment="{quoted}"', slot)
            else:
                await self._meddle("/disk/remove [/disk/find where slot={slot}]", slot)

    async def _meddle(self, line: str, slot: str = "") -> str:
        slot = slot or self._choose()
        with self.truth.by_hand():
            await self.simulator.run(line.replace("{slot}", f'"{slot}"'))
        return slot

    def _choose(self) -> str:
        return Call("get", self.chance.choice(VOLUMES)).slot


def _is_spoilt(disk: Disk) -> bool:
    """Tell whether only a person can put it right or remove it."""
    return disk.record is None or disk.record.erased_once


def _all_slots() -> set[str]:
    return {Call("get", number).slot for number in VOLUMES}


_EVENTS: Final[Mapping[str, Callable[[Weather], Awaitable[None]]]] = {
    "a restart": Weather.restart,
    "a reboot": Weather.reboot,
    "the pool is gone": Weather.lose_pool,
    "another host key": Weather.change_key,
    "logins are refused": Weather.refuse_logins,
    "safe mode, kept": Weather.keep_safe_mode,
    "safe mode, undone": Weather.undo_safe_mode,
    "no room": Weather.fill,
    "late deletion": Weather.delete_late,
    "slowness": Weather.be_slow,
    "interleaving": Weather.interleave,
    "a backup": Weather.back_up,
    "a restored backup": Weather.restore,
    "a controller dies": Weather.die,
    "closed by hand": Weather.close_by_hand,
    "removed by hand": Weather.remove_by_hand,
    "erased by hand": Weather.erase_by_hand,
    "put right by hand": Weather.put_right,
}
