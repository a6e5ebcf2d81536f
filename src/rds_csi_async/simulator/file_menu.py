"""The `/file` menu: everything on the mounted pools, by name without leading slash."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

from rds_csi_async.simulator.breathing import breathe
from rds_csi_async.simulator.disk_tree import Entry
from rds_csi_async.simulator.failures import FILE_EXISTS, FILE_IN_USE, NO_SUCH_ITEM, Failure, refuse_missing
from rds_csi_async.simulator.menus import ID, Row, Schema
from rds_csi_async.simulator.pools import Place
from rds_csi_async.simulator.properties import Form, Property
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.values import ItemId, Value, render_value

_COPY_SINCE: Final = (7, 23)
_FOLDER: Final = "directory"
# Ids of files are not kept over a restart; a number space of their own keeps them apart from those of other menus.
_FIRST_NUMBER: Final = 0x1000000


class FileMenu:
    """See the module. `is_exported` tells of a place whether an exported disk needs it."""

    schema = Schema(
        path=("file",),
        properties=(
            Property("name", Form.PLAIN, settable=True),
            Property("type", Form.PLAIN, settable=True),
            Property("size", Form.SIZE),
            Property("last-modified", Form.PLAIN),
            Property("contents", Form.QUOTED, settable=True),
        ),
        verbs=frozenset({"add", "find", "get", "print", "remove", "set"}),
        columns=("name", "type", "size", "last-modified"),
        required=("name",),
    )

    def __init__(
        self, storage: Storage, is_exported: Callable[[Place], bool], version: tuple[int, int] = (7, 21)
    ) -> None:
        if version >= _COPY_SINCE:
            self.schema = replace(self.schema, verbs=self.schema.verbs | {"copy"})
        self._storage = storage
        self._is_exported = is_exported
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._leaving: dict[str, tuple[float, Row]] = {}

    async def list_rows(self) -> Sequence[Row]:
        """See `Menu`."""
        pools = [pool for pool in self._storage.pools.by_name.values() if pool.mounted]
        roots = [self._row(pool.settings.name, {"type": "disk"}) for pool in pools]
        rows = [*roots]
        for number, (pool, entry) in enumerate(await self._storage.list_entries()):
            await breathe(number)
            rows.append(self._entry_row(f"{pool.settings.name}/{entry.relative}", entry))
        there = {row["name"] for row in rows} if self._leaving else set()
        return [*rows, *(row for name in list(self._leaving) if name not in there for row in self._late(name))]

    async def find_row(self, item: ItemId) -> Row | None:
        """See `Indexed`."""
        name = self._names.get(item.number)
        found = [] if name is None else await self.list_named(name)
        return found[0] if found else None

    async def list_named(self, name: str) -> Sequence[Row]:
        """See `Indexed`."""
        place = self._storage.pools.find_place(name)
        if place is None or place.name != name:
            return []
        if place.is_root:
            return [self._row(name, {"type": "disk"})]
        entry = await self._storage.find_entry(place)
        return self._late(name) if entry is None else [self._entry_row(name, entry, encoded=True)]

    async def add(self, values: dict[str, Value]) -> ItemId:
        """See `Menu`."""
        name = render_value(values["name"]).removeprefix("/")
        place = self._storage.get_place(name)
        if values.get("type") == _FOLDER:
            await self._storage.make_folder(place)
        elif await self._storage.find_size(place) is not None:
            raise Failure(FILE_EXISTS)
        else:
            await self._storage.write(place, render_value(values.get("contents", "")).encode("latin-1"))
        return self._item(name)

    async def set(self, item: ItemId | None, values: dict[str, Value]) -> None:
        """See `Menu`: only contents change."""
        contents = values.get("contents")
        if contents is None:
            refuse_missing("contents")
        place = self._get_place(item)
        self._ensure_free(place)
        await self._storage.write(place, render_value(contents).encode("latin-1"))

    async def remove(self, item: ItemId) -> None:
        """See `Menu`. A folder must be empty. It may be shown for some time yet, see `Storage`."""
        place = self._get_place(item)
        self._ensure_free(place)
        row = await self.find_row(item)
        await self._storage.remove(place)
        late_s = self._storage.late_s()
        if late_s > 0 and row is not None:
            self._leaving[place.name] = (time.monotonic() + late_s, row)

    async def copy(self, item: ItemId, name: str) -> None:
        """See `Copying`: a file's content, holes and all, into a new file."""
        source = self._get_place(item)
        target = self._storage.get_place(name.removeprefix("/"))
        if await self._storage.find_size(target) is not None:
            raise Failure(FILE_EXISTS)
        await self._storage.copy_file(source, target)

    def _late(self, name: str) -> list[Row]:
        """Show a file that was removed and has not gone yet."""
        until_s, row = self._leaving.get(name, (0.0, {}))
        if until_s > time.monotonic():
            return [row]
        self._leaving.pop(name, None)
        return []

    def _ensure_free(self, place: Place) -> None:
        if self._is_exported(place):
            raise Failure(FILE_IN_USE)

    def _get_place(self, item: ItemId | None) -> Place:
        name = None if item is None else self._names.get(item.number)
        if name is None:
            raise Failure(NO_SUCH_ITEM)
        return self._storage.get_place(name)

    def _item(self, name: str) -> ItemId:
        number = self._numbers.setdefault(name, _FIRST_NUMBER + len(self._numbers))
        self._names[number] = name
        return ItemId(number)

    def _row(self, name: str, values: dict[str, Value]) -> Row:
        return {ID: self._item(name), "name": name, **values}

    def _entry_row(self, name: str, entry: Entry, *, encoded: bool = False) -> Row:
        changed = datetime.fromtimestamp(entry.changed_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        values: dict[str, Value] = {"type": _FOLDER, "last-modified": changed}
        if not entry.is_folder:
            suffix = PurePosixPath(name).suffix
            values |= {"type": f"{suffix} file" if suffix else "file", "size": entry.size_bytes}
        if entry.content is not None:
            values["contents"] = entry.content.decode("latin-1")
        return self._row(name if encoded else name.encode("utf-8", "surrogateescape").decode("latin-1"), values)
