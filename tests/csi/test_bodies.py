"""Fields one after the other, and what is no field."""

import pytest

from rds_csi_async.csi.bodies import DELIMITED, VARINT, MalformedMessageError, Plan, Values, read_fields, refuse


def read_number(values: Values, number: int) -> None:
    """Keep a number under "number"."""
    values["number"] = number


def read_body(values: Values, data: bytes, start: int, end: int) -> None:
    """Keep a body under "body"."""
    values["body"] = data[start:end]


PLAN = Plan({1 << 3 | VARINT: read_number}, {2 << 3 | DELIMITED: read_body}, {}, {})


def read(data: bytes) -> Values:
    """Read a whole body by the plan."""
    values: Values = {"_unknown_fields": b""}
    read_fields(PLAN, values, data, 0, len(data))
    return values


def test_known_fields_go_to_their_readers_and_the_rest_is_kept() -> None:
    """A field of an unknown number, or of a known number and another wire type, is kept as it came."""
    unknown = bytes.fromhex("1801" + "0a0178" + "2501020304" + "190102030405060708")
    values = read(bytes.fromhex("089601" + "1202abcd") + unknown)
    assert values == {"number": 150, "body": b"\xab\xcd", "_unknown_fields": unknown}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("0880", "does not end"),
        ("08ffffffffffffffffffff01", "does not end"),
        ("08ffffffffffffffffff02", "more than 64 bits"),
        ("1203abcd", "3 bytes announced, 2 there"),
        ("12", "does not end"),
        ("25010203", "4 bytes announced, 3 there"),
        ("1901020304050607", "8 bytes announced, 7 there"),
        ("0001", "no field has this number"),
        ("808080801001", "no field has this number"),
        ("0b0c", "wire type 3"),
        ("0c", "wire type 4"),
        ("0e", "wire type 6"),
        ("0f", "wire type 7"),
    ],
)
def test_what_is_no_field_is_refused(data: str, what: str) -> None:
    """Numbers without end, lengths past the end, field number zero and wire types that CSI has not: all refused."""
    with pytest.raises(MalformedMessageError, match=what):
        read(bytes.fromhex(data))


def test_a_body_within_a_body_does_not_reach_past_its_own_end() -> None:
    """The bound is that of the field, not that of all the bytes there are."""
    data = bytes.fromhex("1203abcd") + b"\x00" * 10
    with pytest.raises(MalformedMessageError, match="3 bytes announced, 2 there"):
        read_fields(PLAN, {"_unknown_fields": b""}, data, 0, 4)


def test_a_refusal_says_where() -> None:
    """The place is in the message, since the content must not be."""
    with pytest.raises(MalformedMessageError, match=r"^nonsense, at byte 7$"):
        refuse("nonsense", 7)


def test_very_many_unknown_fields_take_linear_time() -> None:
    """Half a million tiny unknown fields are kept whole, without being copied each time one is added."""
    unknown = b"\x18\x01" * 500_000
    assert read(unknown)["_unknown_fields"] == unknown
