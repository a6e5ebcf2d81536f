"""Disks have real files, take real space, and are told to the exporter."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.conftest import GIB, Bench

NQN = "nqn.2026-11.io:a.1"


async def _size(bench: Bench, name: str) -> int:
    return (await asyncio.to_thread((bench.root / "pools" / name).stat)).st_size


async def _exports(bench: Bench) -> list[dict[str, Any]]:
    def read(folder: Path) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in sorted(folder.iterdir())]

    return await asyncio.to_thread(read, bench.root / "exports")


async def _free(bench: Bench) -> int:
    return int(await bench.value("[/disk/get pool1 free]"))


async def test_a_disk_has_a_sparse_file_and_takes_its_whole_size(bench: Bench) -> None:
    """As the appliance allocates it."""
    assert await bench.add_disk("a", "1G") == ""
    assert await _size(bench, "pool1/a.img") == GIB
    assert await _free(bench) == 9 * GIB


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("file-path=pool1/b.img file-size=10G slot=b", "failure: not enough space"),
        ("file-path=pool1/b.img file-size=1M slot=a", "failure: already have such item"),
        ("file-path=pool1/b.img file-size=1M slot=pool1", "failure: already have such item"),
        (f"file-path=pool1/b.img file-size=1M slot={'b' * 33}", "failure: slot name too long"),
        ("file-path=pool1/none/b.img file-size=1M slot=b", "failure: no such file or directory"),
        ("file-path=other/b.img file-size=1M slot=b", "failure: no such file or directory"),
        ("file-path=pool1/../b.img file-size=1M slot=b", "failure: no such file or directory"),
        ("file-path=pool1/b.img slot=b", "missing value(s) of argument(s) file-size"),
        ("file-size=1M slot=b", "missing value(s) of argument(s) file-path"),
        ("file-path=pool1/b.img file-size=0 slot=b", "invalid value for argument file-size"),
        ("file-path=pool1/b.img file-size=big slot=b", "invalid value for argument file-size"),
        ("file-path=pool1/a.img slot=b", "failure: file is in use"),
        (
            f"file-path=pool1/b.img file-size=1M slot=b nvme-tcp-export=yes nvme-tcp-server-nqn={NQN}",
            "failure: already have export with such nqn",
        ),
    ],
)
async def test_what_cannot_be_added(bench: Bench, arguments: str, error: str) -> None:
    """It leaves no entry, no file and no space taken."""
    await bench.add_disk("a", "1G", f"nvme-tcp-export=yes nvme-tcp-server-nqn={NQN}")
    assert await bench.run(f"/disk/add type=file {arguments}") == f"{error} (/disk/add; line 1)\n"
    assert await bench.value("[:len [/disk/find where type=file]]") == "1"
    assert await bench.value('[:len [/file/find where name="pool1/b.img"]]') == "0"
    assert await _free(bench) == 9 * GIB


async def test_of_two_adds_of_one_slot_one_wins(bench: Bench) -> None:
    """At the same time too: it is a test-and-set."""
    replies = await asyncio.gather(bench.add_disk("a"), bench.add_disk("a"), bench.add_disk("a"))
    assert sorted(replies) == ["", *["failure: already have such item (/disk/add; line 1)\n"] * 2]
    assert await _free(bench) == 9 * GIB


async def test_growing_takes_the_difference(bench: Bench) -> None:
    """The size is that of the file."""
    await bench.add_disk("a", "1G")
    assert await bench.run("/disk/set a file-size=3G") == ""
    assert (await _size(bench, "pool1/a.img"), await _free(bench)) == (3 * GIB, 7 * GIB)
    assert await bench.value("[/disk/get a size]") == str(3 * GIB)
    assert await bench.run("/disk/set a file-size=20G") == "failure: not enough space (/disk/set; line 1)\n"
    assert await bench.value("[/disk/get a size]") == str(3 * GIB)


async def test_shrinking_cuts_the_file_off(bench: Bench) -> None:
    """Nothing protects what is in it."""
    await bench.add_disk("a", "1G")
    await bench.run("/disk/set a file-size=1000")
    assert (await _size(bench, "pool1/a.img"), await bench.value("[/disk/get a size]")) == (1000, "512")


async def test_removing_leaves_the_file(bench: Bench) -> None:
    """A new entry adopts it, unless it is larger than what is asked for."""
    await bench.add_disk("a", "1G")
    await bench.run("/disk/remove a")
    assert (await _size(bench, "pool1/a.img"), await _free(bench)) == (GIB, 9 * GIB)
    assert "failure: file already exists" in await bench.add_disk("a", "1M")
    assert await bench.add_disk("a", "2G") == ""
    assert await _free(bench) == 8 * GIB


async def test_an_export_comes_with_its_switch_and_goes_with_it(bench: Bench) -> None:
    """A new name takes the place of the old one, a new size that of the old size."""
    await bench.add_disk("a", "1M")
    assert await _exports(bench) == []
    await bench.run(f"/disk/set a nvme-tcp-export=yes nvme-tcp-server-nqn={NQN} nvme-tcp-server-allow-host-name=h")
    shown = {"nqn": NQN, "size": 1 << 20, "allowed_host": "h", "port": 4420}
    assert await _exports(bench) == [{**shown, "file": str(bench.root / "pools/pool1/a.img")}]
    await bench.run("/disk/set a nvme-tcp-server-nqn=nqn.b file-size=2M")
    assert [(export["nqn"], export["size"]) for export in await _exports(bench)] == [("nqn.b", 2 << 20)]
    await bench.run("/disk/set a nvme-tcp-export=no")
    assert await _exports(bench) == []
    await bench.run("/disk/set a nvme-tcp-export=yes; /disk/remove a")
    assert await _exports(bench) == []


async def test_a_restart_serves_what_was_exported(bench: Bench) -> None:
    """With the default name where none was given."""
    await bench.add_disk("a", "1M", "nvme-tcp-export=yes")
    await Bench(bench.root).open()
    assert [export["nqn"] for export in await _exports(bench)] == ["nqn.2000-02.com.mikrotik:a"]


async def test_pools_only_take_a_comment(bench: Bench) -> None:
    """They are not ours to change."""
    for line in ("/disk/set pool1 slot=x", "/disk/remove pool1", "/disk/add type=nfs slot=n"):
        assert "can not change" in await bench.run(line)
    assert await bench.run("/disk/set pool1 comment=x; :put [/disk/get pool1 comment]") == "x\n"


async def test_an_unmounted_pool(bench: Bench) -> None:
    """The appliance answers, but has no such file system and no such files."""
    await bench.add_disk("a", "1M")
    bench.storage.pools.by_name["pool1"].mounted = False
    assert await bench.value("[/disk/get pool1 mounted]") == "false"
    assert await bench.value("[:typeof [/disk/get pool1 free]]") == "nothing"
    assert "no such file" in await bench.add_disk("b", "1M")
    assert await bench.value("[:len [/file/find]]") == "1"


async def test_an_entry_without_slot_gets_one(bench: Bench) -> None:
    """And a type of its own is required."""
    await bench.run("/disk/add type=file file-path=pool1/x file-size=1M")
    assert await bench.value("[/disk/get [find type=file] slot]") == "file1"


async def test_slots_can_be_renamed_but_not_to_a_taken_one(bench: Bench) -> None:
    """The id stays."""
    await bench.add_disk("a", "1M")
    await bench.add_disk("b", "1M")
    assert "already have" in await bench.run("/disk/set a slot=b")
    assert await bench.run("/disk/set a slot=c; :put [/disk/find where slot=c]") == "*3\n"


async def test_an_entry_is_found_by_its_id_alone(bench: Bench) -> None:
    """As it is listed; what is no entry is not."""
    await bench.add_disk("a")
    assert await bench.value('([/disk/get *3]->"slot")') == "a"
    assert await bench.run(":put [/disk/get *99]") == "no such item (/disk/get; line 1)\n"
    await bench.run("/disk/remove *3")
    assert await bench.run(":put [/disk/get *3]") == "no such item (/disk/get; line 1)\n"
