"""Labels name what is recorded, and never grow without end."""

from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.observability.labels import LENGTH_LIMIT, OTHER, VALUES_LIMIT, Labels


def test_known_values_are_combined() -> None:
    """Every combination once, in the order of the labels."""
    labels = Labels({"operation": ("make", "break"), "status": ("good", "bad")})
    assert list(labels.list_known()) == [
        {"operation": "make", "status": "good"},
        {"operation": "make", "status": "bad"},
        {"operation": "break", "status": "good"},
        {"operation": "break", "status": "bad"},
    ]


def test_no_labels_are_one_combination() -> None:
    """A family without labels has one series; one with an open label has none yet."""
    assert list(Labels({}).list_known()) == [{}]
    assert list(Labels({"reason": (), "status": ("good",)}).list_known()) == []


def test_new_values_are_taken_in_until_there_are_too_many() -> None:
    """Past the limit everything new is `other`, and what was there before keeps its name."""
    labels = Labels({"reason": ("known",)})
    named = {labels.admit((f"reason {number}",))["reason"] for number in range(10 * VALUES_LIMIT)}
    assert len(named) == VALUES_LIMIT
    assert OTHER in named
    assert labels.admit(("reason 0",)) == {"reason": "reason 0"}
    assert labels.admit(("known",)) == {"reason": "known"}


def test_one_full_label_does_not_hide_another() -> None:
    """The method may be `other` while the code is still told."""
    labels = Labels({"method": tuple(str(number) for number in range(VALUES_LIMIT)), "code": ()})
    assert labels.admit(("new", "OK")) == {"method": OTHER, "code": "OK"}


def test_a_long_value_is_cut() -> None:
    """What no dashboard shows is not kept either."""
    assert Labels({"reason": ()}).admit(("x" * 10_000,)) == {"reason": "x" * LENGTH_LIMIT}


@given(st.text())
def test_any_text_becomes_a_short_one_that_can_be_sent(text: str) -> None:
    """Lone surrogates, which file names may hold, are replaced; length is bounded; the rest is left alone."""
    value = Labels({"reason": ()}).admit((text,))["reason"]
    assert len(value.encode().decode()) <= LENGTH_LIMIT
    if len(text) <= LENGTH_LIMIT and text.isascii():
        assert value == text
