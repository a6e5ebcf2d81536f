"""Each trial of comments and of finding holds on a good answer, and does not on one that says otherwise."""

from typing import Any

import pytest

from rds_csi_async.routeros.experiments import Answer
from rds_csi_async.routeros.looking import EVERY_CHARACTER
from rds_csi_async.routeros.trying_records import RECORD_TRIES
from tests.routeros.trials import SCRATCH, disk, drive, failed, said


def _long(length: int) -> str:
    return f"{SCRATCH.comment:a<{length}}"


def _values(*values: Any) -> Answer:
    return said(*({"value": value} for value in values))


CASES: list[tuple[str, list[Answer], bool]] = [
    ("comment-length", [said(disk(comment=_long(length))) for length in (500, 1000, 4000)], True),
    ("comment-length", [said(disk(comment=_long(500))), said(disk(comment=_long(999)))], True),
    ("comment-length", [said(disk(comment=_long(255)))], False),
    ("comment-length", [failed("failure: comment too long")], False),
    ("comment-bytes", [said(disk(comment=EVERY_CHARACTER)), said()], True),
    ("comment-bytes", [said(disk(comment=EVERY_CHARACTER[:-1])), said()], False),
    ("comment-match", [_values(1, 0, 0, 0), said()], True),
    ("comment-match", [_values("1", "0", "0", "0"), said()], True),
    ("comment-match", [_values(1, 1, 0, 0), said()], False),
    ("comment-match", [_values(1, 0, 0, 1), said()], False),
    ("comment-match", [_values(0, 0, 0, 0), said()], False),
    ("comment-erased", [_values(0), said()], True),
    ("comment-erased", [_values(4), said()], False),
    ("get-by-id", [_values(["*1F"]), _values({"slot": SCRATCH.slot, "size": "17825792"})], True),
    ("get-by-id", [_values(["*1F"]), _values({"slot": "another", "size": 17825792})], False),
    ("get-by-id", [_values(["*1F"]), failed("no such item")], False),
    ("get-by-id", [_values(["31"]), said()], False),
    ("get-by-id", [_values("*1F"), said()], False),
    ("id-kept", [_values(["*1F"]), said(), _values(["*1F"])], True),
    ("id-kept", [_values(["*1F"]), said(), _values(["*20"])], False),
    ("patterns", [_values(1, 1, 0)], True),
    ("patterns", [_values(1, 0, 0)], False),
    ("patterns", [_values(1, 1, 1)], False),
    ("proplist", [said(disk(slot="a", size=1))], True),
    ("proplist", [said(disk(slot="a", size=1, comment="x"))], False),
]


@pytest.mark.parametrize(("key", "answers", "held"), CASES)
def test_what_holds_and_what_does_not(key: str, answers: list[Answer], held: bool) -> None:  # noqa: FBT001 - an example
    """Whatever was seen is said in words."""
    seen, _ = drive(RECORD_TRIES[key](SCRATCH), answers)
    assert seen.held is held
    assert seen.seen


@pytest.mark.parametrize("key", RECORD_TRIES)
def test_each_insists_on_the_scratch_disk(key: str) -> None:
    """So that nothing is said about a disk that is not there."""
    _, sent = drive(RECORD_TRIES[key](SCRATCH), [said()])
    assert '"xgone"' in sent[0].statements[1]


def test_what_is_to_be_refused_is_not_like_what_is_there() -> None:
    """Shorter by one, other in the last, other in its case: each could be taken for the same."""
    _, sent = drive(RECORD_TRIES["comment-match"](SCRATCH), [_values(1, 0, 0, 0), said()])
    counts = [each for each in sent[0].statements if each.startswith(":put")]
    assert len(set(counts)) == len(counts) == 4
