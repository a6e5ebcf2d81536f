"""A parameter that may be said is read within its bounds, and written only when it was said."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.parameters import Parameter, boolean, encode_parameters, number, parse_parameters


@dataclass(frozen=True)
class Options:
    """Some."""

    count: int = 0
    fast: bool = False


KNOWN = {"theCount": Parameter("count", number(2, 9, -1)), "isFast": Parameter("fast", boolean)}


@pytest.mark.parametrize(("text", "value"), [("2", 2), ("9", 9), ("-1", -1), ("07", 7)])
def test_a_number_is_read_within_its_bounds(text: str, value: int) -> None:
    """Or beside them, where that means something."""
    assert number(2, 9, -1)(text) == value


@pytest.mark.parametrize("text", ["", "-", "1", "10", "-2", "--1", "+3", "3.0", "3s", " 3", "\u0663", "9" * 5000])
def test_anything_else_is_no_number(text: str) -> None:
    """And what it may be is said."""
    with pytest.raises(InvalidRequestError, match=r"theCount is .* has to be"):
        parse_parameters(KNOWN, {"theCount": text})


@pytest.mark.parametrize("text", ["", "True", "1", "yes", "false "])
def test_anything_else_is_no_yes_or_no(text: str) -> None:
    """Kubernetes writes them in one way."""
    with pytest.raises(InvalidRequestError, match='has to be "true" or "false"'):
        parse_parameters(KNOWN, {"isFast": text})


@given(st.builds(Options, st.sampled_from([0, -1, *range(2, 10)]), st.booleans()))
def test_what_is_written_is_read(options: Options) -> None:
    """What was not said is not written, and what else is there is not looked at."""
    texts = encode_parameters(KNOWN, options, Options())
    assert Options(**parse_parameters(KNOWN, {**texts, "other": "x"})) == options  # type: ignore[arg-type]  # by field
    assert ("theCount" in texts, "isFast" in texts) == (options.count != 0, options.fast)
