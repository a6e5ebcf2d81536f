"""Operators do to values what the console does, and refuse what it refuses."""

import pytest

from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.operators import apply_binary, apply_unary, are_equal, is_true
from rds_csi_async.simulator.values import NIL, NOTHING, Address, Array, Duration, Prefix, Value


@pytest.mark.parametrize(
    ("left", "symbol", "right", "result"),
    [
        ("5", "+", 10, 15), (NOTHING, "+", 1, 1), (10, "/", 3, 3), (-7, "/", 2, -3), (-7, "%", 2, -1),
        (2**63 - 1, "+", 1, -(2**63)), (1, "<<", 4, 16), (16, ">>", 2, 4), (6, "&", 3, 2), (6, "|", 3, 7),
        (6, "^", 3, 5),
        (Duration(5), "+", Duration(7), Duration(12)), (Address(1), "+", 2, Address(3)),
        ("a", ".", 1, "a1"), ("x", ".", Array((1, 2)), Array(("x1", "x2"))), (Array((1,)), ".", "y", Array(("1y",))),
        (1, ",", 2, Array((1, 2))), (Array((1,)), ",", Array((2,), (("k", 3),)), Array((1, 2), (("k", 3),))),
        (2, "<", 3, True), (2, ">=", 3, False), (NOTHING, "<", 3, False), (Duration(1), "<", Duration(2), True),
        ("rds1:{}", "~", "^rds1:", True), ("a1", "~", "[[:digit:]]$", True), ("b", "~", "^a", False),
        (True, "and", False, False), (False, "||", 1, True),
        (Address(0x0A000001), "in", Prefix(0x0A000000, 8), True), (2, "in", Array((1, "2")), True), (3, "in", 3, False),
        (Array(("x",)), "->", 0, "x"), (Array(("x",)), "->", 1, NOTHING), (Array((), (("k", 1),)), "->", "k", 1),
    ],
)  # fmt: skip
def test_binary(left: Value, symbol: str, right: Value, result: Value) -> None:
    """Each operator, on what it takes."""
    assert apply_binary(symbol, left, right) == result


@pytest.mark.parametrize(
    ("left", "symbol", "right", "text"),
    [
        (1, "/", 0, "division by zero"),
        (1, "%", 0, "division by zero"),
        ("a", "<", "b", "cannot compare str by <"),
        ("x", "+", 1, "cannot convert str to number"),
        ("a", "~", "(", "invalid regular expression"),
    ],
)
def test_refusals(left: Value, symbol: str, right: Value, text: str) -> None:
    """What does not suit an operator is refused."""
    with pytest.raises(Failure, match=text):
        apply_binary(symbol, left, right)


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (5, "5", True), (True, 1, False), (NOTHING, "", True), (NIL, NOTHING, True), ("a", "A", False),
        (Prefix(0, 0), "0.0.0.0/0", False), (Address(1), "0.0.0.1", True), (True, "yes", True), (False, "yes", False),
    ],
)  # fmt: skip
def test_equality(left: Value, right: Value, equal: bool) -> None:  # noqa: FBT001 - an expected value
    """Numbers equal their text, missing equals empty, prefixes never equal text; and it is symmetric."""
    assert are_equal(left, right) is equal
    assert are_equal(right, left) is equal


def test_prefix_operators() -> None:
    """Not, minus, complement, and whether there is anything."""
    assert [apply_unary("!", 1), apply_unary("-", "4"), apply_unary("~", 0)] == [False, -4, -1]
    assert [apply_unary("any", NOTHING), apply_unary("any", "")] == [False, True]


@pytest.mark.parametrize(("value", "true"), [(0, False), (2, True), ("", False), ("no", True), (NIL, False)])
def test_truth(value: Value, true: bool) -> None:  # noqa: FBT001 - an expected value
    """A set property holds, an empty or missing one does not."""
    assert is_true(value) is true
