"""Every line that changes something checks first, and touches nothing but what is the volume's own."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rds_csi_async.domain.sizes import GIB
from rds_csi_async.domain.volumes import Change
from rds_csi_async.routeros import commands
from rds_csi_async.routeros.syntax import LONGEST_LINE, render_framed
from tests.routeros.examples import BTRFS, EXT4, NEW, POOLS, SEEN, SLOT

SHOWN_SETTINGS = [each.settings for each in POOLS]
LINES: dict[str, Sequence[str]] = {
    "create on btrfs": commands.render_create(NEW, BTRFS, POOLS, 4420),
    "create on ext4": commands.render_create(NEW, EXT4, POOLS, 4420),
    "change": commands.render_change(SEEN, Change("rds1:next", exported=True), BTRFS, SHOWN_SETTINGS),
    "grow": commands.render_change(SEEN, Change("rds1:next", size_bytes=2 * GIB), BTRFS, SHOWN_SETTINGS),
    "remove": commands.render_remove(SEEN, BTRFS),
    "remove the file": commands.render_remove_file(SEEN, BTRFS),
    "remove leftovers": commands.render_remove_leftovers(SLOT, POOLS),
}
BY_ABSENCE = ("create on btrfs", "create on ext4", "remove leftovers")
VERBS = ("/add ", "/set ", "/remove ")


@pytest.mark.parametrize("statements", LINES.values(), ids=LINES.keys())
def test_pools_and_safe_mode_come_before_any_change(statements: Sequence[str]) -> None:
    """In the same line: every pool where something is taken for absent, else the volume's own."""
    line = ";".join(statements)
    first = min(line.index(verb) for verb in VERBS if verb in line)
    checks = line[:first]
    needed = POOLS if statements in [LINES[name] for name in BY_ABSENCE] else [BTRFS]
    assert all(f'"xpool {each.settings.name}"' in checks for each in needed)
    assert '"xsafe"' in checks
    assert "/disk/find" in checks[checks.index("xsafe") :]


@pytest.mark.parametrize("statements", LINES.values(), ids=LINES.keys())
def test_every_variable_is_ours_and_every_line_fits(statements: Sequence[str]) -> None:
    """A name that a menu has as a property would be the property inside `where`."""
    line = render_framed(statements, "TOKEN")
    assert all(part.startswith("x") for part in line.split("$")[1:])
    assert len(line) < LONGEST_LINE / 2
    assert "~" not in line.replace('$xG~"space"', "")


def test_a_create_without_room_undoes_what_it_made() -> None:
    """And says why, whoever noticed it. Any other failure may be another session at the same volume."""
    line = ";".join(LINES["create on btrfs"])
    make, undo = line[line.index(":onerror xG in=") :].split('} do={:if ($xG~"space") do={')
    assert make.index('"xfull ') < make.index("/disk/btrfs/subvolume/add") < make.index("/disk/add")
    assert " of space are free" in make
    assert "remove" not in make
    assert undo.index("/file/remove ") < undo.index("/disk/btrfs/subvolume/remove ") < undo.index("};:error $xG}")


def test_a_leftover_file_goes_before_a_new_disk_comes() -> None:
    """Old data never shows in a new volume."""
    for name in ("create on btrfs", "create on ext4"):
        line = ";".join(LINES[name])
        assert line.index("/file/remove $xK") < line.index("/disk/add")


def test_a_removal_takes_disk_file_and_place_in_order() -> None:
    """The file only when its disk has gone."""
    line = ";".join(LINES["remove"])
    places = [line.index(word) for word in ("/disk/remove [", "/file/remove ", "/disk/btrfs/subvolume/remove ")]
    assert places == sorted(places)
    assert line.count("/disk/remove ") == 1


def test_the_place_of_an_adopted_disk_is_not_ours() -> None:
    """Only its file goes."""
    line = ";".join(commands.render_remove(replace(SEEN, file_path="/pool1/adopted.img"), BTRFS))
    assert '/file/find where name="pool1/adopted.img"' in line
    assert "subvolume/remove" not in line


def test_leftovers_are_looked_for_at_our_own_paths_alone() -> None:
    """On each pool, and only if nobody has the slot."""
    line = ";".join(LINES["remove leftovers"])
    assert f'[:len [/disk/find where slot="{SLOT}"]] != 0) do={{:error "xtaken"}}' in line
    names = {part.split('"')[1] for part in line.split("/file/find where name=")[1:]}
    assert names == {f"pool1/{SLOT}/disk.img", f"pool2/images/{SLOT}.img"}


def test_reads_change_nothing() -> None:
    """And print the pools before the disk."""
    for statements in (commands.render_hello(SHOWN_SETTINGS), commands.render_find(SLOT, SHOWN_SETTINGS)):
        assert not any(verb in ";".join(statements) for verb in VERBS)
    assert '"disk"' in commands.render_find(SLOT, SHOWN_SETTINGS)[-1]
