"""JSON is written and read as the console does it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.json_text import NO_STRING_CONVERSION, PRETTY, decode_json, encode_json
from rds_csi_async.simulator.values import NIL, NOTHING, Address, Array, Duration, ItemId, Value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"), (True, "true"), (NOTHING, "null"), (NIL, "null"), ("123", "123.000000"), ("1.5", "1.500000"),
        ("12a", '"12a"'), (ItemId(2), '"*2"'), (Duration(5_415_000_000_000), '"01:30:15"'), (Address(1), '"0.0.0.1"'),
        (Array(), "[]"), (Array((1, "a")), '[1,"a"]'), (Array.of_keys({"b": 1, "a": Array()}), '{"a":[],"b":1}'),
        ('a\n\x01"\\', '"a\\n\\u0001\\"\\\\"'),
    ],
)  # fmt: skip
def test_encoding(value: Value, text: str) -> None:
    """Without options, text like a number becomes one."""
    assert encode_json(value) == text


def test_text_stays_text_when_asked() -> None:
    """A serial number must not become a fraction."""
    assert encode_json("123", {NO_STRING_CONVERSION}) == '"123"'


def test_pretty_is_the_same_over_several_lines() -> None:
    """Only blanks differ."""
    value = Array.of_keys({"a": Array((1, 2)), "b": "x"})
    assert json.loads(encode_json(value, {PRETTY})) == json.loads(encode_json(value))
    assert "\n" in encode_json(value, {PRETTY})


@given(st.recursive(st.text() | st.integers(-(2**63) + 1, 2**63 - 1) | st.booleans(), st.lists, max_leaves=8))
def test_what_is_written_can_be_read(loaded: object) -> None:
    """As bytes, and back."""
    text = json.dumps(loaded, ensure_ascii=False).encode("utf-8", "surrogatepass").decode("latin-1")
    value = decode_json(text, {NO_STRING_CONVERSION})
    assert decode_json(encode_json(value, {NO_STRING_CONVERSION}), {NO_STRING_CONVERSION}) == value


def test_reading_guesses_unless_told_not_to() -> None:
    """An address in text becomes one."""
    assert decode_json('["1.2.3.4",null]') == Array((Address(0x01020304), NOTHING))
    assert decode_json('{"a":"1"}', {NO_STRING_CONVERSION}) == Array.of_keys({"a": "1"})


def test_no_json_is_refused() -> None:
    """With an error that a line can catch."""
    with pytest.raises(Failure, match="invalid json"):
        decode_json("{")
