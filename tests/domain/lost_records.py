"""Volumes of which nobody can tell who holds them."""

from dataclasses import replace
from itertools import product

import pytest

from rds_csi_async.domain.attachments import (
    PublishWish,
    decide_publish,
    decide_unpublish,
)
from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.identifiers import Nqn
from rds_csi_async.domain.records import Record, decode_record, encode_record
from rds_csi_async.domain.volumes import Change
from tests.examples import (
    CLUSTER,
    MARK,
    MOUNT,
    NEXT_MARK,
    NODE_A,
    OTHER_CLUSTER,
    SLOT,
    UNUSED,
    held_by,
    holding,
    shown,
)


def wish(node_id: str, capability: Capability = MOUNT, *, read_only: bool = False) -> PublishWish:
    """Give what a call of the driver `w2` asks for."""
    return PublishWish(node_id, capability, read_only, CLUSTER, "w2", NEXT_MARK)


def record_after(change: Change | None) -> Record:
    """Give the record that a change writes."""
    assert change is not None
    record = decode_record(change.comment)
    assert record is not None
    return record


HELD = held_by(holding(NODE_A), sequence=7)
ERASED = ["", "typed by a person"]


UNREADABLE = ["rds1:{", "rds1:{}", encode_record(UNUSED).replace('"g":1', '"g":1,"q":1')]


FOREIGN = [encode_record(replace(UNUSED, owner=OTHER_CLUSTER)), encode_record(replace(HELD, owner=OTHER_CLUSTER))]


class LostRecords:
    """Nobody is let in or shut out on a guess."""

    @pytest.mark.parametrize(
        ("comment", "exported", "disk_type"),
        list(product(ERASED + UNREADABLE + FOREIGN, [False, True], ["file", "hardware"])),
    )
    def test_a_volume_without_its_record_is_opened_only_while_it_is_closed(
        self, comment: str, disk_type: str, *, exported: bool
    ) -> None:
        """Nobody can reach it then; in any other case somebody may, and nobody can tell who."""
        volume = replace(
            shown(None, exported=exported, nqn=str(Nqn(SLOT, 5, MARK))), comment=comment, disk_type=disk_type
        )
        if comment not in ERASED or exported or disk_type != "file":
            with pytest.raises(RefusedError):
                decide_publish(volume, wish(NODE_A))
            return
        record, change = decide_publish(volume, wish(NODE_A))
        assert record == record_after(change)
        assert (record.erased_once, record.only_node, record.sequence) == (True, "*", 6)
        assert record.holders == (holding(NODE_A),)

    @pytest.mark.parametrize(
        ("path", "pool", "own"),
        [
            (f"/pool1/volumes/{SLOT}.img", "pool1", True),
            (f"pool1/volumes/{SLOT}.img", "pool1", True),
            (f"/pool1/{SLOT}/disk.img", "pool1", True),
            (f"/pool1/older/volumes/{SLOT}.img", "pool1", True),
            (f"/elsewhere/{SLOT}/disk.img", None, False),
            ("/pool1/adopted/disk.img", "pool1", False),
            (f"/pool1/volumes/{SLOT}.img.old", "pool1", False),
            (f"/pool1/volumes/x{SLOT}.img", "pool1", False),
            (f"/pool1/{SLOT}/other.img", "pool1", False),
            (f"/pool1/../elsewhere/{SLOT}.img", "pool1", False),
            (f"/pool1//{SLOT}/disk.img", "pool1", False),
            (f"/pool1/./{SLOT}/disk.img", "pool1", False),
            ("", None, False),
        ],
    )
    def test_a_disk_without_its_record_is_opened_only_where_we_put_it(
        self, path: str, pool: str | None, *, own: bool
    ) -> None:
        """In a pool, under the slot's name, by a path that cannot lead elsewhere: else it was never ours."""
        volume = replace(shown(None), file_path=path, pool=pool)
        if own:
            assert decide_publish(volume, wish(NODE_A))[0].erased_once
        else:
            with pytest.raises(RefusedError, match="not ours"):
                decide_publish(volume, wish(NODE_A))

    def test_a_volume_whose_past_is_lost_is_not_said_to_be_new(self) -> None:
        """Even when no trace of a name is left: it may hold data, and `firstUse` goes with the first sequence alone."""
        assert decide_publish(shown(None), wish(NODE_A))[0].sequence == 2

    @pytest.mark.parametrize(
        ("comment", "exported", "disk_type"),
        list(product(ERASED + UNREADABLE + FOREIGN, [False, True], ["file", "hardware"])),
    )
    @pytest.mark.parametrize("node_id", [NODE_A, ""])
    def test_nobody_is_shut_out_on_a_guess(self, comment: str, disk_type: str, node_id: str, *, exported: bool) -> None:
        """Without a record that is ours nothing is closed; what has no record and is closed needs no closing."""
        volume = replace(shown(None, exported=exported), comment=comment, disk_type=disk_type)
        if comment in ERASED and not exported:
            assert decide_unpublish(volume, node_id, CLUSTER, "w2") is None
        else:
            with pytest.raises(RefusedError):
                decide_unpublish(volume, node_id, CLUSTER, "w2")

    def test_a_disk_that_is_no_file_is_not_closed(self) -> None:
        """A copied record does not make a drive ours."""
        with pytest.raises(RefusedError):
            decide_unpublish(replace(shown(HELD), disk_type="hardware"), NODE_A, CLUSTER, "w2")
