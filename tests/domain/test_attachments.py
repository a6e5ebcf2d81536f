"""Who may hold a volume, who is shut out and when, over every combination of who holds it and who asks."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from rds_csi_async.domain.attachments import (
    decide_publish,
    decide_unpublish,
    is_as_recorded,
    nqn_of,
)
from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import IncompatibleVolumeError, InvalidRequestError, NotReadyError, RefusedError
from rds_csi_async.domain.identifiers import LARGEST_SEQUENCE, Nqn
from rds_csi_async.domain.records import Holder, Record, encode_record
from rds_csi_async.domain.volumes import Change, Volume
from tests.domain.lost_records import HELD, LostRecords, record_after, wish
from tests.examples import (
    BLOCK,
    CLUSTER,
    MARK,
    MOUNT,
    NEXT_MARK,
    NODE_A,
    NODE_B,
    NODE_C,
    SLOT,
    UNUSED,
    held_by,
    holding,
    shown,
)

MODES = list(AccessMode)
UNUSED_BLOCK = replace(UNUSED, kind="block")


def every_meeting() -> Iterator[tuple[AccessMode, bool, AccessMode, bool]]:
    """Give every way in which a volume is held and asked for once more."""
    return product(MODES, [False, True], MODES, [False, True])


def may_share(held: Holder, asked: Holder) -> bool:
    """Say it the long way round: the pairs of holders that do not harm each other."""
    if held.mode != asked.mode:
        return False
    one_writes = held.read_only or asked.read_only
    return {
        AccessMode.MULTI_NODE_READER_ONLY: True,
        AccessMode.MULTI_NODE_MULTI_WRITER: True,
        AccessMode.MULTI_NODE_SINGLE_WRITER: one_writes,
    }.get(held.mode, False)


def test_a_volume_without_bytes_is_not_published() -> None:
    """Its file is gone, perhaps: nobody is told that it can be used, nor that it never can."""
    for volume in (shown(UNUSED), shown(held_by(holding(NODE_A)))):
        with pytest.raises(NotReadyError, match="no bytes"):
            decide_publish(replace(volume, size_bytes=0), wish(NODE_A))


@pytest.mark.parametrize(("mode", "read_only", "next_mode", "next_read_only"), list(every_meeting()))
def test_a_second_node(mode: AccessMode, next_mode: AccessMode, *, read_only: bool, next_read_only: bool) -> None:
    """It is let in where they do not harm each other, under the same name; else it is refused and nothing changes."""
    held = Holder(NODE_A, mode, read_only)
    volume = shown(held_by(held, record=UNUSED_BLOCK))
    asked = Holder(NODE_B, next_mode, next_read_only)
    asking = wish(NODE_B, Capability(next_mode, None), read_only=next_read_only)
    if not may_share(held, asked):
        with pytest.raises(RefusedError, match=NODE_A):
            decide_publish(volume, asking)
        return
    record, change = decide_publish(volume, asking)
    assert record == record_after(change)
    assert (record.holders, record.only_node) == ((held, asked), "*")
    assert (record.generation, record.writer) == (2, "w2")
    assert change == Change(encode_record(record), exported=True, nqn=volume.nqn)


@pytest.mark.parametrize(("mode", "read_only", "next_mode", "next_read_only"), list(every_meeting()))
def test_the_same_node_again(mode: AccessMode, next_mode: AccessMode, *, read_only: bool, next_read_only: bool) -> None:
    """The same call again changes nothing; another call for the same node is told so (CSI 1.12: ALREADY_EXISTS)."""
    held = held_by(Holder(NODE_A, mode, read_only), record=UNUSED_BLOCK)
    asking = wish(NODE_A, Capability(next_mode, None), read_only=next_read_only)
    if (mode, read_only) == (next_mode, next_read_only):
        assert decide_publish(shown(held), asking) == (held, None)
    else:
        with pytest.raises(IncompatibleVolumeError, match=f"published to {NODE_A} as {mode.name}.*as {next_mode.name}"):
            decide_publish(shown(held), asking)


@pytest.mark.parametrize(("mode", "read_only"), list(product(MODES, [False, True])))
def test_the_first_node_opens_the_volume_under_a_new_name(mode: AccessMode, *, read_only: bool) -> None:
    """In every mode: the only holder, the first sequence, the mark of this call, and the export on, all at once."""
    record, change = decide_publish(shown(UNUSED_BLOCK), wish(NODE_A, Capability(mode, None), read_only=read_only))
    assert record == held_by(
        Holder(NODE_A, mode, read_only), record=replace(UNUSED_BLOCK, generation=2, writer="w2"), mark=NEXT_MARK
    )
    assert change == Change(encode_record(record), exported=True, nqn=str(Nqn(SLOT, 1, NEXT_MARK)))


@pytest.mark.parametrize("mode", [AccessMode.MULTI_NODE_SINGLE_WRITER, AccessMode.MULTI_NODE_MULTI_WRITER])
def test_nobody_mounts_what_several_may_write(mode: AccessMode) -> None:
    """Not even the first: the second would destroy the file system."""
    with pytest.raises(InvalidRequestError, match="volumeMode Block"):
        decide_publish(shown(UNUSED), wish(NODE_A, Capability(mode)))


@pytest.mark.parametrize(("record", "capability"), [(UNUSED, BLOCK), (UNUSED_BLOCK, MOUNT)])
def test_a_volume_is_used_as_what_it_was_made(record: Record, capability: Capability) -> None:
    """A file system on a raw device's bytes, or the other way round, would lose one of them."""
    with pytest.raises(InvalidRequestError, match="cannot be published as"):
        decide_publish(shown(record), wish(NODE_A, capability))


CLOSED = replace(held_by(holding(NODE_A), sequence=7), holders=())


@pytest.mark.parametrize(
    ("volume", "sequence"),
    [
        (shown(CLOSED), 8),
        (shown(CLOSED, exported=True), 8),
        (shown(CLOSED, nqn=""), 8),
        (shown(CLOSED, nqn=str(Nqn(SLOT, 11, MARK))), 12),
        (shown(CLOSED, nqn=str(Nqn(SLOT, 3, MARK))), 8),
        (shown(UNUSED, nqn=str(Nqn(SLOT, 3, MARK))), 4),
    ],
)
@pytest.mark.parametrize("node_id", [NODE_A, NODE_B])
def test_a_volume_opened_again_has_a_name_that_none_before_it_had(volume: Volume, sequence: int, node_id: str) -> None:
    """Higher than any there is a trace of, whoever asks; and who held it before is not forgotten."""
    before = volume.record()
    assert before is not None
    record, change = decide_publish(volume, wish(node_id))
    assert (record.sequence, record.nqn_mark) == (sequence, NEXT_MARK)
    assert change is not None
    assert change.nqn == str(Nqn(SLOT, sequence, NEXT_MARK)) != volume.nqn
    assert record.only_node == (node_id if before.only_node in {"", node_id} else "*")


def test_what_two_nodes_held_is_never_again_one_nodes_alone() -> None:
    """A node resumes its own unfinished format only where nobody else can have written."""
    both = replace(held_by(holding(NODE_A), holding(NODE_B)), holders=())
    assert decide_publish(shown(both), wish(NODE_A))[0].only_node == "*"


def test_the_last_sequence_is_not_passed() -> None:
    """A name beyond the grammar could never be read again."""
    with pytest.raises(RefusedError):
        decide_publish(shown(replace(CLOSED, sequence=LARGEST_SEQUENCE)), wish(NODE_A))


@pytest.mark.parametrize(
    "volume", [shown(HELD, exported=False), shown(HELD, nqn=""), shown(HELD, nqn=str(Nqn(SLOT, 6, MARK)))]
)
def test_an_export_that_is_not_as_the_record_says_is_repaired(volume: Volume) -> None:
    """The same call again opens what somebody closed, under the name that its holder knows."""
    record, change = decide_publish(volume, wish(NODE_A))
    assert record == replace(HELD, generation=2, writer="w2")
    assert change == Change(encode_record(record), exported=True, nqn=str(nqn_of(volume, HELD)))


NEWER = shown(HELD, nqn=str(Nqn(SLOT, 8, NEXT_MARK)))


def test_an_old_name_does_not_come_back_with_an_old_record() -> None:
    """Who restored the record from a backup is told so; what is open now stays as it is."""
    with pytest.raises(RefusedError, match="older than the name"):
        decide_publish(NEWER, wish(NODE_A))
    with pytest.raises(RefusedError, match="older than the name"):
        decide_unpublish(NEWER, NODE_B, CLUSTER, "w2")
    closing = decide_unpublish(NEWER, NODE_A, CLUSTER, "w2")
    assert closing is not None
    assert (closing.exported, closing.nqn) == (False, None)


SHARED = Capability(AccessMode.MULTI_NODE_MULTI_WRITER, None)
HOLDERS = [(), (NODE_A,), (NODE_B,), (NODE_A, NODE_B), (NODE_A, NODE_B, NODE_C)]


def every_leaving() -> Iterator[tuple[tuple[str, ...], str, bool, str]]:
    """Give every way in which a volume is held, shown, and left."""
    return product(HOLDERS, [NODE_A, NODE_C, ""], [False, True], [MARK, NEXT_MARK])


@pytest.mark.parametrize(("nodes", "leaving", "exported", "mark"), list(every_leaving()))
def test_leaving(nodes: tuple[str, ...], leaving: str, mark: str, *, exported: bool) -> None:
    """Exactly who leaves is gone, the others keep the same name, the last one closes; what was odd is right then."""
    holders = tuple(holding(node, SHARED) for node in nodes)
    base = held_by(holding(NODE_A, SHARED), record=UNUSED_BLOCK)
    record = replace(base, holders=holders, only_node="*")
    volume = shown(record, exported=exported, nqn=str(Nqn(SLOT, 1, mark)))
    left = tuple(holder for holder in holders if leaving not in {"", holder.node_id})
    is_right = exported == bool(nodes) and (not nodes or mark == MARK)
    change = decide_unpublish(volume, leaving, CLUSTER, "w2")
    if left == holders and is_right:
        assert change is None
        return
    after = record_after(change)
    assert after == replace(record, holders=left, generation=2, writer="w2")
    name = str(Nqn(SLOT, 1, MARK)) if left else None
    assert change == Change(encode_record(after), exported=bool(left), nqn=name)


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        (shown(UNUSED), True),
        (shown(UNUSED, exported=True), False),
        (shown(CLOSED, nqn="anything"), True),
        (shown(HELD), True),
        (shown(HELD, exported=False), False),
        (shown(HELD, nqn=str(Nqn(SLOT, 7, NEXT_MARK))), False),
    ],
)
def test_open_exactly_when_held(volume: Volume, *, expected: bool) -> None:
    """The invariant that every call asserts."""
    record = volume.record()
    assert record is not None
    assert is_as_recorded(volume, record) is expected


class TestLostRecords(LostRecords):
    """See there."""
