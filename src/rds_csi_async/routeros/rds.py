"""The appliance as the services know it, over a console that runs one line at a time."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from rds_csi_async.domain.errors import ConflictError, InvalidRequestError, NotReadyError
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.volumes import Change, Listing, NewVolume, Volume
from rds_csi_async.ports.deadlines import remaining_s
from rds_csi_async.routeros import commands
from rds_csi_async.routeros.disks import parse_volume
from rds_csi_async.routeros.listing import Inventory
from rds_csi_async.routeros.pools import MountedPool, parse_pools
from rds_csi_async.routeros.replies import ApplianceError, get_reply
from rds_csi_async.routeros.rows import get_number, rows_of
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.syntax import Reply, parse_frame, render_framed
from rds_csi_async.routeros.versions import ensure_supported, parse_version, render_version

_LISTING_TRIES = 3
_REMOVAL_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
_DECODE_BATCH = 100  # rows between two breaths of the event loop


class Console(Protocol):
    """Runs lines on the appliance, and says which connection they run on."""

    @property
    def generation(self) -> int:
        """Number of the connection: another one may reach another box."""
        ...

    async def run(self, line: str, *, mutating: bool) -> str:
        """Give all that the line printed. Raises only `DriverError`s."""
        ...


class RouterOsRds:
    """An `Rds` in RouterOS's console language. Each method is one line, but for what it says of itself."""

    def __init__(
        self, settings: ApplianceSettings, console: Console, new_token: Callable[[], str] = lambda: secrets.token_hex(8)
    ) -> None:
        self._settings = settings
        self._console = console
        self._new_token = new_token
        self._pools: tuple[MountedPool, ...] = ()
        self._greeted = 0  # generation of the connection that was greeted
        self._greeting = asyncio.Lock()

    async def find_volume(self, slot: str) -> Volume | None:
        """See `Rds`."""
        await self._ensure_greeted()
        return self._find_in(await self._ask(commands.render_find(slot, self._settings.pools)))

    async def get_listing(self) -> Listing:
        """See `Rds`. A line for each 60 kB or so; begun anew when the disks change in between."""
        await self._ensure_greeted()
        for _ in range(_LISTING_TRIES):
            found = await self._find_listing()
            if found is not None:
                return found
        message = "the disks changed each time they were listed; try again"
        raise ApplianceError(message)

    async def get_pool(self, name: str) -> Pool:
        """See `Rds`."""
        self._ensure_pool(name)
        await self._ensure_greeted()
        pools = self._pools_in(await self._ask(commands.render_hello(self._settings.pools)))
        return next(each.pool for each in pools if each.pool.name == name)

    async def create_volume(self, new: NewVolume) -> Volume:
        """See `Rds`."""
        self._ensure_pool(new.pool)
        await self._ensure_greeted()
        pool = next(each for each in self._pools if each.pool.name == new.pool)
        return await self._change(new.slot, commands.render_create(new, pool, self._pools, self._settings.nvme_port))

    async def change_volume(self, seen: Volume, change: Change) -> Volume:
        """See `Rds`."""
        await self._ensure_greeted()
        there = await self._change(seen.slot, commands.render_change(seen, change, self._pools))
        if there.comment != change.comment:
            message = f"{seen.slot} was changed, and changed again by somebody else at once"
            raise ConflictError(message)
        if change.exported not in {None, there.exported} or change.nqn not in {None, there.nqn}:
            message = f"{seen.slot} was changed, but shows export {there.exported} under {there.nqn!r}"
            raise ApplianceError(message)
        return there

    async def remove_volume(self, seen: Volume) -> None:
        """See `Rds`. More lines only while the appliance still lists the file."""
        await self._ensure_greeted()
        reply = await self._ask(commands.render_remove(seen, self._pools), mutating=True)
        if get_number(reply, "left"):
            await self._wait_gone(seen.slot, commands.render_remove_file(seen, self._pools))

    async def remove_leftovers(self, slot: str) -> None:
        """See `Rds`. More lines only while the appliance still lists the file."""
        await self._ensure_greeted()
        statements = commands.render_remove_leftovers(slot, self._pools)
        if get_number(await self._ask(statements, mutating=True), "left"):
            await self._wait_gone(slot, statements)

    async def ensure_reachable(self) -> None:
        """See `Rds`."""
        await self._ensure_greeted()
        self._pools_in(await self._ask(commands.render_hello(self._settings.pools)))

    async def _ensure_greeted(self) -> None:
        """Learn, once a connection, whether the box can be worked with, and where its pools are mounted."""
        if self._is_greeted():
            return
        with suppress(TimeoutError):  # then the deadline speaks for itself when something is to be sent
            async with asyncio.timeout(remaining_s(self._settings.limits.command_timeout_s)):
                await self._greeting.acquire()
            try:
                if not self._is_greeted():
                    await self._greet()
            finally:
                self._greeting.release()
        if not self._is_greeted():
            remaining_s(self._settings.limits.command_timeout_s)
            message = f"{self._settings.address} takes too long to introduce itself"
            raise NotReadyError(message)

    def _is_greeted(self) -> bool:
        return self._greeted != 0 and self._greeted == self._console.generation

    async def _greet(self) -> None:
        token = self._new_token()
        ensure_supported(parse_version(await self._console.run(render_version(token), mutating=False), token))
        self._pools = self._pools_in(await self._ask(commands.render_hello(self._settings.pools)))
        self._greeted = self._console.generation

    async def _ask(self, statements: Sequence[str], *, mutating: bool = False, remark: str = '""') -> Reply:
        token = self._new_token()
        text = await self._console.run(render_framed(statements, token, remark), mutating=mutating)
        try:
            return get_reply(parse_frame(text, token))
        except NotReadyError:
            self._greeted = 0  # perhaps a pool is mounted elsewhere now: look again next time
            raise

    async def _change(self, slot: str, statements: Sequence[str]) -> Volume:
        volume = self._find_in(await self._ask(statements, mutating=True))
        if volume is None:
            message = f"{slot} was written, but is not there"
            raise ApplianceError(message)
        return volume

    async def _wait_gone(self, slot: str, statements: Sequence[str]) -> None:
        """Ask until nothing is left: on Btrfs a removed file may be listed for a while."""
        for pause_s in _REMOVAL_PAUSES_S:
            await asyncio.sleep(min(pause_s, remaining_s(pause_s)))
            if not get_number(await self._ask(statements, mutating=True), "left"):
                return
        message = f"the disk {slot} has gone, but the appliance still lists its file; try again later"
        raise ApplianceError(message)

    async def _find_listing(self) -> Listing | None:
        inventory = Inventory(self._settings.pools)
        pools: tuple[MountedPool, ...] = ()
        while not inventory.whole:
            statements, remark = inventory.next_question()
            try:
                reply = await self._ask(statements, remark=remark)
            except ConflictError:
                return None  # a disk went between its id and its row
            pools = self._pools_in(reply)
            if not inventory.add(reply):
                return None
        volumes: list[Volume] = []
        for row in inventory.rows:
            volumes.append(parse_volume(row, pools))
            if len(volumes) % _DECODE_BATCH == 0:
                await asyncio.sleep(0)
        return Listing(tuple(volumes), tuple(each.pool for each in pools))

    def _find_in(self, reply: Reply) -> Volume | None:
        pools = self._pools_in(reply)
        volumes = [parse_volume(row, pools) for row in rows_of(reply, "disk")]
        if len(volumes) > 1:
            message = f"the appliance shows {len(volumes)} disks in the slot {volumes[0].slot}"
            raise ApplianceError(message)
        return volumes[0] if volumes else None

    def _pools_in(self, reply: Reply) -> tuple[MountedPool, ...]:
        return parse_pools(rows_of(reply, "pool"), self._settings.pools)

    def _ensure_pool(self, name: str) -> None:
        if name not in {pool.name for pool in self._settings.pools}:
            message = f"no pool {name!r} is configured for {self._settings.address}"
            raise InvalidRequestError(message)
