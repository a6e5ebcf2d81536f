"""Entries are found by what names them, also after they changed."""

from rds_csi_async.simulator.disk_index import DiskIndex
from rds_csi_async.simulator.values import Value

A: dict[str, Value] = {"slot": "a", "file-path": "/p/v/a.img", "nvme-tcp-export": True, "nvme-tcp-server-nqn": "n"}
B: dict[str, Value] = {"slot": "b", "file-path": "/p/v/b.img"}


def test_entries_are_found_by_slot_and_by_file() -> None:
    """A folder names all that lies below it."""
    index = DiskIndex.of({1: A, 2: B})
    assert (index.in_slot("a"), index.in_slot("c"), index.slots()) == ([1], [], frozenset("ab"))
    assert (index.below("/p/v"), index.below("/p/v/b.img"), index.below("/p/v/b")) == ([1, 2], [2], [])


def test_rivals_share_a_slot_or_a_subsystem_name() -> None:
    """A name counts while it is exported."""
    index = DiskIndex.of({1: A, 2: B})
    assert index.rivals({"slot": "b", "nvme-tcp-export": True, "nvme-tcp-server-nqn": "n"}) == [1, 2]
    assert index.rivals({"slot": "x", "nvme-tcp-server-nqn": "n"}) == []


def test_what_is_dropped_is_known_no_more() -> None:
    """And leaves nothing behind."""
    index = DiskIndex.of({1: A, 2: B})
    index.drop(1, A)
    index.drop(2, B)
    assert index == DiskIndex()
