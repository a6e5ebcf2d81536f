"""A pool is believed in only when it is mounted and is the one that the settings name."""

import pytest

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.pools import Pool
from rds_csi_async.routeros.pools import parse_pools, render_guard, render_pools
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.rows import Row
from tests.routeros.examples import BTRFS, BTRFS_SETTINGS, EXT4, POOLS, SLOT

ROW: Row = {
    "slot": "pool1",
    "fs": "btrfs",
    "fs-uuid": BTRFS_SETTINGS.fs_uuid,
    "fs-label": "label1",
    "mounted": True,
    "mount-point": "pool1",
    "size": "1000",
    "free": 400,
}


def test_a_mounted_pool_is_read() -> None:
    """Numbers as text or not."""
    (pool,) = parse_pools([{"slot": "other"}, ROW], [BTRFS_SETTINGS])
    assert pool.pool == Pool("fast", "btrfs", 1000, 400)
    assert (pool.mount_point, pool.label, pool.has_subvolumes) == ("pool1", "label1", True)


def test_a_file_system_without_a_label_is_called_by_its_slot() -> None:
    """As `/disk/btrfs/subvolume` does."""
    (pool,) = parse_pools([{**ROW, "fs-label": ""}], [BTRFS_SETTINGS])
    assert pool.label == "pool1"


@pytest.mark.parametrize(
    "change",
    [
        {"slot": "pool3"},
        {"mounted": False},
        {"mounted": "no"},
        {"mount-point": ""},
        {"fs-uuid": "another"},
        {"fs-uuid": ""},
    ],
)
def test_any_other_pool_is_not_ready(change: dict[str, object]) -> None:
    """Not there, not mounted, or not the same file system; the message names the pool."""
    with pytest.raises(NotReadyError, match="'fast'"):
        parse_pools([{**ROW, **change}], [BTRFS_SETTINGS])


@pytest.mark.parametrize("name", ["mounted", "fs-uuid", "mount-point"])
def test_a_pool_that_does_not_say_is_not_ready(name: str) -> None:
    """Absent is never taken for good."""
    with pytest.raises(NotReadyError, match="'fast'"):
        parse_pools([{key: value for key, value in ROW.items() if key != name}], [BTRFS_SETTINGS])


@pytest.mark.parametrize("name", ["size", "free", "fs"])
def test_a_pool_without_its_numbers_is_an_error(name: str) -> None:
    """That names the field."""
    with pytest.raises(ApplianceError, match=name):
        parse_pools([{key: value for key, value in ROW.items() if key != name}], [BTRFS_SETTINGS])


def test_files_lie_where_they_will_for_ever() -> None:
    """A subvolume of its own on Btrfs, one folder elsewhere; no leading slash, as `/file` writes names."""
    assert BTRFS.file_name(SLOT) == f"pool1/{SLOT}/disk.img"
    assert EXT4.file_name(SLOT) == f"pool2/images/{SLOT}.img"


def test_a_pool_holds_what_lies_below_it_alone() -> None:
    """A neighbour whose name begins alike is another one."""
    assert BTRFS.holds("/pool1/a.img")
    assert BTRFS.holds("pool1/a.img")
    assert not BTRFS.holds("/pool10/a.img")
    assert not BTRFS.holds("/pool1")


def test_every_pool_is_printed_and_guarded_exactly() -> None:
    """By slot, never by a pattern; and by file system, place and being mounted before a change."""
    assert all(f'where slot="{name}"]' in line for name, line in zip(["pool1", "pool2"], _printed(), strict=True))
    guard = render_guard(POOLS)
    assert guard[1] == (
        ':if ([:len [/disk/find where slot="pool2" fs-uuid="1c1ec1d5-ee3c-4d1c-b2d9-20ee53a2c1b2"'
        ' mount-point="/pool2" mounted]] != 1) do={:error "xpool slow"}'
    )
    assert len(guard) == len(POOLS)


def _printed() -> list[str]:
    return render_pools([each.settings for each in POOLS])
