"""The appliance as the services know it, over a console that runs one line at a time."""

import asyncio
import secrets
from collections.abc import Callable, Sequence

from rds_csi_async.domain.errors import ConflictError, InvalidRequestError
from rds_csi_async.domain.listings import Listing
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.ports.deadlines import remaining_s
from rds_csi_async.routeros import commands
from rds_csi_async.routeros.dialogue import Console, Dialogue
from rds_csi_async.routeros.disks import parse_volume
from rds_csi_async.routeros.listing import Inventory
from rds_csi_async.routeros.pools import ShownPools
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.rows import get_number, rows_of
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.syntax import Reply

_LISTING_TRIES = 3
_REMOVAL_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
_DECODE_BATCH = 100  # rows between two breaths of the event loop


class RouterOsRds:
    """An `Rds` in RouterOS's console language. Each method is one line, but for what it says of itself."""

    def __init__(
        self, settings: ApplianceSettings, console: Console, new_token: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        self._settings = settings
        self._dialogue = Dialogue(settings, console, new_token)

    async def find_volume(self, slot: str) -> Volume | None:
        """See `Rds`."""
        await self._dialogue.ensure_greeted()
        volume = self._find_in(await self._dialogue.ask(commands.render_find(slot, self._settings.pools), urgent=True))
        if volume is None:
            self._dialogue.pools.ensure_all()
        return volume

    async def get_listing(self) -> Listing:
        """See `Rds`. A line for each 60 kB or so; begun anew when the disks change in between."""
        await self._dialogue.ensure_greeted()
        for _ in range(_LISTING_TRIES):
            found = await self._find_listing()
            if found is not None:
                return found
        message = "the disks changed each time they were listed; try again"
        raise ApplianceError(message)

    async def get_pool(self, name: str) -> Pool:
        """See `Rds`."""
        self._ensure_pool(name)
        await self._dialogue.ensure_greeted()
        await self._dialogue.look()
        return self._dialogue.pools.get(name).pool

    async def create_volume(self, new: NewVolume) -> Volume:
        """See `Rds`. A second line, before, only while a pool is missing: then nothing can be made."""
        self._ensure_pool(new.pool)
        await self._dialogue.ensure_greeted()
        if self._dialogue.pools.missing:
            found = await self.find_volume(new.slot)
            if found is not None:
                return found
        pools = self._dialogue.pools.ensure_all()
        port = self._settings.nvme_port_of(new.slot)
        line = commands.render_create(new, self._dialogue.pools.get(new.pool), pools, port)
        return await self._change(new.slot, line)

    async def change_volume(self, seen: Volume, change: Change) -> Volume:
        """See `Rds`."""
        await self._dialogue.ensure_greeted()
        pool = None if seen.pool is None else await self._dialogue.get_mounted(seen.pool)
        there = await self._change(seen.slot, commands.render_change(seen, change, pool, self._settings.pools))
        if there.comment != change.comment:
            message = f"{seen.slot} does not show the record that was written: somebody else wrote it at the same time"
            raise ConflictError(message)
        if change.exported not in {None, there.exported} or change.nqn not in {None, there.nqn}:
            message = f"{seen.slot} was changed, but shows export {there.exported} under {there.nqn!r}"
            raise ApplianceError(message)
        return there

    async def remove_volume(self, seen: Volume) -> None:
        """See `Rds`. More lines only while the appliance still lists the file."""
        await self._dialogue.ensure_greeted()
        pool = await self._dialogue.get_holder(seen)
        reply = await self._dialogue.ask(commands.render_remove(seen, pool), mutating=True)
        if get_number(reply, "left"):
            await self._wait_gone(seen.slot, commands.render_remove_file(seen, pool))

    async def remove_leftovers(self, slot: str) -> None:
        """See `Rds`. More lines only while the appliance still lists the file, or, before, while a pool is missing."""
        await self._dialogue.ensure_greeted()
        if self._dialogue.pools.missing:
            await self._dialogue.look()
        statements = commands.render_remove_leftovers(slot, self._dialogue.pools.ensure_all())
        if get_number(await self._dialogue.ask(statements, mutating=True), "left"):
            await self._wait_gone(slot, statements)

    async def ensure_reachable(self) -> None:
        """See `Rds`."""
        await self._dialogue.ensure_greeted()
        await self._dialogue.look()
        if not self._dialogue.pools.mounted:
            self._dialogue.pools.ensure_all()

    async def _change(self, slot: str, statements: Sequence[str]) -> Volume:
        volume = self._find_in(await self._dialogue.ask(statements, mutating=True))
        if volume is None:
            message = f"{slot} was written, but is not there"
            raise ApplianceError(message)
        return volume

    async def _wait_gone(self, slot: str, statements: Sequence[str]) -> None:
        """Ask until nothing is left: on Btrfs a removed file may be listed for a while."""
        for pause_s in _REMOVAL_PAUSES_S:
            await asyncio.sleep(min(pause_s, remaining_s(pause_s)))
            if not get_number(await self._dialogue.ask(statements, mutating=True), "left"):
                return
        message = f"the disk {slot} has gone, but the appliance still lists its file; try again later"
        raise ApplianceError(message)

    async def _find_listing(self) -> Listing | None:
        inventory = Inventory(self._settings.pools)
        pools = ShownPools()
        while not inventory.whole:
            statements, remark = inventory.next_question()
            try:
                reply = await self._dialogue.ask(statements, remark=remark)
            except ConflictError:
                return None  # a disk went between its id and its row
            pools = self._dialogue.note(reply)
            if not inventory.add(reply):
                return None
        volumes: list[Volume] = []
        for row in inventory.rows:
            volumes.append(parse_volume(row, pools))
            if len(volumes) % _DECODE_BATCH == 0:
                await asyncio.sleep(0)
        return Listing(tuple(volumes), tuple(each.pool for each in pools.mounted), pools.missing)

    def _find_in(self, reply: Reply) -> Volume | None:
        """Give the one disk that a reply shows.

        Raises:
            NotReadyError: its file may lie on a pool that is missing, so nobody can tell what it is.

        """
        pools = self._dialogue.note(reply)
        volumes = [parse_volume(row, pools) for row in rows_of(reply, "disk")]
        if len(volumes) > 1:
            message = f"the appliance shows {len(volumes)} disks in the slot {volumes[0].slot}"
            raise ApplianceError(message)
        if volumes and volumes[0].pool is None:
            pools.ensure_all()
        return volumes[0] if volumes else None

    def _ensure_pool(self, name: str) -> None:
        if name not in {pool.name for pool in self._settings.pools}:
            message = f"no pool {name!r} is configured for {self._settings.address}"
            raise InvalidRequestError(message)
