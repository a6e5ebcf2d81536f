"""Files on pools, with their space accounted for: the real work is done in threads."""

import asyncio
import errno
import shutil
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rds_csi_async.simulator import disk_tree
from rds_csi_async.simulator.failures import (
    FILE_EXISTS,
    FOLDER_NOT_EMPTY,
    NO_SUCH_FOLDER,
    NOT_A_FILE,
    NOT_ENOUGH_SPACE,
    Failure,
)
from rds_csi_async.simulator.pools import Place, Pool, Pools, PoolSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

_FAILURES: Final = {
    errno.ENOENT: NO_SUCH_FOLDER,
    errno.ENOTDIR: NO_SUCH_FOLDER,
    errno.EISDIR: NOT_A_FILE,
    errno.ENOTEMPTY: FOLDER_NOT_EMPTY,
    errno.EEXIST: FILE_EXISTS,
    errno.ENOSPC: NOT_ENOUGH_SPACE,
    errno.EFBIG: NOT_ENOUGH_SPACE,
}


class Storage:
    """The pools' files. Every refusal is a `Failure` with the appliance's text.

    What is removed gives its room back after `late_s()`: a copy-on-write file system frees in the background.
    """

    def __init__(
        self, folder: Path, settings: Iterable[PoolSettings], late_s: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.late_s = late_s
        self.pools = Pools({pool.name: Pool(pool, folder / pool.name) for pool in settings})

    async def open(self) -> None:
        """Make the pools' folders and measure what is in them."""
        for pool in self.pools.by_name.values():
            pool.used_bytes = await asyncio.to_thread(_open_folder, pool.folder)

    def get_place(self, name: str) -> Place:
        """Return where a path lies.

        Raises:
            Failure: it is on no mounted pool, or names one itself.

        """
        place = self.pools.find_place(name)
        if place is None or place.is_root:
            raise Failure(NO_SUCH_FOLDER)
        return place

    async def find_size(self, place: Place) -> int | None:
        """Return a file's size; None if there is no file."""
        with _refusals():
            return await asyncio.to_thread(disk_tree.find_size, place.path)

    async def set_size(self, place: Place, size_bytes: int) -> None:
        """Make a file so large, or make it; its folder must be there. What it grows by must be free."""
        growth = size_bytes - (await self.find_size(place) or 0)
        place.pool.take(growth)
        try:
            with _refusals():
                await asyncio.to_thread(disk_tree.set_size, place.path, size_bytes)
        except Failure:
            place.pool.take(-growth)
            raise

    async def write(self, place: Place, content: bytes) -> None:
        """Give a file this content, or make it."""
        await self.set_size(place, len(content))
        await asyncio.to_thread(place.path.write_bytes, content)

    async def make_folder(self, place: Place) -> None:
        """Make a folder in one that is there."""
        with _refusals():
            await asyncio.to_thread(place.path.mkdir)

    async def copy_folder(self, source: Place, target: Place) -> None:
        """Copy a folder's content into a new one on the same pool; its space is taken a second time."""
        size_bytes = await asyncio.to_thread(disk_tree.measure_tree, source.path)
        target.pool.take(size_bytes)
        try:
            with _refusals():
                await asyncio.to_thread(disk_tree.copy_tree, source.path, target.path)
        except Failure:
            target.pool.take(-size_bytes)
            raise

    async def copy_file(self, source: Place, target: Place) -> None:
        """Copy a file's content into a new file; its space is taken a second time."""
        size_bytes = await self.find_size(source) or 0
        target.pool.take(size_bytes)
        try:
            with _refusals():
                await asyncio.to_thread(disk_tree.copy_sparse, source.path, target.path)
        except Failure:
            target.pool.take(-size_bytes)
            raise

    async def remove(self, place: Place) -> None:
        """Remove a file, or an empty folder."""
        with _refusals():
            place.pool.release(await asyncio.to_thread(_remove, place.path), self.late_s())

    async def remove_tree(self, place: Place) -> None:
        """Remove a folder with all that is in it."""
        with _refusals():
            place.pool.release(await asyncio.to_thread(_remove_tree, place.path), self.late_s())

    async def find_entry(self, place: Place) -> disk_tree.Entry | None:
        """Return what lies at a place; None if nothing does."""
        return await asyncio.to_thread(disk_tree.find_entry, place.pool.folder, place.path)

    async def list_entries(self) -> list[tuple[Pool, disk_tree.Entry]]:
        """List everything on mounted pools."""
        listed: list[tuple[Pool, disk_tree.Entry]] = []
        for pool in self.pools.by_name.values():
            if pool.mounted:
                entries = await asyncio.to_thread(disk_tree.list_tree, pool.folder, with_content=True)
                listed += [(pool, entry) for entry in entries]
        return listed


@contextmanager
def _refusals() -> "Iterator[None]":
    try:
        yield
    except OSError as error:
        raise Failure(_FAILURES.get(error.errno or 0, _plain(error))) from error


def _plain(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return NOT_A_FILE
    return f"failure: {(error.strerror or 'input/output error').lower()}"


def _open_folder(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return disk_tree.measure_tree(folder)


def _remove(path: Path) -> int:
    if path.is_dir():
        path.rmdir()
        return 0
    size_bytes = path.lstat().st_size
    path.unlink()
    return size_bytes


def _remove_tree(path: Path) -> int:
    size_bytes = disk_tree.measure_tree(path)
    shutil.rmtree(path)
    return size_bytes
