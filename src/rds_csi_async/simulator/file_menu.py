"""The `/file` menu: everything on the mounted pools, by name without leading slash."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Final

from rds_csi_async.simulator.disk_tree import Entry
from rds_csi_async.simulator.failures import FILE_EXISTS, FILE_IN_USE, NO_SUCH_ITEM, Failure, refuse_missing
from rds_csi_async.simulator.menus import ID, Row, Schema
from rds_csi_async.simulator.pools import Place
from rds_csi_async.simulator.properties import Form, Property
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.values import ItemId, Value, render_value

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

    def __init__(self, storage: Storage, is_exported: Callable[[Place], bool]) -> None:
        self._storage = storage
        self._is_exported = is_exported
        self._numbers: dict[str, int] = {}

    async def list_rows(self) -> Sequence[Row]:
        """See `Menu`."""
        pools = [pool for pool in self._storage.pools.by_name.values() if pool.mounted]
        roots = [self._row(pool.settings.name, {"type": "disk"}) for pool in pools]
        entries = await self._storage.list_entries()
        return [*roots, *(self._entry_row(f"{pool.settings.name}/{entry.relative}", entry) for pool, entry in entries)]

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
        """See `Menu`. A folder must be empty."""
        place = self._get_place(item)
        self._ensure_free(place)
        await self._storage.remove(place)

    def _ensure_free(self, place: Place) -> None:
        if self._is_exported(place):
            raise Failure(FILE_IN_USE)

    def _get_place(self, item: ItemId | None) -> Place:
        for name, number in self._numbers.items():
            if item is not None and number == item.number:
                return self._storage.get_place(name)
        raise Failure(NO_SUCH_ITEM)

    def _item(self, name: str) -> ItemId:
        return ItemId(self._numbers.setdefault(name, _FIRST_NUMBER + len(self._numbers)))

    def _row(self, name: str, values: dict[str, Value]) -> Row:
        return {ID: self._item(name), "name": name, **values}

    def _entry_row(self, name: str, entry: Entry) -> Row:
        changed = datetime.fromtimestamp(entry.changed_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        values: dict[str, Value] = {"type": _FOLDER, "last-modified": changed}
        if not entry.is_folder:
            suffix = PurePosixPath(name).suffix
            values |= {"type": f"{suffix} file" if suffix else "file", "size": entry.size_bytes}
        if entry.content is not None:
            values["contents"] = entry.content.decode("latin-1")
        return self._row(name.encode("utf-8", "surrogateescape").decode("latin-1"), values)
