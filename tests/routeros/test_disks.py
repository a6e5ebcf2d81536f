"""A disk's row is read strictly, and what is sent about a disk is exact."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import InvalidRequestError, RefusedError
from rds_csi_async.domain.sizes import GIB, MIB
from rds_csi_async.domain.volumes import Change, Volume
from rds_csi_async.routeros.disks import (
    parse_volume,
    render_add,
    render_change,
    render_disk,
    render_ensure_same_object,
    render_pick_unchanged,
    render_remove,
)
from rds_csi_async.routeros.pools import render_ensure_free
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.rows import Row
from rds_csi_async.routeros.syntax import render_text
from tests.routeros.examples import BTRFS, NEW, SEEN, SHOWN, SLOT

ROW: Row = {
    "slot": SLOT,
    "type": "file",
    "size": GIB,
    "file-path": SEEN.file_path,
    "comment": SEEN.comment,
    "nvme-tcp-export": True,
    "nvme-tcp-server-nqn": "nqn.x:y",
    "nvme-tcp-server-port": "4421",
}


def test_a_row_becomes_a_volume() -> None:
    """With the pool that its file lies in."""
    assert parse_volume(ROW, SHOWN) == replace(SEEN, exported=True, nqn="nqn.x:y", port=4421)


def test_a_closed_disk_need_not_show_how_it_was_exported() -> None:
    """RouterOS leaves out what does not apply."""
    row = {"slot": SLOT, "type": "file", "size": GIB, "file-path": SEEN.file_path, "nvme-tcp-export": "no"}
    assert parse_volume(row, SHOWN) == replace(SEEN, comment="")


@pytest.mark.parametrize("name", sorted(set(ROW) - {"comment"}))
def test_what_safety_needs_is_never_guessed(name: str) -> None:
    """A row that lacks it is an error that names it."""
    with pytest.raises(ApplianceError, match=name):
        parse_volume({key: value for key, value in ROW.items() if key != name}, SHOWN)


def test_a_port_that_nobody_can_dial_is_no_port() -> None:
    """A node would refuse it for good, long after the volume was said to be published."""
    with pytest.raises(ApplianceError, match="nvme-tcp-server-port='65536'"):
        parse_volume({**ROW, "nvme-tcp-server-port": 65536}, SHOWN)


def test_a_disk_of_another_kind_is_shown_as_such() -> None:
    """A partition in a slot of ours has no file, and is no volume of ours."""
    found = parse_volume({**ROW, "type": "partition", "file-path": ""}, SHOWN)
    assert (found.disk_type, found.file_path, found.pool) == ("partition", "", None)


def test_a_file_elsewhere_is_on_no_pool() -> None:
    """Whatever it is called."""
    assert parse_volume({**ROW, "file-path": "/usb1/a.img"}, SHOWN).pool is None


def test_a_disk_is_born_closed_and_never_mounted() -> None:
    """Both would be otherwise by default, or could be."""
    added = render_add(NEW, BTRFS, 4420)
    assert added == (
        f'/disk/add type=file file-path="/pool1/{SLOT}/disk.img" file-size=1024M slot="{SLOT}"'
        ' comment="rds1:\\7B\\22g\\22:1\\7D" mount-filesystem=no nvme-tcp-export=no nvme-tcp-server-port=4420'
    )


@pytest.mark.parametrize("size_bytes", [0, -MIB, MIB + 1, MIB - 1])
def test_a_size_that_cannot_be_said_exactly_is_refused(size_bytes: int) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidRequestError):
        render_add(replace(NEW, size_bytes=size_bytes), BTRFS, 4420)


def test_a_slot_that_the_appliance_cannot_hold_is_refused() -> None:
    """32 characters are the most."""
    with pytest.raises(InvalidRequestError):
        render_add(replace(NEW, slot=SLOT + "x"), BTRFS, 4420)


def test_all_of_a_change_is_one_command() -> None:
    """Record, size, name and export."""
    change = Change("rds1:next", size_bytes=2 * GIB, exported=True, nqn="nqn.x:y")
    *checks, command = render_change(SEEN, change, BTRFS)
    assert checks == [
        f':if ([/disk/get ($xI->0) size] > {2 * GIB}) do={{:error "xshrink"}}',
        render_ensure_free(BTRFS, GIB),
    ]
    assert command == (
        f'/disk/set [/disk/find where slot="{SLOT}" comment={render_text(SEEN.comment)}] comment="rds1:next"'
        ' file-size=2048M nvme-tcp-server-nqn="nqn.x:y" nvme-tcp-export=yes'
    )


def test_what_is_not_to_change_is_not_sent() -> None:
    """None leaves a thing as it is."""
    (command,) = render_change(SEEN, Change("rds1:next"), BTRFS)
    assert command.endswith('] comment="rds1:next"')
    assert render_change(SEEN, Change("rds1:next", exported=False), None)[-1].endswith(" nvme-tcp-export=no")


def test_a_size_that_is_there_already_takes_no_room() -> None:
    """A full pool does not stand in its way; nor does a pool that nobody knows."""
    for size_bytes, pool in [(SEEN.size_bytes, BTRFS), (2 * SEEN.size_bytes, None)]:
        assert "xfull" not in ";".join(render_change(SEEN, Change("rds1:next", size_bytes=size_bytes), pool))


def test_the_word_that_acts_looks_once_more() -> None:
    """By slot and record; an erased record cannot be looked for, so there it is the one that was picked."""
    look = f'[/disk/find where slot="{SLOT}" comment={render_text(SEEN.comment)}]'
    removal, check = render_remove(SEEN)
    assert removal == f"/disk/remove {look}"
    assert check == f'[:len [/disk/find where slot="{SLOT}"]]'.join([":if (", ' != 0) do={:error "xstale"}'])
    assert render_remove(replace(SEEN, comment=""))[0] == "/disk/remove ($xI->0)"


def test_nothing_shrinks() -> None:
    """Not even by a byte."""
    with pytest.raises(RefusedError, match="nothing shrinks"):
        render_change(SEEN, Change("rds1:next", size_bytes=GIB - MIB), BTRFS)


def test_a_disk_is_picked_by_slot_and_record() -> None:
    """Exactly; an erased record is one whose length is 0, since an unset comment equals no text."""
    assert render_pick_unchanged(SEEN)[0].endswith(f'slot="{SLOT}" comment="rds1:\\7B\\22g\\22:1\\7D"]')
    assert render_pick_unchanged(replace(SEEN, comment=""))[-1] == (
        ':if ([:len [/disk/get ($xI->0) comment]] != 0) do={:error "xstale"}'
    )


@pytest.mark.parametrize(("seen", "checks_export"), [(SEEN, True), (replace(SEEN, exported=True), False)])
def test_the_object_is_compared_before_it_is_removed(seen: Volume, checks_export: bool) -> None:  # noqa: FBT001 - it is the example
    """Type, file, and that nobody opened it meanwhile."""
    checks = ";".join(render_ensure_same_object(seen))
    assert 'type]] != "file")' in checks
    assert f'file-path]] != "{SEEN.file_path}")' in checks
    assert ("xopen" in checks) is checks_export


def test_a_slot_is_never_a_pattern() -> None:
    """A dot in it is a dot."""
    assert 'where slot="a.b"]' in render_disk("a.b")
