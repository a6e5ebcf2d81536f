"""The verbs find their items, and do nothing to any other."""

import json

import pytest

from rds_csi_async.simulator.state import StateFile
from tests.simulator.conftest import Bench


@pytest.fixture
async def disks(bench: Bench) -> Bench:
    """Have two disks, `a` (id 3) and `b` (id 4)."""
    await bench.add_disk("a", "1M")
    await bench.add_disk("b", "2M")
    return bench


async def test_another_rows_properties_are_taken_where_none_are_given(disks: Bench) -> None:
    """Not its slot, its file or its name in the network; what lies in its file is not copied."""
    await disks.run("/disk/set a comment=c nvme-tcp-export=yes nvme-tcp-server-nqn=n nvme-tcp-server-port=4421")
    line = "/disk/add copy-from=[find slot=a] slot=s file-path=pool1/s.img file-size=3M"
    assert await disks.run(line) == ""
    row = json.loads(await disks.value("[:serialize to=json value=[/disk/print detail as-value where slot=s]]"))[0]
    assert (row["comment"], row["file-size"], row["nvme-tcp-server-port"]) == ("c", 3 << 20, 4421)
    assert row["nvme-tcp-server-nqn"] == "nqn.2000-02.com.mikrotik:s"
    assert "no such item" in await disks.run("/disk/add copy-from=nobody slot=t file-path=pool1/t")


async def test_print_as_value(disks: Bench) -> None:
    """An array of maps even for one row; the id is always there; without brackets nothing is written."""
    row = json.loads(await disks.value("[:serialize to=json value=[/disk/print as-value proplist=slot where slot=a]]"))
    assert row == [{".id": "*3", "slot": "a"}]
    brief = json.loads(await disks.value("[:serialize to=json value=[/disk/print as-value where slot=a]]"))
    assert "file-size" not in brief[0]
    assert {"model", "mounted"} <= brief[0].keys()
    assert await disks.run("/disk/print as-value") == ""


async def test_counting(disks: Bench) -> None:
    """Written alone, returned in brackets; each verb is told to who counts."""
    assert await disks.run("/disk/print count-only where type=file") == "2\n"
    assert await disks.run(":put [/disk/print count-only]") == "4\n"
    assert disks.counters.verbs == {"/disk/add": 2, "/disk/print": 2}


@pytest.mark.parametrize(
    ("condition", "found", "listings"),
    [
        ("slot=a", "*3", 0),
        ('slot="a" and type=file', "*3", 0),
        ("(slot=[:tostr a])", "*3", 1),
        ("slot=$name", "*3", 0),
        ("type=file slot=a", "*3", 0),
        (".id=*4", "*4", 0),
        ("slot=pool1", "*1", 0),
        ("slot=a type=raid", "", 0),
        ("slot=nobody", "", 0),
        ("slot=slot type=file", "*3;*4", 1),
        ("slot=a or slot=b", "*3;*4", 1),
        ("slot!=a type=file", "*4", 1),
    ],
)
async def test_a_row_that_is_named_is_found_without_a_listing(
    disks: Bench, condition: str, found: str, listings: int
) -> None:
    """What else is asked of it has to hold too."""
    assert await disks.run(f":local name a; :put [/disk/find where {condition}]") == f"{found}\n"
    assert disks.counters.listings["/disk"] == listings


async def test_get_all(disks: Bench) -> None:
    """A map with the id."""
    assert await disks.value('([/disk/get *3]->".id")') == "*3"


async def test_many_rows(disks: Bench) -> None:
    """A listing of many lets others run in between, and misses none."""
    for number in range(150):
        disks.tables.state.disks[100 + number] = {
            "type": "file", "slot": f"s{number}", "file-path": f"/pool1/s{number}", "file-size": 512,
        }  # fmt: skip
    await StateFile(disks.root / "appliance.json").save(disks.tables.state)
    again = await Bench(disks.root).open()
    assert await again.value('[:len [/disk/find where slot~"^s"]]') == "150"
    printed = (await again.run('/disk/print where slot~"^s"')).splitlines()
    assert [line.split()[2] for line in printed[3:]] == [f"s{number}" for number in range(150)]
