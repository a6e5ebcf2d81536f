"""What every `Rds` must do while a pool is missing."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.volumes import Change, Volume
from rds_csi_async.ports.rds import Rds
from tests.contracts.rds_world import NEW, NQN, OTHER, POOL, SLOT, SPARE, World


class PoolsContract:
    """A part of `RdsContract`."""

    async def test_nothing_is_absent_while_a_pool_is(self, rds: Rds, world: World, volume: Volume) -> None:
        """Nor is it made, or its leftovers taken away: it may be there, on the pool that is missing."""
        for missing in (SPARE, POOL):
            await world.unmount_pool(missing)
            for call in (
                rds.find_volume(OTHER),
                rds.get_pool(missing),
                rds.create_volume(replace(NEW, slot=OTHER)),
                rds.create_volume(replace(NEW, slot=OTHER, pool=SPARE)),
                rds.remove_leftovers(OTHER),
            ):
                with pytest.raises(NotReadyError):
                    await call
            await world.mount_pool(missing)
        assert await rds.find_volume(OTHER) is None
        assert await rds.find_volume(SLOT) == volume

    async def test_a_volume_is_not_known_without_its_pool(self, rds: Rds, world: World, volume: Volume) -> None:
        """It is not touched, and not made a second time."""
        await world.unmount_pool()
        for call in (
            rds.find_volume(SLOT),
            rds.create_volume(NEW),
            rds.create_volume(replace(NEW, pool=SPARE)),
            rds.change_volume(volume, Change("rds1:second")),
            rds.remove_volume(volume),
        ):
            with pytest.raises(NotReadyError):
                await call
        await world.mount_pool()
        assert await rds.find_volume(SLOT) == volume

    async def test_what_is_on_a_healthy_pool_is_worked_with(self, rds: Rds, world: World, volume: Volume) -> None:
        """Whatever became of the other pool."""
        await world.unmount_pool(SPARE)
        await rds.ensure_reachable()
        assert await rds.find_volume(SLOT) == volume
        assert await rds.create_volume(NEW) == volume
        opened = await rds.change_volume(volume, Change("rds1:second", exported=True, nqn=NQN))
        grown = await rds.change_volume(opened, Change("rds1:third", size_bytes=32 * MIB, exported=False))
        assert (opened.exported, grown.size_bytes) == (True, 32 * MIB)
        await rds.remove_volume(grown)
        assert not await world.has_file(SLOT)

    async def test_a_listing_says_what_is_missing(self, rds: Rds, world: World, volume: Volume) -> None:
        """What it does not show may be there."""
        await world.unmount_pool(SPARE)
        listing = await rds.get_listing()
        assert (listing.volumes, [pool.name for pool in listing.pools]) == ((volume,), [POOL])
        assert set(listing.missing) == {SPARE}
        assert SPARE in listing.missing[SPARE]

    async def test_an_appliance_without_pools_cannot_be_worked_with(self, rds: Rds, world: World) -> None:
        """It answers before it has mounted them."""
        await rds.ensure_reachable()
        await world.unmount_pool(SPARE)
        await world.unmount_pool()
        with pytest.raises(NotReadyError):
            await rds.ensure_reachable()
