"""The appliance as it was: backups of its tables, and safe mode, which can undo files too.

A backup holds the configuration, and not what lies on the pools: neither files nor subvolumes. Safe mode is held by
somebody unseen; when it is undone, what anybody changed since is changed back: entries, and files that were made,
removed or resized. What was written into a file stays written.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from rds_csi_async.simulator import disk_tree
from rds_csi_async.simulator.disk_table import DiskTable
from rds_csi_async.simulator.state import State, StateFile
from rds_csi_async.simulator.storage import Storage


@dataclass(slots=True)
class Snapshots:
    """Works on one appliance's tables and files; what it keeps of files lies below `folder`, beside the pools."""

    state: State
    state_file: StateFile
    disks: DiskTable
    storage: Storage
    folder: Path

    async def back_up(self, name: str) -> None:
        """Keep the tables under a name; what was kept so before goes."""
        async with self.disks.changing:
            await asyncio.to_thread(self._backup_path(name).parent.mkdir, exist_ok=True)
            await StateFile(self._backup_path(name)).save(self.state)

    async def restore(self, name: str) -> None:
        """Let the tables be as they were kept.

        Raises:
            KeyError: nothing is kept under this name.

        """
        path = self._backup_path(name)
        if not await asyncio.to_thread(path.exists):
            message = f"backup {name}"
            raise KeyError(message)
        earlier = await StateFile(path).load(self.state.identity)
        async with self.disks.changing:
            earlier.subvolumes = self.state.subvolumes  # which are on the pools, and in no configuration
            self.state.become(earlier)
            await self.state_file.save(self.state)
            await self.disks.open()

    async def hold(self) -> "HeldState":
        """Keep all of it, for as long as somebody holds safe mode."""
        async with self.disks.changing:
            sizes: dict[str, dict[str, int]] = {}
            for name, pool in self.storage.pools.by_name.items():
                sizes[name] = await asyncio.to_thread(disk_tree.link_tree, pool.folder, self._held_path(name))
            return HeldState(self.state.copy(), sizes)

    async def let_go(self, held: "HeldState", *, undo: bool) -> None:
        """Keep what was changed since, or undo it."""
        async with self.disks.changing:
            for name, sizes in held.sizes.items():
                pool = self.storage.pools.by_name[name]
                if undo:
                    await asyncio.to_thread(disk_tree.restore_tree, self._held_path(name), pool.folder, sizes)
                    pool.used_bytes = await asyncio.to_thread(disk_tree.measure_tree, pool.folder)
                await asyncio.to_thread(disk_tree.forget_tree, self._held_path(name))
            if undo:
                self.state.become(held.state)
                await self.disks.open()

    def _backup_path(self, name: str) -> Path:
        if not name.replace("-", "").isalnum():
            message = f"{name!r} is no name of a backup: letters, digits and hyphens"
            raise ValueError(message)
        return self.folder / "backups" / f"{name}.json"

    def _held_path(self, pool: str) -> Path:
        return self.folder / "safe-mode" / pool


@dataclass(frozen=True, slots=True)
class HeldState:
    """What safe mode goes back to: the tables, and the size of each file by pool and path."""

    state: State
    sizes: dict[str, dict[str, int]]
