"""The decision that can destroy everything, in every combination of what can be known."""

from dataclasses import replace
from itertools import product

import pytest

from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.filesystems import DeviceContent, Preparation, Wish, decide_preparation
from rds_csi_async.domain.stage_records import Format, StageRecord

WANTED = "ext4"


def _past(file_system: str, formats: Format) -> StageRecord:
    return StageRecord("rds-a:slot", "nqn", 1, "mount", file_system, "/staging", read_only=False, format=formats)


PASTS = [None, *(_past(name, formats) for name in ("ext4", "btrfs") for formats in Format)]
CONTENTS = [
    DeviceContent(signatures, blank, thorough, unfinished)
    for signatures, blank, thorough, unfinished in product(
        [(), ("ext4",), ("btrfs",), ("dos",), ("ext4", "dos")], [True, False], [True, False], ["", "ext4", "btrfs"]
    )
]
WISHES = [
    Wish(WANTED, read_only, first_use, sole_node, past)
    for read_only, first_use, sole_node, past in product([True, False], [True, False], [True, False], PASTS)
]


def _may_mount(content: DeviceContent) -> bool:
    return content.signatures == (WANTED,) and content.unfinished != WANTED


def _may_resume(content: DeviceContent, wish: Wish) -> bool:
    own_work = wish.past is not None and (wish.past.format, wish.past.file_system) == (Format.FORMATTING, WANTED)
    only_its_marks = content.signatures in [(), (WANTED,)] and content.unfinished == WANTED
    return own_work and only_its_marks and wish.sole_node and not wish.read_only


def _may_format(content: DeviceContent, wish: Wish) -> bool:
    empty = content.blank and not content.signatures and not content.unfinished
    proven = wish.first_use or content.thorough
    made_before = wish.past is not None and wish.past.format is Format.FORMATTED
    return empty and proven and not made_before and not wish.read_only


def _expected(content: DeviceContent, wish: Wish) -> Preparation | None:
    if _may_mount(content):
        return Preparation.MOUNT
    if _may_resume(content, wish):
        return Preparation.RESUME
    return Preparation.FORMAT if _may_format(content, wish) else None


@pytest.mark.parametrize("content", CONTENTS, ids=str)
def test_every_combination_is_decided_as_the_rules_say(content: DeviceContent) -> None:
    """Three narrow ways lead to an answer, each spelled out above; all else is refused."""
    for wish in WISHES:
        try:
            decided = decide_preparation(content, wish)
        except RefusedError:
            decided = None
        assert decided is _expected(content, wish), wish


def test_each_answer_occurs() -> None:
    """The table above is about something: no answer is out of reach."""
    answers = [_expected(content, wish) for content in CONTENTS for wish in WISHES]
    assert set(answers) == {*Preparation, None}
    assert answers.count(None) > len(answers) / 2


WRITABLE = Wish(WANTED, read_only=False, first_use=True, sole_node=True, past=None)
EMPTY = DeviceContent((), blank=True, thorough=False)


@pytest.mark.parametrize(
    ("content", "wish", "words"),
    [
        (replace(EMPTY, signatures=("xfs",)), WRITABLE, "there is xfs"),
        (replace(EMPTY, blank=False), WRITABLE, "data without a known signature"),
        (replace(EMPTY, blank=False, unfinished="xfs"), WRITABLE, "an unfinished xfs"),
        (EMPTY, replace(WRITABLE, read_only=True), "never formatted"),
        (EMPTY, replace(WRITABLE, first_use=False), "thorough reading"),
        (EMPTY, replace(WRITABLE, past=_past("ext4", Format.FORMATTED)), "made ext4 there once, now there is nothing"),
    ],
)
def test_a_refusal_says_what_was_found(content: DeviceContent, wish: Wish, words: str) -> None:
    """The person who reads it has to decide about data."""
    with pytest.raises(RefusedError, match=words):
        decide_preparation(content, wish)
