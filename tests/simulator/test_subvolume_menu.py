"""Subvolumes are folders that know they are some."""

import asyncio

import pytest

from rds_csi_async.simulator.state import StateFile
from rds_csi_async.simulator.storage import Storage
from tests.simulator.conftest import GIB, Bench

ADD = "/disk/btrfs/subvolume/add fs=pool1 name=v1"
REMOVE = "/disk/btrfs/subvolume/remove [find where name=v1]"


async def test_a_disk_in_a_subvolume_of_its_own(bench: Bench) -> None:
    """It goes with the subvolume, once it is exported no more."""
    await bench.run(ADD)
    await bench.run("/disk/add type=file file-path=pool1/v1/disk.img file-size=1G slot=a nvme-tcp-export=yes")
    assert await bench.run(REMOVE) == "failure: disk is in use (/disk/btrfs/subvolume/remove; line 1)\n"
    await bench.run("/disk/remove a")
    assert await bench.run(REMOVE) == ""
    assert await bench.value('[:len [/file/find where name~"v1"]]') == "0"
    assert await bench.value("[/disk/get pool1 free]") == str(10 * GIB)


@pytest.mark.parametrize("moment", ["note", "make_folder"])
async def test_one_that_was_half_made_can_be_made(bench: Bench, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the appliance lost its power: the folder alone would be in the way for ever."""

    async def lose_power(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(StateFile if moment == "note" else Storage, moment, lose_power)
        with pytest.raises(asyncio.CancelledError):
            await bench.run(ADD)
    await bench.open()
    assert await bench.value("[:len [/disk/btrfs/subvolume/find]]") == "0"
    assert await bench.run(ADD) == ""
    await bench.open()
    assert await bench.value("[:len [/disk/btrfs/subvolume/find]]") == "1"


async def test_a_snapshot_is_a_copy(bench: Bench) -> None:
    """What is written to one is not in the other."""
    await bench.run(ADD + "; /file/add name=pool1/v1/x contents=old")
    assert await bench.run("/disk/btrfs/subvolume/add fs=pool1 name=s1 parent=v1 read-only=yes") == ""
    await bench.run("/file/set pool1/v1/x contents=new")
    assert await bench.value("[/file/get pool1/s1/x contents]") == "old"
    assert await bench.value("[/disk/btrfs/subvolume/get [find name=s1] read-only]") == "true"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (ADD, "failure: file already exists"),
        ("/disk/btrfs/subvolume/add fs=store name=x", "input does not match any value of fs"),
        ("/disk/btrfs/subvolume/add fs=none name=x", "input does not match any value of fs"),
        ("/disk/btrfs/subvolume/add fs=pool1 name=x parent=none", "failure: no such file or directory"),
        ("/disk/btrfs/subvolume/add fs=pool1 name=a/b", "failure: no such file or directory"),
        ("/disk/btrfs/subvolume/add fs=pool1", "missing value(s) of argument(s) name"),
    ],
)
async def test_refusals(bench: Bench, line: str, error: str) -> None:
    """There is one subvolume still."""
    await bench.run(ADD)
    assert await bench.run(line) == f"{error} (/disk/btrfs/subvolume/add; line 1)\n"
    assert await bench.value("[:len [/disk/btrfs/subvolume/find]]") == "1"


async def test_one_whose_folder_was_removed_is_gone(bench: Bench) -> None:
    """As is one whose pool is not mounted."""
    await bench.run(ADD + "; /disk/btrfs/subvolume/add fs=pool1 name=v2; /file/remove pool1/v1")
    assert await bench.value("[/disk/btrfs/subvolume/get [find] name]") == "v2"
    bench.storage.pools.by_name["pool1"].mounted = False
    assert await bench.value("[:len [/disk/btrfs/subvolume/find]]") == "0"
