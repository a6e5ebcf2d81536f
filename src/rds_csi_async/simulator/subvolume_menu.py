"""The `/disk/btrfs/subvolume` menu, with plain folders for subvolumes and copies for snapshots."""

import asyncio
from collections.abc import Callable, Sequence

from rds_csi_async.simulator.breathing import breathe
from rds_csi_async.simulator.failures import (
    DISK_IN_USE,
    FILE_EXISTS,
    NO_SUCH_FOLDER,
    NO_SUCH_ITEM,
    Failure,
    refuse_choice,
)
from rds_csi_async.simulator.menus import ID, Row, Schema
from rds_csi_async.simulator.pools import Place, Pool
from rds_csi_async.simulator.properties import Form, Property
from rds_csi_async.simulator.state import State, StateFile
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.values import ItemId, Value, render_value


class SubvolumeMenu:
    """See the module. `is_exported` tells of a place whether an exported disk needs it."""

    schema = Schema(
        path=("disk", "btrfs", "subvolume"),
        properties=(
            Property("read-only", Form.BOOL, settable=True, letter="R"),
            Property("fs", Form.PLAIN, settable=True),
            Property("name", Form.QUOTED, settable=True),
            Property("parent", Form.QUOTED, settable=True),
        ),
        verbs=frozenset({"add", "find", "get", "print", "remove"}),
        columns=("fs", "name"),
        required=("fs", "name"),
    )

    def __init__(
        self, state: State, state_file: StateFile, storage: Storage, is_exported: Callable[[Place], bool]
    ) -> None:
        self._state = state
        self._state_file = state_file
        self._storage = storage
        self._is_exported = is_exported
        self._changing = asyncio.Lock()

    async def list_rows(self) -> Sequence[Row]:
        """See `Menu`. Subvolumes of a pool that is not mounted, or whose folder was removed, are not there."""
        return await self._shown(list(self._state.subvolumes.items()))

    async def find_row(self, item: ItemId) -> Row | None:
        """See `Indexed`."""
        subvolume = self._state.subvolumes.get(item.number)
        found = [] if subvolume is None else await self._shown([(item.number, subvolume)])
        return found[0] if found else None

    async def list_named(self, name: str) -> Sequence[Row]:
        """See `Indexed`."""
        return await self._shown([(key, row) for key, row in self._state.subvolumes.items() if row["name"] == name])

    async def _shown(self, subvolumes: Sequence[tuple[int, dict[str, Value]]]) -> list[Row]:
        places: list[tuple[int, dict[str, Value], Place]] = []
        for count, (number, row) in enumerate(subvolumes):
            await breathe(count)
            place = self._find_place(row)
            if place is not None:
                places.append((number, row, place))
        there = await asyncio.to_thread(lambda: [place.path.is_dir() for _, _, place in places])
        return [
            {ID: ItemId(number), **row, "fs": place.pool.settings.label}
            for (number, row, place), is_there in zip(places, there, strict=True)
            if is_there
        ]

    async def add(self, values: dict[str, Value]) -> ItemId:
        """See `Menu`. With a parent it is a snapshot of that subvolume."""
        async with self._changing:
            pool = self._get_pool(values)
            place = self._storage.get_place(f"{pool.settings.name}/{render_value(values['name'])}")
            parent = values.get("parent")
            kept = {"read-only": False, **values, "fs": pool.settings.name}
            if parent is None:
                return await self._make(place, kept)
            source = self._get_parent(pool, render_value(parent))
            await self._storage.copy_folder(source, place)
            return await self._keep(kept)

    async def set(self, item: ItemId | None, values: dict[str, Value]) -> None:  # noqa: ARG002 - the protocol's arguments
        """See `Menu`: the console has no such verb here."""
        raise Failure(NO_SUCH_ITEM)

    async def remove(self, item: ItemId) -> None:
        """See `Menu`. Everything in it goes with it."""
        async with self._changing:
            subvolume = self._state.subvolumes.get(item.number)
            place = None if subvolume is None else self._find_place(subvolume)
            if place is None:
                raise Failure(NO_SUCH_ITEM)
            if self._is_exported(place):
                raise Failure(DISK_IN_USE)
            await self._storage.remove_tree(place)
            del self._state.subvolumes[item.number]
            await self._state_file.note(self._state, "subvolumes", item.number)

    async def _make(self, place: Place, kept: dict[str, Value]) -> ItemId:
        """Make an empty one.

        Its row comes first, and does not show without its folder: so whatever kills the simulator in between leaves no
        folder that neither is a subvolume nor can become one.
        """
        if await asyncio.to_thread(place.path.exists):
            raise Failure(FILE_EXISTS)
        same = [(number, row) for number, row in self._state.subvolumes.items() if row["name"] == kept["name"]]
        gone = [number for number, row in same if self._find_place(row) == place]
        for number in gone:
            del self._state.subvolumes[number]
            await self._state_file.note(self._state, "subvolumes", number)
        item = await self._keep(kept)
        try:
            await self._storage.make_folder(place)
        except Failure:
            del self._state.subvolumes[item.number]
            await self._state_file.note(self._state, "subvolumes", item.number)
            raise
        return item

    async def _keep(self, kept: dict[str, Value]) -> ItemId:
        item = self._state.take_id()
        self._state.subvolumes[item.number] = kept
        await self._state_file.note(self._state, "subvolumes", item.number)
        return item

    def _get_pool(self, values: dict[str, Value]) -> Pool:
        pool = self._storage.pools.find_by_file_system(render_value(values["fs"]))
        if pool is None or pool.settings.fs != "btrfs":
            refuse_choice("fs")
        return pool

    def _get_parent(self, pool: Pool, name: str) -> Place:
        for subvolume in self._state.subvolumes.values():
            if subvolume["fs"] == pool.settings.name and subvolume["name"] == name:
                place = self._find_place(subvolume)
                if place is not None:
                    return place
        raise Failure(NO_SUCH_FOLDER)

    def _find_place(self, subvolume: dict[str, Value]) -> Place | None:
        return self._storage.pools.find_place(f"{render_value(subvolume['fs'])}/{render_value(subvolume['name'])}")
