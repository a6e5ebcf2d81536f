"""Paths lead to pools that are mounted, and nowhere else; space is what is left."""

from pathlib import Path

import pytest

from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.pools import Pool, Pools, PoolSettings

SETTINGS = PoolSettings("pool1", "btrfs", 100, "uuid", fs_label="store")


@pytest.fixture
def pools() -> Pools:
    """Have one pool."""
    return Pools({"pool1": Pool(SETTINGS, Path("/root/pool1"))})


@pytest.mark.parametrize("name", ["pool1/a/b.img", "/pool1/a/b.img"])
def test_a_path_with_or_without_leading_slash(pools: Pools, name: str) -> None:
    """Both name the same place."""
    place = pools.find_place(name)
    assert place is not None
    assert (place.name, place.path, place.is_root) == ("pool1/a/b.img", Path("/root/pool1/a/b.img"), False)


@pytest.mark.parametrize(
    "name", ["", "other/a", "pool1/../a", "pool1//a", "pool1/./a", "pool1/", "//pool1/a", "pool1/a\0"]
)
def test_paths_that_lead_nowhere(pools: Pools, name: str) -> None:
    """Least of all out of the pool."""
    assert pools.find_place(name) is None


def test_an_unmounted_pool_is_not_there(pools: Pools) -> None:
    """Neither by path nor by file system."""
    assert pools.find_by_file_system("store") is pools.find_by_file_system("pool1") is pools.by_name["pool1"]
    pools.by_name["pool1"].mounted = False
    assert pools.find_place("pool1/a") is None
    assert pools.find_by_file_system("store") is None


def test_space_runs_out(pools: Pools) -> None:
    """To the byte, and comes back."""
    pool = pools.by_name["pool1"]
    pool.take(100)
    with pytest.raises(Failure, match="not enough space"):
        pool.take(1)
    pool.take(-40)
    assert pool.free_bytes == 40


def test_the_label_is_the_name_unless_given() -> None:
    """As most administrators have it."""
    assert (SETTINGS.label, PoolSettings("p", "xfs", 1, "u").label) == ("store", "p")
