"""The driver as it would be without its one line for one thing: each step a command of its own, on one channel.

Services, session and statements are the driver's. What a line does at once is asked here step by step, as other drivers
for such appliances do it: is the pool there, is the slot free, make the place, make the disk, look at it. Nothing here
is safe against another writer; it is there to be measured.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rds_csi_async.app import controller_wiring
from rds_csi_async.app.appliance_config import ConfiguredAppliance, parse_appliances
from rds_csi_async.domain.volumes import NewVolume, Volume
from rds_csi_async.routeros import commands, disks, files
from rds_csi_async.routeros.pools import render_ensure_free, render_guard
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.rows import get_number
from rds_csi_async.routeros.settings import Limits
from rds_csi_async.routeros.syntax import Reply, render_row

ENSURE_NO_SAFE_MODE = commands._SAFE_MODE  # noqa: SLF001 - the same words
CHANNELS = Limits(channels=2, urgent_channels=1)  # the urgent one is for health, and nothing here is urgent


class PlainRds(RouterOsRds):
    """Makes and removes volumes step by step."""

    async def create_volume(self, new: NewVolume) -> Volume:
        """See `Rds`, save that nothing holds the steps together."""
        await self._dialogue.ensure_greeted()
        pool, pools = self._dialogue.pools.get(new.pool), self._dialogue.pools.ensure_all()
        await self._step(*render_guard(pools))
        await self._step(ENSURE_NO_SAFE_MODE)
        taken = await self._step(render_row("taken", disks.render_count(new.slot)))
        if not get_number(taken, "taken"):
            await self._step(files.render_remove_file(pool.file_name(new.slot)))
            await self._step(render_ensure_free(pool, new.size_bytes))
            await self._step(files.render_ensure_room(pool, new.slot))
            await self._step(disks.render_add(new, pool, self._settings.nvme_port))
        volume = self._find_in(await self._step(*commands.render_find(new.slot, self._settings.pools)))
        if volume is None:
            message = f"{new.slot} was written, but is not there"
            raise ApplianceError(message)
        return volume

    async def remove_volume(self, seen: Volume) -> None:
        """See `Rds`, save that nothing holds the steps together."""
        await self._dialogue.ensure_greeted()
        pool = await self._dialogue.get_holder(seen)
        await self._step(*render_guard([pool]))
        await self._step(ENSURE_NO_SAFE_MODE)
        pick = disks.render_pick_unchanged(seen)
        await self._step(*pick, *disks.render_ensure_same_object(seen))
        await self._step(files.render_ensure_only_user(seen.file_path))
        await self._step(*pick, *disks.render_remove(seen))
        await self._step(files.render_remove_file(seen.file_path))
        await self._step(*files.render_remove_place(pool, seen.slot))
        left = [files.render_count_file(seen.file_path), *files.render_count_place(pool, seen.slot)]
        await self._step(":local xL 0", *left, render_row("left", "$xL"))

    async def _step(self, *statements: str) -> Reply:
        return await self._dialogue.ask(statements, mutating=True)


def be_plain() -> None:
    """Let the driver of this process be the plain one, of one channel."""
    for name, plain in (("RouterOsRds", PlainRds), ("parse_appliances", _parse)):
        setattr(controller_wiring, name, plain)  # no user would want it, so it is no setting


def _parse(tables: Mapping[str, Any]) -> list[ConfiguredAppliance]:
    return [replace(each, settings=replace(each.settings, limits=CHANNELS)) for each in parse_appliances(tables)]
