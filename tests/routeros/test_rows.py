"""Fields are read in every form that RouterOS writes, and never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.rows import find_flag, find_text, flag_of, get_number, int_of, rows_of, text_of
from rds_csi_async.routeros.syntax import Reply


@given(st.integers(0, 2**63 - 1))
def test_numbers_come_as_number_or_digits(number: int) -> None:
    """Both are the same number."""
    assert int_of({"size": number}, "size") == int_of({"size": str(number)}, "size") == number


@pytest.mark.parametrize(
    "value",
    [None, "", "1.5", "1 000", "10G", -1, 1.5, True, "²", [], "1234.000000", 2**63, str(2**63), "9" * 5000, "0" * 5000],
)
def test_other_numbers_are_errors(value: object) -> None:
    """Rounded, grouped, suffixed, absent, or more than can be passed on: named, not guessed."""
    with pytest.raises(ApplianceError, match="size"):
        int_of({"slot": "a", "size": value}, "size")


@pytest.mark.parametrize(
    ("value", "truth"),
    [(True, True), ("true", True), ("yes", True), (False, False), ("false", False), ("no", False)],
)
def test_truths_come_in_three_forms(value: object, truth: bool) -> None:  # noqa: FBT001 - it is the example
    """A bool, `true`, or `yes`."""
    assert flag_of({"mounted": value}, "mounted") is truth


@pytest.mark.parametrize("value", [None, "", 0, 1, "on", []])
def test_other_truths_are_errors(value: object) -> None:
    """Absent above all."""
    with pytest.raises(ApplianceError, match="mounted"):
        flag_of({"mounted": value}, "mounted")


def test_a_flag_that_does_not_apply_is_false() -> None:
    """Absent, as RouterOS leaves it out; but what is no truth is still an error."""
    assert not find_flag({}, "disabled")
    assert not find_flag({"disabled": ""}, "disabled")
    assert find_flag({"disabled": "true"}, "disabled")
    values: list[object] = ["on", [], 1]
    for value in values:
        with pytest.raises(ApplianceError, match="disabled"):
            find_flag({"disabled": value}, "disabled")


def test_text_may_look_like_a_number() -> None:
    """A label of digits is a text; an absent one is None or an error, as is asked for."""
    assert text_of({"label": 1234}, "label") == "1234"
    assert find_text({"label": ""}, "label") is find_text({}, "label") is find_text({"label": []}, "label") is None
    with pytest.raises(ApplianceError, match="label"):
        text_of({}, "label")
    with pytest.raises(ApplianceError, match="label"):
        find_text({"label": True}, "label")


def test_rows_are_told_apart_by_kind() -> None:
    """And what is no row where one should be is an error."""
    reply = Reply(({"pool": {"slot": "p"}}, {"disk": {"slot": "d"}}, {"left": 0}))
    assert list(rows_of(reply, "disk")) == [{"slot": "d"}]
    with pytest.raises(ApplianceError):
        list(rows_of(reply, "left"))


def test_a_number_stands_alone() -> None:
    """Neither missing nor twice."""
    assert get_number(Reply(({"left": 2},)), "left") == 2
    for rows in ((), ({"left": 0}, {"left": 0}), ({"left": "many"},)):
        with pytest.raises(ApplianceError):
            get_number(Reply(rows), "left")
