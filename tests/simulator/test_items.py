"""A command's items are found by each of their names, and no other is touched."""

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


async def test_ids_are_found_without_a_listing(disks: Bench) -> None:
    """A table may be long; a pool is found too."""
    await disks.run("/disk/set [find where slot=a] comment=x; :put [/disk/get *1 slot]; /disk/remove *4")
    assert disks.counters.listings == {}
    assert await disks.value("[/disk/find where type=file]") == "*3"
    assert disks.counters.listings == {"/disk": 1}
