"""Scratch things have names that nothing else has, least of all a volume, and go without taking anything else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rds_csi_async.domain.identifiers import NQN_PREFIX, find_nqn, find_volume_id
from rds_csi_async.routeros.scratch import MARK, is_gone, render_clear, render_count
from rds_csi_async.routeros.syntax import render_framed, render_text
from tests.fakes.appliances import Appliance, connected
from tests.routeros.trials import IN_A_FOLDER, SCRATCH


@pytest.fixture(params=["btrfs", "ext4"])
async def appliance(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Appliance]:
    """Start one of each layout."""
    async with connected(tmp_path, str(request.param)) as appliance:
        yield appliance


def test_nothing_is_mistaken_for_a_volume() -> None:
    """Neither by its slot, nor its comment, nor its name on the wire."""
    for slot in (SCRATCH.slot, SCRATCH.other("thick")):
        assert not slot.startswith("rds1-")
        assert find_volume_id(f"rds:{slot}") is None
    assert not SCRATCH.comment.startswith("rds1:")
    assert not SCRATCH.nqn(1).startswith(NQN_PREFIX)
    assert find_nqn(SCRATCH.nqn(1)) is None


def test_names_are_as_long_as_those_of_volumes() -> None:
    """Else what holds for them would say nothing about volumes."""
    assert len(SCRATCH.nqn(1)) >= len(f"{NQN_PREFIX}rds1-aaaaaa-bbbbbbbbbbbbbbbbbbbb.1.0123456789abcdef")
    assert SCRATCH.nqn(1) != SCRATCH.nqn(2) != SCRATCH.nqn(2, SCRATCH.other("x"))


def test_files_lie_in_a_place_of_their_own() -> None:
    """A subvolume, or a folder."""
    assert SCRATCH.file_name(SCRATCH.slot) == f"pool1/{SCRATCH.slot}/disk.img"
    assert IN_A_FOLDER.file_name(SCRATCH.slot) == f"pool2/{SCRATCH.slot}/{SCRATCH.slot}.img"
    assert IN_A_FOLDER.file_name(SCRATCH.other("x")) == f"pool2/{SCRATCH.slot}/x.img"


def test_a_disk_is_added_in_the_words_of_the_driver() -> None:
    """Closed, never mounted, in whole MiB."""
    words = SCRATCH.render_add()
    assert all(part in words for part in ("nvme-tcp-export=no", "mount-filesystem=no", "file-size=17M"))
    assert f"slot={render_text('x' * 33)}" in SCRATCH.render_add_other("x" * 33)


def test_a_disk_that_is_not_there_is_said_so() -> None:
    """By a word of our own."""
    assert is_gone("xgone (:error; line 1)")
    assert not is_gone("no such item")
    assert '"xgone"' in SCRATCH.render_pick()[1]


@pytest.mark.parametrize(
    ("mark", "fine"), [("0123456789", True), ("012345678", False), ("012345678x", False), ("", False)]
)
def test_marks_are_strict(mark: str, fine: bool) -> None:  # noqa: FBT001 - an example
    """One that is part of another could take more than its own."""
    assert (MARK.fullmatch(mark) is not None) is fine


async def test_clearing_takes_all_that_is_ours_and_nothing_else(appliance: Appliance) -> None:
    """Open disks, files without disks, the place; other marks and other people's things stay."""
    pools = appliance.simulator.settings.pools
    subvolumes = pools[0].fs == "btrfs"
    ours, theirs = "rdsprobe-0123456789", "rdsprobe-9876543210"
    for name in (ours, theirs):
        place = f'fs="pool1" name="{name}"' if subvolumes else f'name="pool1/{name}" type=directory'
        await appliance.type(f"{'/disk/btrfs/subvolume/add' if subvolumes else '/file/add'} {place}")
        for disk in ("a", "b"):
            await appliance.type(
                f'/disk/add type=file file-path="/pool1/{name}/{disk}.img" file-size=1M slot="{name}-{disk}"'
                f" nvme-tcp-export={'yes' if disk == 'a' else 'no'}"
            )
    await appliance.type(f'/disk/remove [/disk/find where slot="{ours}-b"]')
    counting = render_framed(render_count("0123456789", has_subvolumes=subvolumes), "TOKEN")
    assert '{"left":5}' in await appliance.type(counting) or '{"left":4}' in await appliance.type(counting)
    await appliance.type(";".join(render_clear("0123456789", has_subvolumes=subvolumes)))
    assert '{"left":0}' in await appliance.type(counting)
    assert await appliance.type(f':put [:len [/disk/find where slot~"{theirs}"]]') == "2\r\n"
    assert await appliance.type(f':put [:len [/file/find where name~"{theirs}"]]') == "3\r\n"
