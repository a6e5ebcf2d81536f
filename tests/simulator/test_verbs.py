"""The verbs find their items, and do nothing to any other."""

import json

import pytest

from tests.simulator.conftest import Bench


@pytest.fixture
async def disks(bench: Bench) -> Bench:
    """Have two disks, `a` (id 3) and `b` (id 4)."""
    await bench.add_disk("a", "1M")
    await bench.add_disk("b", "2M")
    return bench


@pytest.mark.parametrize("item", ["*3", "a", '"a"', "[find slot=a]", "([find slot=a]->0)", "{*3}", '[:toid "*3"]'])
async def test_an_item_by_id_name_or_list(disks: Bench, item: str) -> None:
    """Each of them names the same row."""
    line = f"/disk/set {item} comment=x"
    if item == "{*3}":
        assert "syntax error" in await disks.run(line)
        return
    assert await disks.run(line) == ""
    assert await disks.value("[/disk/find where comment=x]") == "*3"


async def test_a_number_is_a_row_of_the_last_print(disks: Bench) -> None:
    """Of this console; without a print it names nothing."""
    console = disks.console([])
    await console.run_line("/disk/set 3 comment=early; /disk/print where type=file")
    await console.run_line("/disk/print where type=file; /disk/set 0,1 comment=x")
    assert await disks.value("[/disk/find where comment]") == "*3;*4"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/disk/set *99 comment=x", "no such item (/disk/set; line 1)"),
        ("/disk/set nobody comment=x", "no such item (/disk/set; line 1)"),
        ("/disk/set comment=x", "missing value(s) of argument(s) numbers (/disk/set; line 1)"),
        ("/disk/remove $none", "expected item id (/disk/remove; line 1)"),
        (":put [/disk/get *3 nope]", "input does not match any value of value-name (/disk/get; line 1)"),
        (":put [/disk/get *3 .id]", "input does not match any value of value-name (/disk/get; line 1)"),
        (":put [/disk/get slot]", "no such item (/disk/get; line 1)"),
        (":put [/disk/get [find] slot]", "expected item id (/disk/get; line 1)"),
        (":put [/disk/get]", "missing value(s) of argument(s) number (/disk/get; line 1)"),
        ("/disk/add slot=x", "missing value(s) of argument(s) type (/disk/add; line 1)"),
    ],
)
async def test_refusals(disks: Bench, line: str, error: str) -> None:
    """With the verb in the tail."""
    assert await disks.run(line) == error + "\n"


async def test_an_empty_list_is_silently_nothing_to_do(disks: Bench) -> None:
    """So whoever removes must count first."""
    assert await disks.run("/disk/remove [find slot=nobody]; /disk/set [find slot=nobody] comment=x") == ""


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
    assert disks.counted == ["add", "add", "print", "print"]


async def test_get_all(disks: Bench) -> None:
    """A map with the id."""
    assert await disks.value('([/disk/get *3]->".id")') == "*3"


async def test_many_rows(disks: Bench) -> None:
    """A listing of many lets others run in between, and misses none."""
    for number in range(150):
        disks.tables.state.disks[100 + number] = {
            "type": "file", "slot": f"s{number}", "file-path": f"/pool1/s{number}", "file-size": 512,
        }  # fmt: skip
    again = Bench(disks.root)
    await disks.run("/disk/set a comment=save")
    await again.open()
    assert await again.value('[:len [/disk/find where slot~"^s"]]') == "150"
