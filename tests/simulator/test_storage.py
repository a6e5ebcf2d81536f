"""Files take space from their pool, and give it back."""

import asyncio
from pathlib import Path

import pytest

from rds_csi_async.simulator.failures import FOLDER_NOT_EMPTY, NO_SUCH_FOLDER, NOT_A_FILE, NOT_ENOUGH_SPACE, Failure
from rds_csi_async.simulator.pools import PoolSettings
from rds_csi_async.simulator.storage import Storage

POOL = PoolSettings("p", "btrfs", 1000, "uuid")


@pytest.fixture
async def storage(tmp_path: Path) -> Storage:
    """Open a pool of 1000 bytes."""
    storage = Storage(tmp_path, [POOL])
    await storage.open()
    return storage


async def test_growth_takes_and_shrinking_gives(storage: Storage) -> None:
    """To the byte; a refusal changes nothing."""
    place, pool = storage.get_place("p/a"), storage.pools.by_name["p"]
    await storage.set_size(place, 600)
    with pytest.raises(Failure, match=NOT_ENOUGH_SPACE):
        await storage.set_size(place, 1001)
    assert (pool.free_bytes, await storage.find_size(place)) == (400, 600)
    await storage.set_size(place, 100)
    assert pool.free_bytes == 900
    await storage.remove(place)
    assert pool.free_bytes == 1000


async def test_what_fails_takes_no_space(storage: Storage) -> None:
    """A folder that is missing, a folder in a file's place."""
    with pytest.raises(Failure, match=NO_SUCH_FOLDER):
        await storage.set_size(storage.get_place("p/none/a"), 10)
    await storage.make_folder(storage.get_place("p/f"))
    with pytest.raises(Failure, match=NOT_A_FILE):
        await storage.set_size(storage.get_place("p/f"), 10)
    assert storage.pools.by_name["p"].free_bytes == 1000


async def test_a_restart_measures_what_is_there(storage: Storage, tmp_path: Path) -> None:
    """Whoever put it there."""
    await storage.write(storage.get_place("p/a"), b"12345")
    again = Storage(tmp_path, [POOL])
    await again.open()
    assert again.pools.by_name["p"].used_bytes == 5


async def test_folders_are_copied_and_removed_with_what_is_in_them(storage: Storage) -> None:
    """A copy takes its space once more."""
    source, copy = storage.get_place("p/f"), storage.get_place("p/g")
    await storage.make_folder(source)
    await storage.write(storage.get_place("p/f/a"), b"x" * 400)
    await storage.copy_folder(source, copy)
    with pytest.raises(Failure, match=NOT_ENOUGH_SPACE):
        await storage.copy_folder(source, storage.get_place("p/h"))
    with pytest.raises(Failure, match=FOLDER_NOT_EMPTY):
        await storage.remove(source)
    assert [entry.relative for _, entry in await storage.list_entries()] == ["f", "f/a", "g", "g/a"]
    await storage.remove_tree(source)
    assert await asyncio.to_thread((copy.path / "a").read_bytes) == b"x" * 400
    assert storage.pools.by_name["p"].free_bytes == 600


@pytest.mark.parametrize("name", ["p", "other/a", "p/../a"])
async def test_places_that_no_file_can_have(storage: Storage, name: str) -> None:
    """Least of all the pool's own."""
    with pytest.raises(Failure, match=NO_SUCH_FOLDER):
        storage.get_place(name)
