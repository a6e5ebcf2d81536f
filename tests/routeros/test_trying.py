"""Each trial of disks holds on a good answer, and does not on one that says otherwise; what it made it takes away."""

import pytest

from rds_csi_async.domain.sizes import MIB
from rds_csi_async.routeros.experiments import Answer
from rds_csi_async.routeros.trying import TRIES
from tests.routeros.trials import IN_A_FOLDER, SCRATCH, disk, drive, failed, said

PATH = f"/pool1/{SCRATCH.slot}/disk.img"
FINE = {"type": "file", "slot": SCRATCH.slot, "size": 17 * MIB, "comment": SCRATCH.comment, "file_path": PATH,
        "nvme_tcp_export": False, "mount_filesystem": False}  # fmt: skip
LONG = f"{SCRATCH.other('long'):x<32}"
OVER = f"{SCRATCH.other('over'):x<33}"


def _free(size_bytes: int) -> Answer:
    return said({"pool": {"free": size_bytes}})


CASES: list[tuple[str, list[Answer], bool]] = [
    ("room", [said({"count": 1})], True),
    ("room", [said({"count": 0})], False),
    ("room", [failed("failure: not supported")], False),
    ("add", [said(disk(**FINE))], True),
    ("add", [said()], False),
    ("add", [failed("bad parameter comment")], False),
    ("row", [said(disk(**FINE))], True),
    ("row", [said(disk(**FINE | {"mount_filesystem": True}))], False),
    ("row", [said(disk(**FINE | {"comment": "another"}))], False),
    ("row", [said(disk(**FINE | {"nvme_tcp_export": "perhaps"}))], False),
    ("row", [said(disk(**FINE | {"file_path": "/elsewhere/disk.img"}))], False),
    ("size", [said(disk(size="17825792"))], True),
    ("size", [said(disk(size=17_000_000))], False),
    ("file-path", [said(disk(**FINE), {"listed": 1})], True),
    ("file-path", [said(disk(**FINE | {"file_path": PATH[1:]}), {"listed": 1})], False),
    ("file-path", [said(disk(**FINE), {"listed": 0})], False),
    ("thick", [_free(1000 * MIB), said(), _free(744 * MIB), said()], True),
    ("thick", [_free(1000 * MIB), said(), _free(999 * MIB), _free(999 * MIB), _free(744 * MIB), said()], True),
    ("thick", [_free(1000 * MIB), said(), _free(999 * MIB)], False),
    ("slot-length", [said(), said(disk(slot=LONG)), said()], True),
    ("slot-length", [said(), said(disk(slot=LONG[:-1])), said()], False),
    ("slot-length", [failed("failure: slot name too long"), said(), said()], False),
    ("slot-over", [failed("failure: slot name too long"), said(), said()], True),
    ("slot-over", [said(), said(disk(slot=OVER[:-1])), said()], False),
    ("slot-over", [said(), said(disk(slot=OVER)), said()], False),
    ("slot-unique", [failed("failure: already have such item"), said()], True),
    ("slot-unique", [failed("failure: what now"), said()], False),
    ("slot-unique", [said(), said()], False),
    ("grow", [said(disk(size=33 * MIB))], True),
    ("grow", [said(disk(size=17 * MIB))], False),
    ("full-pool", [failed("failure: not enough space"), said({"value": 0}), said()], True),
    ("full-pool", [failed("failure: not enough space"), said({"value": 1}), said()], False),
    ("full-pool", [failed("failure: what now"), said({"value": 0}), said()], False),
    ("full-pool", [said(), said({"value": 1}), said()], False),
]


@pytest.mark.parametrize(("key", "answers", "held"), CASES)
def test_what_holds_and_what_does_not(key: str, answers: list[Answer], held: bool) -> None:  # noqa: FBT001 - an example
    """Whatever was seen is said in words."""
    seen, _ = drive(TRIES[key](SCRATCH), answers)
    assert seen.held is held
    assert seen.seen


@pytest.mark.parametrize("key", TRIES)
def test_changes_are_said_to_be_changes_and_stay_with_what_is_ours(key: str) -> None:
    """No line that changes anything lacks the mark."""
    for scratch in (SCRATCH, IN_A_FOLDER):
        _, sent = drive(TRIES[key](scratch), [said()])
        for line in sent:
            text = ";".join(line.statements)
            changes = any(verb in text for verb in ("/add ", "/set ", "/remove "))
            assert changes <= line.changes, text
            assert not line.changes or scratch.mark in text


@pytest.mark.parametrize("key", ["thick", "slot-length", "slot-over", "slot-unique", "full-pool"])
def test_other_disks_are_taken_away_again(key: str) -> None:
    """By the last line, whatever came of the first."""
    _, sent = drive(TRIES[key](SCRATCH), [said()])
    assert "/disk/remove" in ";".join(sent[-1].statements)
    assert "/file/remove" in ";".join(sent[-1].statements)
