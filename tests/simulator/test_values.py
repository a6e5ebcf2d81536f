"""Values have the names and the texts that the console gives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.simulator.values import (
    NIL,
    NOTHING,
    Address,
    Array,
    Code,
    Duration,
    ItemId,
    Prefix,
    Value,
    render_value,
    saturate_number,
    type_name,
    wrap_number,
)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("a", "str", "a"),
        (True, "bool", "true"),
        (-3, "num", "-3"),
        (NOTHING, "nothing", ""),
        (NIL, "nil", ""),
        (ItemId(31), "id", "*1F"),
        (Duration(5_415_000_000_000), "time", "01:30:15"),
        (Duration(-200_000_000), "time", "-00:00:00.2"),
        (Duration(8 * 86_400 * 10**9), "time", "1w1d00:00:00"),
        (Address(0x0A000001), "ip", "10.0.0.1"),
        (Prefix(0x0A000000, 8), "ip-prefix", "10.0.0.0/8"),
        (Array((1, "b"), (("k", False),)), "array", "1;b;k=false"),
        (Code(None), "code", "(code)"),
    ],
)
def test_type_and_text(value: Value, kind: str, text: str) -> None:
    """Each type has one name and one way to be written."""
    assert (type_name(value), render_value(value)) == (kind, text)


def test_keys_are_sorted_and_follow_the_unkeyed() -> None:
    """However they were given."""
    assert Array.of_keys({"b": 1, "a": 2}).pairs() == (("a", 2), ("b", 1))
    assert Array(("x",), (("a", 2),)).values() == ("x", 2)


@given(st.integers(-(2**70), 2**70))
def test_numbers_have_64_bits(number: int) -> None:
    """Arithmetic wraps, literals saturate."""
    assert (wrap_number(number) - number) % 2**64 == 0
    assert -(2**63) <= wrap_number(number) < 2**63
    assert abs(saturate_number(number)) == min(abs(number), 2**63 - 1)
