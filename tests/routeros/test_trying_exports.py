"""Each trial of exports and removals holds on a good answer, and does not on one that says otherwise."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.sizes import MIB
from rds_csi_async.routeros.experiments import Answer
from rds_csi_async.routeros.trying_exports import EXPORT_TRIES, open_words
from tests.routeros.trials import IN_A_FOLDER, SCRATCH, disk, drive, failed, said

OPEN = {"comment": f"{SCRATCH.comment} 1", "nvme_tcp_export": True, "nvme_tcp_server_nqn": SCRATCH.nqn(1),
        "nvme_tcp_server_port": "4420"}  # fmt: skip
AGAIN = OPEN | {"comment": f"{SCRATCH.comment} 2", "nvme_tcp_server_nqn": SCRATCH.nqn(2)}
HOST = "nqn.2014-08.org.nvmexpress:uuid:00000000-0000-8000-8000-000000000000"
CASES: list[tuple[str, list[Answer], bool | None]] = [
    ("export-on", [said(disk(**OPEN))], True),
    ("export-on", [said(disk(**OPEN | {"nvme_tcp_export": "no"}))], False),
    ("export-on", [said(disk(**OPEN | {"nvme_tcp_server_nqn": "another"}))], False),
    ("export-on", [said(disk(**OPEN | {"nvme_tcp_server_port": 4421}))], False),
    ("export-on", [said(disk(**OPEN | {"comment": "old"}))], False),
    ("export-off", [said(disk(comment=SCRATCH.comment, nvme_tcp_export=False))], True),
    ("export-off", [said(disk(comment=SCRATCH.comment, nvme_tcp_export=True))], False),
    ("new-name", [said(disk(**AGAIN)), said()], True),
    ("new-name", [said(disk(**OPEN)), said()], False),
    ("allow-host", [said({"host": HOST}), said()], True),
    ("allow-host", [failed("invalid value for argument"), said()], False),
    ("grow-exported", [said(), said(disk(nvme_tcp_export=True, size=49 * MIB)), said()], True),
    ("grow-exported", [said(), said(disk(nvme_tcp_export=False, size=49 * MIB)), said()], False),
    ("grow-exported", [said(), failed("failure: disk is in use"), said()], False),
    ("remove-exported", [said(), said(), said({"left": 0}), said()], True),
    ("remove-exported", [said(), said(), failed("failure: disk is in use"), said()], False),
    ("remove-exported", [said(), failed("failure: why"), said(), said()], None),
    ("remove", [said({"left": 1}, {"disks": 0})], True),
    ("remove", [said({"left": 0}, {"disks": 0})], False),
    ("remove", [said({"left": 1}, {"disks": 1})], False),
    ("file-gone", [said({"left": 0})], True),
    ("file-gone", [said({"left": 1}), said({"left": 1}), said({"left": 1}), said({"left": 0})], True),
    ("file-gone", [said({"left": 1})], False),
    ("file-gone", [failed("failure: file is in use")], False),
    ("place-gone", [said({"left": 0})], True),
    ("place-gone", [said({"left": 1})], False),
    ("times", [said(duration_s=0.1)], True),
    ("times", [said(duration_s=30)], False),
    ("times", [failed("failure: not enough space")], None),
]


@pytest.mark.parametrize(("key", "answers", "held"), CASES)
def test_what_holds_and_what_does_not(key: str, answers: list[Answer], held: bool | None) -> None:  # noqa: FBT001 - an example
    """Whatever was seen is said in words."""
    seen, _ = drive(EXPORT_TRIES[key](SCRATCH), answers)
    assert seen.held is held
    assert seen.seen


def test_late_files_are_waited_for_and_said_so() -> None:
    """As long as the driver itself would wait."""
    seen, sent = drive(EXPORT_TRIES["file-gone"](SCRATCH), [said({"left": 1})])
    assert sum(line.pause_s for line in sent) == pytest.approx(7.8)
    assert seen.seen == "still listed 7.8 s after it was removed"


def test_times_are_the_middle_of_five() -> None:
    """One that is slow by chance says nothing."""
    fine = [said(duration_s=0.01)] * 26
    seen, sent = drive(EXPORT_TRIES["times"](SCRATCH), [*fine[:2], replace(fine[0], duration_s=50), *fine])
    assert seen.held
    assert seen.seen.startswith("add 10 ms, read 10 ms, set 10 ms, remove 10 ms, file 10 ms")
    assert sum(bool(line.verb) for line in sent) == 25


@pytest.mark.parametrize("key", ["new-name", "grow-exported", "allow-host", "remove-exported"])
def test_nothing_stays_open(key: str) -> None:
    """The last line closes it, or opens it to all again, where it is closed."""
    _, sent = drive(EXPORT_TRIES[key](SCRATCH), [said()])
    assert any(word in ";".join(sent[-1].statements) for word in ("nvme-tcp-export=no", 'allow-host-name=""'))


def test_a_place_is_removed_as_it_was_made() -> None:
    """A subvolume, or a folder."""
    for scratch, menu in ((SCRATCH, "/disk/btrfs/subvolume/remove"), (IN_A_FOLDER, "/file/remove")):
        _, sent = drive(EXPORT_TRIES["place-gone"](scratch), [said({"left": 0})])
        assert menu in ";".join(sent[-1].statements)


def test_what_opens_gives_a_new_name_in_the_same_words() -> None:
    """Comment, name and export are one set."""
    words = open_words(SCRATCH, 7)
    assert "nvme-tcp-export=yes" in words
    assert f'nvme-tcp-server-nqn="{SCRATCH.nqn(7)}"' in words
