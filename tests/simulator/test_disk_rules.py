"""What an entry may be, and how it looks."""

from pathlib import Path

import pytest

from rds_csi_async.simulator.disk_rules import (
    ensure_acceptable,
    export_nqn,
    file_disk_row,
    find_export,
    free_slot,
    pool_row,
)
from rds_csi_async.simulator.exports import Export
from rds_csi_async.simulator.failures import NQN_TAKEN, SLOT_TAKEN, SLOT_TOO_LONG, Failure
from rds_csi_async.simulator.pools import Place, Pool, PoolSettings
from rds_csi_async.simulator.values import Value

DISK: dict[str, Value] = {"type": "file", "slot": "a", "file-path": "/pool1/a.img", "file-size": 1025}
EXPORTED: dict[str, Value] = DISK | {"nvme-tcp-export": True, "nvme-tcp-server-nqn": "nqn.x"}
POOL = Pool(PoolSettings("pool1", "xfs", 1000, "uuid"), Path("/root/pool1"), used_bytes=250)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"slot": "b"}, SLOT_TAKEN), ({"slot": "pool1"}, SLOT_TAKEN), ({"slot": "x" * 33}, SLOT_TOO_LONG),
        ({"slot": ""}, SLOT_TOO_LONG), ({"nvme-tcp-server-nqn": "nqn.b"}, NQN_TAKEN),
        ({"nvme-tcp-server-port": 0}, "invalid value for argument nvme-tcp-server-port"), ({"type": "nfs"}, "failure"),
    ],
)  # fmt: skip
def test_what_cannot_be(change: dict[str, Value], text: str) -> None:
    """Slots and exported names are unique, slots at most 32 characters."""
    other = EXPORTED | {"slot": "b", "nvme-tcp-server-nqn": "nqn.b"}
    ensure_acceptable(EXPORTED | {"slot": "x" * 32}, [other], ["pool1"])
    with pytest.raises(Failure, match=text):
        ensure_acceptable(EXPORTED | change, [other], ["pool1"])


def test_a_name_that_is_not_exported_is_free() -> None:
    """It is the export that must be unique."""
    ensure_acceptable(EXPORTED, [EXPORTED | {"slot": "b", "nvme-tcp-export": False}], [])


def test_the_default_name_is_the_slot_behind_a_prefix() -> None:
    """And there is none without export."""
    assert export_nqn(DISK) is None
    assert export_nqn(DISK | {"nvme-tcp-export": True}) == "nqn.2000-02.com.mikrotik:a"


def test_an_export_has_whole_sectors_and_a_place() -> None:
    """Without its pool there is none."""
    place = Place(POOL, Path("/root/pool1/a.img"), "pool1/a.img")
    assert find_export(EXPORTED, place) == Export("nqn.x", place.path, 1024, "", 4420)
    assert find_export(EXPORTED, None) is None
    assert find_export(DISK, place) is None


def test_a_row_shows_the_export_when_there_is_one() -> None:
    """Or when it was set beforehand; an empty comment is absent."""
    assert "nvme-tcp-server-nqn" not in file_disk_row(1, DISK)
    assert file_disk_row(1, DISK | {"nvme-tcp-server-nqn": "n"})["nvme-tcp-server-nqn"] == "n"
    shown = file_disk_row(1, DISK | {"nvme-tcp-export": True, "nvme-tcp-server-nqn": "", "comment": ""})
    assert shown["nvme-tcp-server-nqn"] == "nqn.2000-02.com.mikrotik:a"
    assert (shown["size"], shown["file-size"], "comment" in shown) == (1024, 1025, False)


def test_a_pool_that_is_not_mounted_has_no_file_system() -> None:
    """Its fields are absent, not empty."""
    row = pool_row(1, POOL, None)
    assert (row["free"], row["use"], row["mounted"], row["fs"]) == (750, 25, True, "xfs")
    away = pool_row(1, Pool(POOL.settings, POOL.folder, mounted=False), "note")
    assert away.keys() & {"free", "use", "mount-point", "fs-uuid", "fs-label"} == set()
    assert (away["mounted"], away["comment"]) == (False, "note")


def test_a_free_slot_is_the_first_one() -> None:
    """Of those that the appliance makes up itself."""
    assert free_slot(["file1", "a", "file3"]) == "file2"
