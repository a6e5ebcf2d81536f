"""Bare words become the values that the console takes them for."""

import pytest

from rds_csi_async.simulator.literals import parse_item_id, parse_literal, parse_number
from rds_csi_async.simulator.values import Address, Duration, ItemId, Prefix, Value

_S = 10**9


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("12", 12), ("0x1f", 31), ("-4", -4), ("99999999999999999999", 2**63 - 1),
        ("yes", True), ("no", False), ("true", True), ("false", False), ("Yes", "Yes"),
        ("1.2", Address(0x01000002)), ("10.0.0.1", Address(0x0A000001)), ("1.256", Duration(1_256_000_000)),
        ("1d2h", Duration(26 * 3600 * _S)), ("00:01:02", Duration(62 * _S)), ("200ms", Duration(_S // 5)),
        ("10.0.0.0/8", Prefix(0x0A000000, 8)), ("10.0.0.0/33", "10.0.0.0/33"), ("300.1.1.1", "300.1.1.1"),
        ("*1F", ItemId(31)), ("00:11:22:33:44:55", "00:11:22:33:44:55"), ("abc", "abc"), ("", ""), ("1G", "1G"),
    ],
)  # fmt: skip
def test_words(word: str, value: Value) -> None:
    """The type matters too: 1 is not yes."""
    assert parse_literal(word) == value
    assert type(parse_literal(word)) is type(value)


def test_what_is_no_number_or_id_is_none() -> None:
    """Blanks and fractions too."""
    assert [parse_number(word) for word in ("", " 1", "1.5", "7")] == [None, None, None, 7]
    assert [parse_item_id(word) for word in ("1F", "*", "*G", "*a")] == [None, None, None, ItemId(10)]
