"""Answers become one listing, or it is begun anew."""

import pytest

from rds_csi_async.routeros.listing import MOST_IDS, MOST_ROWS, Inventory
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.syntax import Reply
from tests.routeros.examples import BTRFS_SETTINGS

FITTING = 3  # rows that there is room for in an answer


def inventory() -> Inventory:
    """Begin a listing."""
    return Inventory([BTRFS_SETTINGS])


def answer(ids: list[int], total: int | str, rows: list[int]) -> Reply:
    """Give the answer that lists these ids and shows these rows."""
    shown = [{"ids": [f"*{each:X}" for each in ids]}] if ids else []
    return Reply((*shown, *row_answer(rows).rows), str(total))


def row_answer(rows: list[int]) -> Reply:
    """Give the answer that shows these rows."""
    return Reply(tuple({"disk": {"slot": f"rds1-{each}"}} for each in rows))


def slots_of(found: Inventory) -> list[object]:
    """Give the slots that were found, in order."""
    return [row["slot"] for row in found.rows]


@pytest.mark.parametrize("count", [0, 1, FITTING, FITTING + 1, 100, MOST_IDS, MOST_IDS + 1, 2 * MOST_IDS])
def test_any_number_of_disks_comes_whole(count: int) -> None:
    """Each once, in order: ids until all are known, then rows."""
    disks, found, start = list(range(count)), inventory(), 0
    while not found.whole:
        if found.next_question()[1] != '""':
            rows = disks[:FITTING] if start == 0 else []
            assert found.add(answer(disks[start : start + MOST_IDS], count, rows))
            start = min(start + MOST_IDS, count) - 1
        else:
            begun = len(found.rows)
            assert found.add(row_answer(disks[begun : begun + 700]))
    assert slots_of(found) == [f"rds1-{each}" for each in disks]


def test_a_line_asks_for_no_more_rows_than_its_answer_can_hold() -> None:
    """By their ids, from the first on that has not come."""
    found = inventory()
    assert found.add(answer(list(range(1000)), 1000, [0]))
    statements, _ = found.next_question()
    assert r'in={"\2A1";"\2A2";' in statements[-1]
    assert statements[-1].count(r"\2A") == MOST_ROWS


def changed(*answers: Reply) -> bool:
    """Tell whether the last answer shows that something has changed."""
    found = inventory()
    assert all(found.add(each) for each in answers[:-1])
    return not found.add(answers[-1])


def test_a_disk_that_came_or_went_between_lists_is_noticed() -> None:
    """By the total, or by the id that both lists should hold."""
    total = MOST_IDS + 5
    first = answer(list(range(MOST_IDS)), total, [0])
    assert not changed(first, answer(list(range(MOST_IDS - 1, total)), total, []))
    assert changed(first, answer(list(range(MOST_IDS - 1, total)), total + 1, []))
    assert changed(first, answer(list(range(MOST_IDS, total + 1)), total, []))


def test_a_disk_listed_twice_is_noticed() -> None:
    """By its id, and by its slot."""
    assert changed(answer([1, 1], 2, []))
    assert changed(answer([1, 2], 2, [1, 1]))


def test_a_list_that_is_too_short_is_noticed() -> None:
    """It would never end otherwise."""
    assert changed(answer([1], 3, []))
    assert changed(answer([], 3, []))


def test_rows_that_do_not_come_are_noticed() -> None:
    """They would be asked for without end."""
    assert changed(answer([1, 2], 2, [1]), row_answer([]))


def test_more_rows_than_ids_are_noticed() -> None:
    """Nobody asked for them."""
    assert changed(answer([1, 2], 2, [1]), row_answer([2, 3]))


def test_an_id_that_another_disk_got_is_noticed() -> None:
    """The row is none of this driver's."""
    foreign = Reply(({"disk": {"slot": "nvme3", "comment": "backups"}},))
    assert changed(answer([1, 2], 2, [1]), foreign)


@pytest.mark.parametrize("total", ["", "many", "-1", "²", "9" * 5000])
def test_a_list_without_its_total_is_none(total: str) -> None:
    """It cannot be put together."""
    with pytest.raises(ApplianceError):
        inventory().add(answer([1], total, [1]))


@pytest.mark.parametrize("shown", ["*1", ["1F"], ["*1F;/disk/remove"], [7], [None], {"a": 1}])
def test_what_is_no_id_never_gets_into_a_line(shown: object) -> None:
    """It is no answer."""
    with pytest.raises(ApplianceError):
        inventory().add(Reply(({"ids": shown},), "1"))


def test_the_first_line_looks_for_our_disks_alone() -> None:
    """By slot or comment; patterns are anchored."""
    statements, remark = inventory().next_question()
    line = ";".join(statements)
    assert r'[/disk/find where (comment~"\5Erds1:" or slot~"\5Erds1-")]' in line
    assert "[:pick $xA 0 $xZ]" in line
    assert '"nvme-tcp-server-nqn"=($xG->"nvme-tcp-server-nqn")' in line
    assert remark == "[:len $xA]"
