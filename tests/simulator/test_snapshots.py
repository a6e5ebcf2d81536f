"""Safe mode gives back tables and files as they were; a backup gives back tables."""

import asyncio

import pytest

from tests.simulator.conftest import GIB, Bench

SIZES = ':foreach x in=[/file/find where type!=disk] do={:put ([/file/get $x name] . " " . [/file/get $x size])}'


async def test_safe_mode_gives_back_files(bench: Bench) -> None:
    """Made ones go, removed ones come back, resized ones have their size; room is as it was."""
    snapshots = bench.tables.snapshots
    await bench.run("/disk/btrfs/subvolume/add fs=pool1 name=v; /file/add name=pool1/f type=directory")
    for name in ("v/a", "f/b", "c"):
        await bench.run(f"/disk/add type=file file-path=pool1/{name} file-size=1G slot={name[-1]}")
    before = await bench.run(f"/disk/print detail; /disk/btrfs/subvolume/print; {SIZES}")
    held = await snapshots.hold()
    await bench.run("/disk/remove a; /disk/btrfs/subvolume/remove [find]; /disk/set b file-size=2G")
    await bench.run("/disk/remove c; /file/remove pool1/c; /file/add name=pool1/new type=directory")
    await bench.run("/disk/add type=file file-path=pool1/new/d file-size=1G slot=d")
    assert await bench.value("[/disk/get pool1 free]") == str(7 * GIB)
    await snapshots.let_go(held, undo=True)
    assert await bench.run(f"/disk/print detail; /disk/btrfs/subvolume/print; {SIZES}") == before
    assert await bench.value("[/disk/get pool1 free]") == str(7 * GIB)


async def test_safe_mode_can_be_held_again(bench: Bench) -> None:
    """Each time from then on."""
    snapshots = bench.tables.snapshots
    await snapshots.let_go(await snapshots.hold(), undo=False)
    await bench.add_disk("a", "1M")
    held = await snapshots.hold()
    await bench.run("/disk/remove a")
    await snapshots.let_go(held, undo=True)
    assert await bench.value("[:len [/disk/find where slot=a]]") == "1"


async def test_a_backup_survives_a_restart(bench: Bench) -> None:
    """It holds tables, and no files."""
    await bench.add_disk("a", "1M", "comment=old")
    await bench.tables.snapshots.back_up("b1")
    await bench.run("/disk/set a comment=new; /disk/set pool1 comment=p; /system/identity/set name=x")
    again = await Bench(bench.root).open()
    await again.tables.snapshots.restore("b1")
    assert await again.value("([/disk/get a comment] . [/disk/get pool1 comment])") == "old"
    assert await again.value("[/system/identity/get name]") == "MikroTik-RDS"


async def test_an_entry_may_come_back_without_its_file(bench: Bench) -> None:
    """It is there, and is not served."""
    await bench.add_disk("a", "1M", "nvme-tcp-export=yes nvme-tcp-server-nqn=nqn.a")
    await bench.tables.snapshots.back_up("b1")
    await bench.run("/disk/remove a; /file/remove pool1/a.img")
    await bench.tables.snapshots.restore("b1")
    assert await bench.value("[/disk/get a nvme-tcp-export]") == "true"
    assert not await asyncio.to_thread((bench.root / "exports" / "nqn.a.json").exists)


async def test_what_was_never_kept_cannot_be_restored(bench: Bench) -> None:
    """Nor be named so that it lies elsewhere."""
    with pytest.raises(KeyError, match="backup none"):
        await bench.tables.snapshots.restore("none")
    with pytest.raises(ValueError, match="no name of a backup"):
        await bench.tables.snapshots.back_up("a/b")


async def test_a_backup_holds_no_subvolumes(bench: Bench) -> None:
    """They are on the pool: what was made since is there, what was removed since is not."""
    await bench.run("/disk/btrfs/subvolume/add fs=pool1 name=old")
    await bench.tables.snapshots.back_up("b1")
    await bench.run("/disk/btrfs/subvolume/remove [find]; /disk/btrfs/subvolume/add fs=pool1 name=new")
    await bench.tables.snapshots.restore("b1")
    shown = await bench.run(":foreach x in=[/disk/btrfs/subvolume/find] do={:put [/disk/btrfs/subvolume/get $x name]}")
    assert shown == "new\n"
