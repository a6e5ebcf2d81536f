"""A device is written to only while it is what it was."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.connections import Connection, ensure_identity
from rds_csi_async.domain.errors import NotReadyError

CONNECTION = Connection("nqn-1", "/dev/nvme0n1", "259:0", 1 << 30, live=True)


@pytest.mark.parametrize("again", [CONNECTION, replace(CONNECTION, size_bytes=2 << 30)])
def test_the_same_device_is_the_same(again: Connection) -> None:
    """One that grew meanwhile is."""
    ensure_identity(CONNECTION, again)


@pytest.mark.parametrize(
    "again",
    [
        None,
        replace(CONNECTION, nqn="nqn-2"),
        replace(CONNECTION, device="/dev/nvme1n1"),
        replace(CONNECTION, device_number="259:1"),
        replace(CONNECTION, live=False),
        replace(CONNECTION, size_bytes=(1 << 30) - 1),
    ],
)
def test_whatever_differs_stops_the_hand(again: Connection | None) -> None:
    """Gone, renamed, renumbered, cut off or shrunk: nothing is written."""
    with pytest.raises(NotReadyError, match="nothing was written"):
        ensure_identity(CONNECTION, again)


def test_a_person_is_told_what_is_there() -> None:
    """Its name, its size, and how its link fares."""
    assert str(CONNECTION) == "/dev/nvme0n1 of 1073741824 bytes, its link up"
    assert str(replace(CONNECTION, live=False)) == "/dev/nvme0n1 of 1073741824 bytes, its link down"
