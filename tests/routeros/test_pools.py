"""A pool is believed in only when it is mounted and is the one that the settings name."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.pools import Pool
from rds_csi_async.routeros.pools import parse_pools, render_ensure_free, render_guard, render_pools
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
    (pool,) = parse_pools([{"slot": "other"}, ROW], [BTRFS_SETTINGS]).ensure_all()
    assert pool.pool == Pool("fast", "btrfs", 1000, 400)
    assert (pool.mount_point, pool.label, pool.has_subvolumes) == ("pool1", "label1", True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fs": "exfat"}, r"'pool1' is formatted as exfat, which holds no volumes: use btrfs, ext4, xfs"),
        ({"mount-read-only": True}, r"mounted read-only: set mount-read-only=no"),
    ],
)
def test_a_pool_that_can_hold_no_volumes_is_told_why(change: dict[str, object], said: str) -> None:
    """With what to do about it."""
    with pytest.raises(NotReadyError, match=said):
        parse_pools([{**ROW, **change}], [BTRFS_SETTINGS]).ensure_all()


def test_a_file_system_without_a_label_is_called_by_its_slot() -> None:
    """As `/disk/btrfs/subvolume` does."""
    (pool,) = parse_pools([{**ROW, "fs-label": ""}], [BTRFS_SETTINGS]).ensure_all()
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
        {"fs": "fat32"},
        {"fs": "nfs"},
        {"mount-read-only": "yes"},
    ],
)
def test_any_other_pool_is_not_ready(change: dict[str, object]) -> None:
    """Not there, not mounted, or not the same file system; the message names the pool."""
    with pytest.raises(NotReadyError, match="'fast'"):
        parse_pools([{**ROW, **change}], [BTRFS_SETTINGS]).ensure_all()


@pytest.mark.parametrize("name", ["mounted", "fs-uuid", "mount-point"])
def test_a_pool_that_does_not_say_is_not_ready(name: str) -> None:
    """Absent is never taken for good."""
    with pytest.raises(NotReadyError, match="'fast'"):
        parse_pools([{key: value for key, value in ROW.items() if key != name}], [BTRFS_SETTINGS]).ensure_all()


@pytest.mark.parametrize("name", ["size", "free", "fs"])
def test_a_pool_without_its_numbers_is_an_error(name: str) -> None:
    """That names the field."""
    with pytest.raises(ApplianceError, match=name):
        parse_pools([{key: value for key, value in ROW.items() if key != name}], [BTRFS_SETTINGS])


def test_one_missing_pool_leaves_the_others() -> None:
    """What is there is given, and what is not says why."""
    shown = parse_pools([ROW], [BTRFS_SETTINGS, EXT4.settings])
    assert [each.settings.name for each in shown.mounted] == ["fast"]
    assert shown.find_holder("/pool1/a.img") == shown.get("fast") == shown.find("fast")
    assert shown.find("slow") is None
    assert shown.find(None) is None
    for call in (shown.ensure_all, lambda: shown.get("slow"), lambda: shown.get("nobody")):
        with pytest.raises(NotReadyError, match=r"'slow'.*no disk 'pool2'|'nobody'"):
            call()


def test_room_is_looked_for_beside_the_reserve() -> None:
    """By the pool's slot, and in a number that the appliance can hold."""
    kept = replace(BTRFS, settings=replace(BTRFS_SETTINGS, reserve_bytes=10))
    look, check = render_ensure_free(kept, 100).split(";")
    assert look == ':local xV [/disk/get ([/disk/find where slot="pool1"]->0) free]'
    assert check.startswith(':if ($xV < 110) do={:error ("xfull ')
    assert f"$xV < {(1 << 63) - 1}" in render_ensure_free(kept, (1 << 63) - 5)


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
