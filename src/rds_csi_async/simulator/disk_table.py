"""The `/disk` menu: pools, and entries of type file with real files behind them.

Changes are made one after another; a slot is unique, so `add` is a test-and-set. Removing an entry leaves its file.
"""

import asyncio
from collections.abc import Sequence

from rds_csi_async.simulator.disk_index import DiskIndex
from rds_csi_async.simulator.disk_rules import (
    ensure_acceptable,
    file_disk_row,
    find_export,
    free_slot,
    pool_row,
    text_of,
)
from rds_csi_async.simulator.disk_schema import DISK_SCHEMA, SLOT_MOST_CHARACTERS
from rds_csi_async.simulator.exports import Export, Exporter
from rds_csi_async.simulator.failures import (
    FILE_EXISTS,
    FILE_IN_USE,
    NO_SUCH_ITEM,
    NOT_CHANGEABLE,
    Failure,
    refuse_argument,
    refuse_missing,
)
from rds_csi_async.simulator.menus import ID, Row
from rds_csi_async.simulator.pools import Place
from rds_csi_async.simulator.state import State, StateFile
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.values import ItemId, Value
from rds_csi_async.simulator.watching import Watch, look_away


class DiskTable:
    """See the module; `state` holds the entries, by the number of their id. Whoever changes holds `changing`.

    `watch` is told of each change.
    """

    schema = DISK_SCHEMA

    def __init__(
        self,
        state: State,
        state_file: StateFile,
        storage: Storage,
        exporter: Exporter,
        most_slot_characters: int = SLOT_MOST_CHARACTERS,
    ) -> None:
        self._most_slot_characters = most_slot_characters
        self._state = state
        self._state_file = state_file
        self._storage = storage
        self._exporter = exporter
        self.watch: Watch = look_away
        self.changing = asyncio.Lock()
        self._rows: dict[int, Row] = {}
        self._index = DiskIndex()

    async def open(self) -> None:
        """Give the pools their ids, and serve what is exported; again after the state has become another."""
        for name in self._storage.pools.by_name:
            if name not in self._state.pool_numbers:
                self._state.pool_numbers[name] = self._state.take_id().number
        self._rows = {number: file_disk_row(number, disk) for number, disk in self._state.disks.items()}
        self._index = DiskIndex.of(self._state.disks)
        self.watch(self._state.disks)
        await self._state_file.save(self._state)
        await self.serve_all()

    async def serve_all(self) -> None:
        """Serve exactly what is exported and there: after a pool has come or gone, or a backup was restored."""
        exports = [export for disk in self._state.disks.values() if (export := self._find_export(disk)) is not None]
        await self._exporter.restore(await asyncio.to_thread(lambda: [each for each in exports if each.file.exists()]))

    def is_exported(self, place: Place) -> bool:
        """Tell whether an exported entry's file is this, or lies below it."""
        return self._find_user(place, exported=True) is not None

    async def list_rows(self) -> Sequence[Row]:
        """See `Menu`."""
        return [*self._pool_rows(), *self._rows.values()]

    async def find_row(self, item: ItemId) -> Row | None:
        """See `Indexed`."""
        row = self._rows.get(item.number)
        return row or next((each for each in self._pool_rows() if each[ID] == item), None)

    async def list_named(self, name: str) -> Sequence[Row]:
        """See `Indexed`."""
        pools = [row for row in self._pool_rows() if row["slot"] == name]
        return [*pools, *(self._rows[number] for number in self._index.in_slot(name))]

    def _pool_rows(self) -> list[Row]:
        pools = self._storage.pools.by_name.values()
        numbers, comments = self._state.pool_numbers, self._state.pool_comments
        return [pool_row(numbers[pool.settings.name], pool, comments.get(pool.settings.name)) for pool in pools]

    async def add(self, values: dict[str, Value]) -> ItemId:
        """See `Menu`. A file that is there is adopted, if it is no larger than what is asked for."""
        async with self.changing:
            disk = values if "slot" in values else {"slot": free_slot(self._index.slots()), **values}
            self._ensure_acceptable(disk, None)
            disk |= await self._open_file(disk, None)
            item = self._state.take_id()
            await self._put(item.number, disk)
            return item

    async def set(self, item: ItemId | None, values: dict[str, Value]) -> None:
        """See `Menu`. A smaller `file-size` cuts the file off: nothing protects what is in it."""
        async with self.changing:
            number = 0 if item is None else item.number
            if await self._set_pool(number, values):
                return
            old = self._get(number)
            disk = old | values
            self._ensure_acceptable(disk, number)
            if {"file-path", "file-size"} & values.keys():
                disk |= await self._open_file(disk, number)
            await self._put(number, disk)

    async def remove(self, item: ItemId) -> None:
        """See `Menu`. The file stays."""
        async with self.changing:
            if item.number in self._state.pool_numbers.values():
                raise Failure(NOT_CHANGEABLE)
            disk = self._get(item.number)
            old = self._find_export(disk)
            del self._state.disks[item.number]
            del self._rows[item.number]
            self._index.drop(item.number, disk)
            self.watch(self._state.disks)
            await self._state_file.note(self._state, "disks", item.number)
            await self._serve(old, None)

    def _get(self, number: int) -> dict[str, Value]:
        disk = self._state.disks.get(number)
        if disk is None:
            raise Failure(NO_SUCH_ITEM)
        return disk

    async def _set_pool(self, number: int, values: dict[str, Value]) -> bool:
        """Change a pool's comment, the one thing of it that can be; tell whether it was a pool."""
        name = next((name for name, taken in self._state.pool_numbers.items() if taken == number), None)
        if name is None:
            return False
        if values.keys() - {"comment"}:
            raise Failure(NOT_CHANGEABLE)
        self._state.pool_comments[name] = values.get("comment", "")
        await self._state_file.save(self._state)
        return True

    def _ensure_acceptable(self, disk: dict[str, Value], number: int | None) -> None:
        others = (self._state.disks[key] for key in self._index.rivals(disk) if key != number)
        ensure_acceptable(disk, others, self._storage.pools.by_name, self._most_slot_characters)

    async def _open_file(self, disk: dict[str, Value], number: int | None) -> dict[str, Value]:
        """Make the file as large as the entry says; return the path and the size that it then has."""
        if not text_of(disk, "file-path"):
            refuse_missing("file-path")
        place = self._storage.get_place(text_of(disk, "file-path"))
        if self._find_user(place, exported=False, without=number) is not None:
            raise Failure(FILE_IN_USE)
        found_bytes = await self._storage.find_size(place)
        size_bytes = disk.get("file-size", found_bytes)
        if not isinstance(size_bytes, int):
            refuse_missing("file-size")
        if size_bytes <= 0:
            refuse_argument("file-size")
        if number is None and found_bytes is not None and found_bytes > size_bytes:
            raise Failure(FILE_EXISTS)
        await self._storage.set_size(place, size_bytes)
        return {"file-path": f"/{place.name}", "file-size": size_bytes}

    def _find_user(self, place: Place, *, exported: bool, without: int | None = None) -> int | None:
        """Find an entry whose file is this, or lies below it."""
        for number in self._index.below(f"/{place.name}"):
            is_exported = self._state.disks[number].get("nvme-tcp-export") is True
            if number != without and (is_exported or not exported):
                return number
        return None

    def _find_place(self, disk: dict[str, Value]) -> Place | None:
        return self._storage.pools.find_place(text_of(disk, "file-path"))

    def _find_export(self, disk: dict[str, Value]) -> Export | None:
        return find_export(disk, self._find_place(disk))

    async def _put(self, number: int, disk: dict[str, Value]) -> None:
        old = self._state.disks.get(number)
        before = None if old is None else self._find_export(old)
        if old is not None:
            self._index.drop(number, old)
        self._index.put(number, disk)
        self._state.disks[number] = disk
        self._rows[number] = file_disk_row(number, disk)
        self.watch(self._state.disks)
        await self._state_file.note(self._state, "disks", number)
        await self._serve(before, self._find_export(disk))

    async def _serve(self, before: Export | None, after: Export | None) -> None:
        if before is not None and (after is None or after.nqn != before.nqn):
            await self._exporter.withdraw(before.nqn)
        if after is not None and after != before:
            await self._exporter.publish(after)
