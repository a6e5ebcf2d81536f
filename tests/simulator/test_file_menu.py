"""Files are what is really there."""

import pytest

from rds_csi_async.simulator.settings import SimulatorSettings
from tests.simulator.conftest import GIB, POOLS, Bench


async def test_names_types_and_sizes(bench: Bench) -> None:
    """No leading slash; the type is the extension; folders have no size."""
    await bench.add_disk("a", "1M")
    await bench.run('/file/add name=pool1/sub type=directory; /file/add name=pool1/sub/x.txt contents="hi"')
    rows = '[/file/print as-value proplist=name,type,size where name~"pool1"]'
    line = f':foreach r in={rows} do={{:put "$($r->"name") $($r->"type") $($r->"size")"}}'
    listed = "pool1 disk \npool1/a.img .img file 1048576\npool1/sub directory \npool1/sub/x.txt .txt file 2\n"
    assert await bench.run(line) == listed


async def test_contents_are_read_and_written(bench: Bench) -> None:
    """Images have none."""
    await bench.add_disk("a", "1M")
    await bench.run('/file/add name=/pool1/x contents="one"; /file/set pool1/x contents="three"')
    assert await bench.value("[/file/get pool1/x contents]") == "three"
    assert await bench.value("[:typeof [/file/get pool1/a.img contents]]") == "nothing"


async def test_removing_gives_the_space_back(bench: Bench) -> None:
    """At once, here."""
    await bench.add_disk("a", "1G")
    await bench.run("/disk/remove a; /file/remove pool1/a.img")
    assert await bench.value("[/disk/get pool1 free]") == str(10 * GIB)


async def test_what_is_removed_may_go_later(bench: Bench) -> None:
    """It is shown, and its room is taken, until then; one that is made anew is the new one."""
    await bench.add_disk("a", "1G")
    bench.faults.late_deletion_s = 3600
    await bench.run("/disk/remove a; /file/remove pool1/a.img")
    look = ':put [:len [/file/find where name=pool1/a.img]]; :put [:len [/file/find where name~"a.img"]]'
    assert await bench.run(look) == "1\n1\n"
    assert await bench.value("[/disk/get pool1 free]") == str(9 * GIB)
    await bench.add_disk("a", "2G")
    assert await bench.run(look + "; :put [/file/get pool1/a.img size]") == f"1\n1\n{2 * GIB}\n"
    assert await bench.value("[/disk/get pool1 free]") == str(7 * GIB)


async def test_what_goes_later_has_gone_then(bench: Bench) -> None:
    """With its room."""
    await bench.add_disk("a", "1G")
    bench.faults.late_deletion_s = 1e-9
    await bench.run("/disk/remove a; /file/remove pool1/a.img")
    assert await bench.value("[:len [/file/find where name=pool1/a.img]]") == "0"
    assert await bench.value("[/disk/get pool1 free]") == str(10 * GIB)


async def test_a_file_that_is_named_is_found_without_a_listing(bench: Bench) -> None:
    """So is a pool, and a file by its id."""
    await bench.run("/file/add name=pool1/x contents=one")
    line = ":local i [/file/find where name=pool1/x]; :put [/file/get ($i->0) contents]; :put [/file/find where .id=$i]"
    assert (await bench.run(line)).startswith("one\n")
    assert await bench.value("[:len [/file/find where name=pool1]]") == "1"
    assert await bench.value("[:len [/file/find where name=/pool1/x]]") == "0"
    assert bench.counters.listings["/file"] == 1


async def test_a_file_is_copied(bench: Bench) -> None:
    """Content and holes, into room of its own; not over another, and not before 7.23."""
    await bench.add_disk("a", "1G")
    await bench.run("/file/add name=pool1/x contents=one; /file/copy pool1/x name=pool1/y")
    assert await bench.run("/file/copy pool1/a.img name=/pool1/b.img") == ""
    assert await bench.value("[/file/get pool1/y contents]") == "one"
    assert await bench.value("[/file/get pool1/b.img size]") == str(GIB)
    assert await bench.value("[/disk/get pool1 free]") == str(8 * GIB - 6)
    assert await bench.run("/file/copy pool1/x name=pool1/y") == "failure: file already exists (/file/copy; line 1)\n"
    assert "no such file" in await bench.run("/file/copy pool1/x name=pool1/none/y")
    assert await bench.value("[/disk/get pool1 free]") == str(8 * GIB - 6)
    bench.settings = SimulatorSettings(bench.root, POOLS, version="7.22.1")
    await bench.open()
    assert "bad command name copy" in await bench.run("/file/copy pool1/x name=pool1/z")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/file/remove pool1/a.img", "failure: file is in use (/file/remove; line 1)"),
        ("/file/set pool1/a.img contents=x", "failure: file is in use (/file/set; line 1)"),
        ("/file/remove pool1/full", "failure: directory not empty (/file/remove; line 1)"),
        ("/file/remove pool1", "failure: no such file or directory (/file/remove; line 1)"),
        ("/file/remove pool1/none", "no such item (/file/remove; line 1)"),
        ("/file/add name=pool1/full type=directory", "failure: file already exists (/file/add; line 1)"),
        ("/file/add name=pool1/full/x", "failure: file already exists (/file/add; line 1)"),
        ("/file/add name=pool1/none/x", "failure: no such file or directory (/file/add; line 1)"),
        ("/file/add name=elsewhere", "failure: no such file or directory (/file/add; line 1)"),
        ("/file/set pool1/full/x type=y", "missing value(s) of argument(s) contents (/file/set; line 1)"),
    ],
)
async def test_refusals(bench: Bench, line: str, error: str) -> None:
    """Nothing is lost."""
    await bench.add_disk("a", "1M", "nvme-tcp-export=yes")
    await bench.run("/file/add name=pool1/full type=directory; /file/add name=pool1/full/x contents=keep")
    assert await bench.run(line) == error + "\n"
    assert await bench.value("[/file/get pool1/full/x contents]") == "keep"
    assert await bench.value("[:len [/file/find]]") == "5"
