"""Every request becomes whole MiB, or a refusal that says the numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import InvalidRequestError, SizeOutOfRangeError
from rds_csi_async.domain.sizes import (
    DEFAULT_BYTES,
    GIB,
    LARGEST_BYTES,
    MIB,
    SizeRange,
    decide_size_bytes,
    fits,
    parse_size_range,
)

INT64 = (1 << 63) - 1
WIRE = st.integers(-(1 << 63), INT64)


@given(required=st.integers(0, LARGEST_BYTES), smallest=st.integers(1, 2**40))
def test_never_less_than_asked_and_never_a_whole_mib_more(required: int, smallest: int) -> None:
    """Rounding goes up, by less than one MiB."""
    size_bytes = decide_size_bytes(SizeRange(required), smallest_bytes=smallest)
    assert size_bytes % MIB == 0
    assert 0 <= size_bytes - max(required, smallest) < MIB


@given(required=WIRE, limit=WIRE, smallest=st.integers(1, 2**40))
def test_whatever_comes_over_the_wire_is_met_exactly_or_refused(required: int, limit: int, smallest: int) -> None:
    """No number of 64 bits makes a size that was not asked for, or that the wire cannot carry back."""
    try:
        wanted = parse_size_range(required, limit)
        size_bytes = decide_size_bytes(wanted, smallest_bytes=smallest)
    except (InvalidRequestError, SizeOutOfRangeError):
        return
    assert fits(size_bytes, wanted)
    assert max(required, smallest) <= size_bytes <= (limit or LARGEST_BYTES) <= INT64


@pytest.mark.parametrize(
    ("required", "limit", "range_"),
    [
        (0, 0, SizeRange(DEFAULT_BYTES)),
        (5, 0, SizeRange(5)),
        (5, 5, SizeRange(5, 5)),
        (0, 2 * GIB, SizeRange(DEFAULT_BYTES, 2 * GIB)),
        (0, 5 * MIB + 1, SizeRange(5 * MIB, 5 * MIB + 1)),
        (0, 7, SizeRange(7, 7)),
    ],
)
def test_what_is_not_said_is_filled_in(required: int, limit: int, range_: SizeRange) -> None:
    """Zero stands for nothing said, and a limit alone is met by the whole MiB below it."""
    assert parse_size_range(required, limit) == range_


@pytest.mark.parametrize(("required", "limit"), [(-1, 0), (0, -1), (-(1 << 63), INT64), (2, 1), (MIB, MIB - 1)])
def test_a_range_that_contradicts_itself_is_refused(required: int, limit: int) -> None:
    """Negative numbers, and a limit below what is required, are the caller's mistake."""
    with pytest.raises(InvalidRequestError):
        parse_size_range(required, limit)


@pytest.mark.parametrize(
    ("wanted", "smallest"),
    [
        (SizeRange(1, MIB - 1), 1),
        (SizeRange(1, 15 * MIB), 16 * MIB),
        (SizeRange(MIB + 1, 2 * MIB - 1), 1),
        (SizeRange(LARGEST_BYTES + 1), 1),
        (SizeRange(INT64, INT64), 1),
        (SizeRange(1), INT64),
    ],
)
def test_a_limit_below_the_rounded_size_is_refused(wanted: SizeRange, smallest: int) -> None:
    """The limit binds what would be made, not what was asked; and so does the wire's largest number."""
    with pytest.raises(SizeOutOfRangeError, match=r"needs \d+ bytes .* the limit is \d+"):
        decide_size_bytes(wanted, smallest_bytes=smallest)


@pytest.mark.parametrize(
    ("size_bytes", "wanted", "expected"),
    [
        (5, SizeRange(5), True),
        (4, SizeRange(5), False),
        (6, SizeRange(5), True),
        (6, SizeRange(5, 6), True),
        (7, SizeRange(5, 6), False),
    ],
)
def test_fits_at_both_ends(size_bytes: int, wanted: SizeRange, *, expected: bool) -> None:
    """Both ends belong to the range."""
    assert fits(size_bytes, wanted) is expected


def test_a_person_is_told_what_is_asked_for() -> None:
    """In words: a refusal is read by somebody who does not read Python."""
    assert str(SizeRange(5)) == "at least 5 bytes"
    assert str(SizeRange(5, 7)) == "at least 5 and at most 7 bytes"
