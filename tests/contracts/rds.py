"""What every `Rds` must do."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import (
    ConflictError,
    DeadlineError,
    InsufficientCapacityError,
    InvalidRequestError,
    NotReadyError,
    RefusedError,
)
from rds_csi_async.domain.sizes import GIB, MIB
from rds_csi_async.domain.volumes import Change, Volume
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.ports.rds import Rds
from tests.contracts.rds_pools import PoolsContract
from tests.contracts.rds_world import NEW, NQN, OTHER, POOL, SLOT, SPARE, World


class RdsContract(PoolsContract):
    """Subclass with fixtures `rds` (any implementation, on an appliance without volumes) and `world`, its `World`."""

    @pytest.fixture
    async def volume(self, rds: Rds) -> Volume:
        """Make one volume."""
        return await rds.create_volume(NEW)

    async def test_absent_is_none(self, rds: Rds) -> None:
        """A slot nobody made is None, not an error."""
        assert await rds.find_volume(SLOT) is None

    async def test_a_volume_is_born_closed_and_as_asked(self, rds: Rds) -> None:
        """What is made is what was wanted, to the byte, and nobody can reach it."""
        made = await rds.create_volume(NEW)
        assert (made.slot, made.pool, made.size_bytes, made.comment) == (SLOT, POOL, NEW.size_bytes, NEW.comment)
        assert (made.exported, made.disk_type) == (False, "file")
        assert await rds.find_volume(SLOT) == made

    async def test_a_taken_slot_is_returned_as_it_is(self, rds: Rds, volume: Volume) -> None:
        """A second create changes nothing, whatever it asks for."""
        again = await rds.create_volume(replace(NEW, size_bytes=32 * MIB, comment="rds1:other"))
        assert again == volume

    async def test_odd_sizes_are_refused(self, rds: Rds) -> None:
        """A size that the wire cannot say exactly is not sent."""
        with pytest.raises(InvalidRequestError):
            await rds.create_volume(replace(NEW, size_bytes=16 * MIB + 1))
        assert await rds.find_volume(SLOT) is None

    async def test_an_unknown_pool_is_refused(self, rds: Rds) -> None:
        """Only configured pools exist."""
        with pytest.raises(InvalidRequestError):
            await rds.get_pool("nobody")
        with pytest.raises(InvalidRequestError):
            await rds.create_volume(replace(NEW, pool="nobody"))

    async def test_a_full_pool_makes_nothing(self, rds: Rds, world: World) -> None:
        """No room is said as such, and leaves no disk and no file."""
        with pytest.raises(InsufficientCapacityError):
            await rds.create_volume(replace(NEW, size_bytes=200 * GIB))
        assert await rds.find_volume(SLOT) is None
        assert not await world.has_file(SLOT)

    async def test_a_pool_shows_what_is_left(self, rds: Rds) -> None:
        """A volume takes its size from the pool's free space."""
        before = await rds.get_pool(POOL)
        await rds.create_volume(NEW)
        after = await rds.get_pool(POOL)
        assert before.free_bytes - after.free_bytes >= NEW.size_bytes
        assert after.size_bytes == before.size_bytes

    async def test_the_listing_holds_pools_and_volumes(self, rds: Rds, volume: Volume) -> None:
        """One listing shows all of it, and equals the single reads."""
        other = await rds.create_volume(replace(NEW, slot=OTHER, comment="typed by a person"))
        listing = await rds.get_listing()
        assert {each.slot: each for each in listing.volumes} == {SLOT: volume, OTHER: other}
        assert await rds.get_pool(POOL) in listing.pools
        assert listing.missing == {}

    async def test_a_change_is_in_the_next_read(self, rds: Rds, volume: Volume) -> None:
        """Record, export and name change together, and what is returned is what is read."""
        changed = await rds.change_volume(volume, Change("rds1:second", exported=True, nqn=NQN))
        assert (changed.comment, changed.exported, changed.nqn) == ("rds1:second", True, NQN)
        assert await rds.find_volume(SLOT) == changed
        closed = await rds.change_volume(changed, Change("rds1:third", exported=False))
        assert (closed.comment, closed.exported) == ("rds1:third", False)

    async def test_growth_is_exact(self, rds: Rds, volume: Volume) -> None:
        """A larger size is there to the byte, and nothing else has changed."""
        grown = await rds.change_volume(volume, Change("rds1:second", size_bytes=33 * MIB))
        assert grown == replace(volume, size_bytes=33 * MIB, comment="rds1:second")

    async def test_nothing_shrinks(self, rds: Rds, volume: Volume) -> None:
        """A smaller size is refused before anything is done."""
        with pytest.raises(RefusedError):
            await rds.change_volume(volume, Change("rds1:second", size_bytes=8 * MIB))
        assert await rds.find_volume(SLOT) == volume

    async def test_growth_beyond_the_pool_changes_nothing(self, rds: Rds, volume: Volume) -> None:
        """No room is said as such, and the record stays too."""
        with pytest.raises(InsufficientCapacityError):
            await rds.change_volume(volume, Change("rds1:second", size_bytes=200 * GIB))
        assert await rds.find_volume(SLOT) == volume

    async def test_a_stale_writer_changes_nothing(self, rds: Rds, volume: Volume) -> None:
        """Whoever read an older record is told so, and the volume stays as it is."""
        with pytest.raises(ConflictError):
            await rds.change_volume(replace(volume, comment="rds1:older"), Change("rds1:second"))
        with pytest.raises(ConflictError):
            await rds.remove_volume(replace(volume, comment="rds1:older"))
        assert await rds.find_volume(SLOT) == volume

    async def test_a_volume_that_has_gone_is_a_conflict(self, rds: Rds, volume: Volume) -> None:
        """Neither change nor removal of it is taken for done."""
        await rds.remove_volume(volume)
        with pytest.raises(ConflictError):
            await rds.change_volume(volume, Change("rds1:second"))
        with pytest.raises(ConflictError):
            await rds.remove_volume(volume)

    async def test_a_volume_opened_meanwhile_is_not_removed(self, rds: Rds, volume: Volume) -> None:
        """An export that was off when it was read, and is on now, stops the removal even under the same record."""
        opened = await rds.change_volume(volume, Change(volume.comment, exported=True, nqn=NQN))
        with pytest.raises(ConflictError):
            await rds.remove_volume(volume)
        assert await rds.find_volume(SLOT) == opened

    async def test_removal_takes_the_file_too(self, rds: Rds, world: World, volume: Volume) -> None:
        """Disk and file are gone, and the space is back."""
        assert await world.has_file(SLOT)
        await rds.remove_volume(volume)
        assert await rds.find_volume(SLOT) is None
        assert not await world.has_file(SLOT)

    async def test_leftovers_go(self, rds: Rds, world: World, volume: Volume) -> None:
        """A file without its disk is removed; doing it twice is no error."""
        await world.drop_disk(volume.slot)
        assert await world.has_file(SLOT)
        await rds.remove_leftovers(SLOT)
        assert not await world.has_file(SLOT)
        await rds.remove_leftovers(SLOT)

    async def test_leftovers_of_a_living_disk_stay(self, rds: Rds, world: World, volume: Volume) -> None:
        """With a disk in the slot there are no leftovers."""
        with pytest.raises(ConflictError):
            await rds.remove_leftovers(SLOT)
        assert await rds.find_volume(SLOT) == volume
        assert await world.has_file(SLOT)

    async def test_create_takes_over_leftovers(self, rds: Rds, world: World, volume: Volume) -> None:
        """A file that an earlier try left is replaced, at the new size."""
        await world.drop_disk(volume.slot)
        made = await rds.create_volume(replace(NEW, size_bytes=24 * MIB))
        assert made.size_bytes == 24 * MIB

    async def test_a_comment_written_by_hand_is_read(self, rds: Rds, world: World, volume: Volume) -> None:
        """The next read shows it, and the old record is stale."""
        await world.set_comment(SLOT, "by hand; $x [y]")
        found = await rds.find_volume(SLOT)
        assert found == replace(volume, comment="by hand; $x [y]")
        with pytest.raises(ConflictError):
            await rds.change_volume(volume, Change("rds1:second"))

    async def test_nothing_is_changed_in_safe_mode(self, rds: Rds, world: World, volume: Volume) -> None:
        """Changes could be undone behind our back: none is made, and reading goes on."""
        await world.hold_safe_mode()
        for change in (
            rds.create_volume(replace(NEW, slot=OTHER)),
            rds.change_volume(volume, Change("rds1:second")),
            rds.remove_volume(volume),
            rds.remove_leftovers(OTHER),
        ):
            with pytest.raises(NotReadyError):
                await change
        assert await rds.find_volume(SLOT) == volume
        assert await rds.find_volume(OTHER) is None

    async def test_a_reserve_is_not_touched(self, rds: Rds, world: World) -> None:
        """Neither by a new volume nor by one that grows, and what does not fit leaves nothing."""
        with pytest.raises(InsufficientCapacityError):
            await rds.create_volume(replace(NEW, pool=SPARE, size_bytes=9 * GIB + MIB))
        assert not await world.has_file(SLOT)
        made = await rds.create_volume(replace(NEW, pool=SPARE, size_bytes=9 * GIB - MIB))
        with pytest.raises(InsufficientCapacityError):
            await rds.change_volume(made, Change("rds1:second", size_bytes=9 * GIB + MIB))
        assert await rds.find_volume(SLOT) == made
        assert (await rds.change_volume(made, Change("rds1:second", size_bytes=9 * GIB))).size_bytes == 9 * GIB

    async def test_nothing_is_sent_after_the_deadline(self, rds: Rds) -> None:
        """Time that has run out stops a call before it is sent."""
        with working_under(Deadline(0)), pytest.raises(DeadlineError):
            await rds.create_volume(NEW)
        assert await rds.find_volume(SLOT) is None

    async def test_a_healthy_appliance_is_reachable(self, rds: Rds) -> None:
        """Nothing is raised."""
        await rds.ensure_reachable()
