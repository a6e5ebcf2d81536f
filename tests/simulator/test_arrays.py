"""Elements are found and set by index or key."""

import pytest

from rds_csi_async.simulator.arrays import find_element, join_arrays, with_element
from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.values import NOTHING, Array


def test_what_is_not_there_is_nothing() -> None:
    """An index out of range, a missing key, no array at all."""
    assert [find_element(Array((1,)), 1), find_element(Array(), "k"), find_element("text", 0)] == [NOTHING] * 3


def test_setting_keeps_the_order_of_keys() -> None:
    """New keys go where they sort; what is no array begins as an empty one."""
    assert with_element(Array((1,), (("b", 2),)), "a", 3) == Array((1,), (("a", 3), ("b", 2)))
    assert with_element(NOTHING, 0, "x") == Array(("x",))
    assert with_element(Array((1, 2)), 0, 9) == Array((9, 2))


def test_no_gap_can_be_made() -> None:
    """An index beyond the end is refused."""
    with pytest.raises(Failure, match="no such index"):
        with_element(Array(), 1, "x")


def test_joining_makes_elements_of_single_values() -> None:
    """As a comma does."""
    assert join_arrays(1, Array((2,))) == Array((1, 2))
