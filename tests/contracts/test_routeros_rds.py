"""The adapter sits the exam, at a simulator, over real SSH; and some questions of its own."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import ConflictError, CutOffError, InsufficientCapacityError, NotReadyError
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import Limits
from rds_csi_async.routeros.syntax import render_text
from rds_csi_async.simulator.faults import LineFault
from tests.contracts.rds import RdsContract
from tests.contracts.rds_world import NEW, OTHER, POOL, SLOT
from tests.contracts.simulated_world import SimulatedWorld
from tests.fakes.appliances import Appliance, connected


@pytest.fixture(params=["btrfs", "ext4"])
async def appliance(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Appliance]:
    """Start one of each layout."""
    async with connected(tmp_path, str(request.param), spare=True) as appliance:
        yield appliance


@pytest.fixture
def rds(appliance: Appliance) -> RouterOsRds:
    """Give the adapter."""
    return appliance.rds


@pytest.fixture
def world(appliance: Appliance) -> SimulatedWorld:
    """Give the administrator."""
    return SimulatedWorld(appliance)


class TestRouterOsRds(RdsContract):
    """See `RdsContract`."""


@pytest.mark.parametrize("fault", [LineFault.DROP_BEFORE, LineFault.DROP_AFTER, LineFault.HALF_REPLY])
async def test_a_create_whose_answer_was_lost_is_found_by_the_next(
    appliance: Appliance, rds: RouterOsRds, fault: LineFault
) -> None:
    """The outcome is unknown, and the same call again converges."""
    appliance.simulator.faults.plan(fault, "/disk/add")
    with pytest.raises(CutOffError):
        await rds.create_volume(NEW)
    made = await rds.create_volume(NEW)
    assert (made.size_bytes, made.comment) == (NEW.size_bytes, NEW.comment)
    assert (await rds.get_listing()).volumes == (made,)


@pytest.mark.parametrize("fault", [LineFault.DROP_BEFORE, LineFault.DROP_AFTER, LineFault.HALF_REPLY])
async def test_a_removal_whose_answer_was_lost_is_finished_by_the_next(
    appliance: Appliance, rds: RouterOsRds, world: SimulatedWorld, fault: LineFault
) -> None:
    """Whatever it did, a fresh look and a second try leave nothing."""
    volume = await rds.create_volume(NEW)
    appliance.simulator.faults.plan(fault, "/disk/remove")
    with pytest.raises(CutOffError):
        await rds.remove_volume(volume)
    found = await rds.find_volume(SLOT)
    if found is None:
        await rds.remove_leftovers(SLOT)
    else:
        await rds.remove_volume(found)
    assert await rds.find_volume(SLOT) is None
    assert not await world.has_file(SLOT)


@pytest.mark.parametrize("fault", [LineFault.DROP_BEFORE, LineFault.DROP_AFTER])
async def test_a_read_survives_a_drop(appliance: Appliance, rds: RouterOsRds, fault: LineFault) -> None:
    """It is sent again on a new connection, by itself."""
    volume = await rds.create_volume(NEW)
    appliance.simulator.faults.plan(fault, "detail")
    assert await rds.find_volume(SLOT) == volume


async def test_half_of_a_listing_is_no_listing(appliance: Appliance, rds: RouterOsRds) -> None:
    """Nor is half of a read "absent"."""
    await rds.create_volume(NEW)
    appliance.simulator.faults.plan(LineFault.HALF_REPLY, "ids")
    with pytest.raises(CutOffError):
        await rds.get_listing()
    appliance.simulator.faults.plan(LineFault.HALF_REPLY, "detail")
    with pytest.raises(CutOffError):
        await rds.find_volume(SLOT)


async def test_a_command_that_hangs_ends_by_its_bound(tmp_path: Path) -> None:
    """And the next one is served."""
    async with connected(tmp_path, limits=Limits(command_timeout_s=0.5, shortest_pause_s=0.01)) as appliance:
        await appliance.rds.ensure_reachable()
        appliance.simulator.faults.plan(LineFault.HANG, "/disk/add")
        with pytest.raises(CutOffError, match="no end within"):
            await appliance.rds.create_volume(NEW)
        assert await appliance.rds.find_volume(SLOT) is None


async def test_an_old_version_is_refused_by_name(tmp_path: Path) -> None:
    """Before anything else is asked of it."""
    async with connected(tmp_path, version="7.20.8 (long-term)") as appliance:
        with pytest.raises(NotReadyError, match=r"RouterOS 7\.20\.8 .*upgrade"):
            await appliance.rds.create_volume(NEW)
        assert appliance.simulator.counters.verbs["/disk/add"] == 0


async def test_each_call_is_one_line(appliance: Appliance, rds: RouterOsRds) -> None:
    """After the greeting: create, find, change, remove; a removal takes two at most."""
    await rds.ensure_reachable()

    async def lines(call: object) -> int:
        before = appliance.simulator.counters.commands
        await call  # type: ignore[misc]  # an awaitable
        return appliance.simulator.counters.commands - before

    assert await lines(rds.create_volume(NEW)) == 1
    volume = await rds.find_volume(SLOT)
    assert volume is not None
    assert await lines(rds.change_volume(volume, Change("rds1:next"))) == 1
    assert await lines(rds.find_volume(SLOT)) == 1
    assert await lines(rds.remove_volume(replace(volume, comment="rds1:next"))) == 1


async def test_a_disk_under_another_slot_keeps_its_file(
    appliance: Appliance, rds: RouterOsRds, world: SimulatedWorld
) -> None:
    """An administrator renamed the slot: neither leftovers nor a new volume may take the file."""
    await rds.create_volume(NEW)
    await appliance.type(f"/disk/set [/disk/find where slot={render_text(SLOT)}] slot=renamed")
    for call in (rds.remove_leftovers(SLOT), rds.create_volume(NEW)):
        with pytest.raises(NotReadyError, match="another disk uses the file"):
            await call
    assert await world.has_file(SLOT)


async def test_a_leftover_never_shows_its_old_data(
    appliance: Appliance, rds: RouterOsRds, world: SimulatedWorld
) -> None:
    """The file of a volume that was made over it begins with nothing."""
    volume = await rds.create_volume(NEW)
    root = appliance.simulator.settings.root / "pools"
    file = root / volume.file_path.lstrip("/")
    await asyncio.to_thread(_write, file)
    await world.drop_disk(SLOT)
    again = await rds.create_volume(NEW)
    assert again.file_path == volume.file_path
    assert not await asyncio.to_thread(_holds_data, file)


async def test_an_erased_record_is_unchanged_only_while_it_is_erased(rds: RouterOsRds, world: SimulatedWorld) -> None:
    """An empty comment is compared as such."""
    volume = await rds.create_volume(NEW)
    await world.set_comment(SLOT, "")
    erased = replace(volume, comment="")
    assert await rds.find_volume(SLOT) == erased
    with pytest.raises(ConflictError):
        await rds.change_volume(volume, Change("rds1:next"))
    await rds.change_volume(erased, Change("rds1:next"))
    with pytest.raises(ConflictError):
        await rds.change_volume(erased, Change("rds1:after"))


async def test_other_peoples_disks_are_not_ours(appliance: Appliance, rds: RouterOsRds) -> None:
    """They are in no listing, and in nobody's way."""
    await appliance.type('/disk/add type=file file-path="/pool1/nixos.img" file-size=16M slot=nixos-var')
    assert (await rds.get_listing()).volumes == ()
    found = await rds.find_volume("nixos-var")
    assert found is not None
    assert found.comment == ""


async def test_long_listings_come_whole(rds: RouterOsRds) -> None:
    """Over several pages."""
    slots = [f"rds1-aaaaaa-{number:020d}" for number in range(120)]
    for slot in slots:
        await rds.create_volume(NewVolume(slot, POOL, 16 << 20, "rds1:x" * 80))
    listing = await rds.get_listing()
    assert sorted(volume.slot for volume in listing.volumes) == slots


@pytest.mark.parametrize("slot", ["a.b", 'a"b', "a$b", "a;b", "a b[", "é"])
async def test_odd_slots_are_only_ever_slots(rds: RouterOsRds, slot: str) -> None:
    """Nothing in a name is alive."""
    assert await rds.find_volume(slot) is None
    made = await rds.create_volume(replace(NEW, slot=OTHER, comment=slot))
    assert made.comment == slot


async def test_no_room_leaves_nothing_of_an_earlier_try(
    appliance: Appliance, rds: RouterOsRds, world: SimulatedWorld
) -> None:
    """It is a final answer: nobody comes back for the place that was made before the connection broke."""
    appliance.simulator.faults.plan(LineFault.DROP_MIDWAY, "/disk/add")
    with pytest.raises(CutOffError):
        await rds.create_volume(NEW)
    appliance.simulator.pools.by_name[POOL].full = True
    with pytest.raises(InsufficientCapacityError, match="xfull 0 bytes of space are free"):
        await rds.create_volume(NEW)
    assert not await world.has_file(SLOT)


@pytest.mark.parametrize("appliance", ["btrfs"], indirect=True)
async def test_an_empty_place_is_taken_over_or_taken_away(
    appliance: Appliance, rds: RouterOsRds, world: SimulatedWorld
) -> None:
    """A create was cut between subvolume and disk, or a removal between file and subvolume."""
    place = f"fs={render_text(POOL)} name={render_text(SLOT)}"
    await appliance.type(f"/disk/btrfs/subvolume/add {place}")
    assert await world.has_file(SLOT)
    await rds.remove_leftovers(SLOT)
    assert not await world.has_file(SLOT)
    await appliance.type(f"/disk/btrfs/subvolume/add {place}")
    volume = await rds.create_volume(NEW)
    await rds.remove_volume(volume)
    assert not await world.has_file(SLOT)


async def test_two_who_create_at_once_make_one_whole_volume(
    appliance: Appliance, rds: RouterOsRds, world: SimulatedWorld
) -> None:
    """The appliance runs them word by word in turn; neither takes away what the other made."""
    made = await asyncio.gather(*(rds.create_volume(NEW) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(each, Volume | ConflictError | NotReadyError) for each in made), made
    volume = await rds.find_volume(SLOT)
    assert volume is not None
    assert {each for each in made if isinstance(each, Volume)} == {volume}
    assert await world.has_file(SLOT)
    file = appliance.simulator.settings.root / "pools" / volume.file_path.lstrip("/")
    assert (await asyncio.to_thread(file.stat)).st_size == NEW.size_bytes


def _write(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"old data")


def _holds_data(file: Path) -> bool:
    with file.open("rb") as opened:
        return any(opened.read(4096))
