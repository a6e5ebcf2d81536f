"""Pages become one listing, or it is begun anew."""

import pytest

from rds_csi_async.routeros.listing import PAGE_ROWS, Pages, render_page
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.syntax import Reply
from tests.routeros.examples import BTRFS_SETTINGS


def page(slots: list[int], start: int, total: int | str | None = None) -> Reply:
    """Give the page of a table of these slots that begins there."""
    shown = slots[start : start + PAGE_ROWS]
    return Reply(tuple({"disk": {"slot": f"s{each}"}} for each in shown), str(len(slots) if total is None else total))


@pytest.mark.parametrize("count", [0, 1, 2, PAGE_ROWS - 1, PAGE_ROWS, PAGE_ROWS + 1, 2 * PAGE_ROWS - 1, 1000])
def test_any_number_of_disks_comes_whole(count: int) -> None:
    """Each once, in order."""
    slots, pages = list(range(count)), Pages()
    while not pages.whole:
        assert pages.add(page(slots, pages.start))
    assert [row["slot"] for row in pages.rows] == [f"s{each}" for each in slots]


def changed_between(before: list[int], after: list[int]) -> bool:
    """Tell whether a change between the first and the second page is noticed."""
    pages = Pages()
    assert pages.add(page(before, 0))
    return not pages.add(page(after, pages.start))


def test_a_disk_that_came_or_went_is_noticed() -> None:
    """By the total."""
    slots = list(range(80))
    assert changed_between(slots, [*slots, 99])
    assert changed_between(slots, slots[1:])


def test_one_that_went_while_another_came_is_noticed() -> None:
    """The page begins with another disk than the last one ended with."""
    slots = list(range(80))
    assert changed_between(slots, [*slots[1:], 99])


def test_a_disk_shown_twice_is_noticed() -> None:
    """It moved while it was listed."""
    slots = list(range(80))
    assert changed_between(slots, [*slots[:-1], 3])


def test_a_page_that_is_too_short_is_noticed() -> None:
    """It would never end otherwise."""
    pages = Pages()
    assert not pages.add(Reply((), "3"))
    assert not pages.whole


@pytest.mark.parametrize("total", ["", "many", "-1"])
def test_a_page_without_its_total_is_none(total: str) -> None:
    """It cannot be put together."""
    with pytest.raises(ApplianceError):
        Pages().add(page([1], 0, total))


def test_a_page_names_what_it_needs_and_no_more() -> None:
    """So that it stays below 64 kB; patterns are anchored."""
    line = ";".join(render_page(49, [BTRFS_SETTINGS]))
    assert r'where (comment~"\5Erds1:" or slot~"\5Erds1-")' in line
    assert "[:pick $xA 49 $xZ]" in line
    assert "nvme-tcp-server-nqn" in line
