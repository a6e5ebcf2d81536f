"""The fake sits the exam."""

from dataclasses import dataclass, replace

import pytest

from rds_csi_async.domain.errors import CutOffError, UnreachableError
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.sizes import GIB
from tests.contracts.rds import RdsContract
from tests.contracts.rds_world import NEW, POOL, SLOT, SPARE, World
from tests.fakes.rds import FakeRds


@dataclass
class FakeWorld(World):
    """Reaches into the fake."""

    rds: FakeRds

    async def drop_disk(self, slot: str) -> None:
        """See `World`."""
        del self.rds.volumes[slot]
        self.rds.leftovers.add(slot)

    async def has_file(self, slot: str) -> bool:
        """See `World`."""
        return slot in self.rds.volumes or slot in self.rds.leftovers

    async def set_comment(self, slot: str, comment: str) -> None:
        """See `World`."""
        self.rds.volumes[slot] = replace(self.rds.volumes[slot], comment=comment)

    async def hold_safe_mode(self) -> None:
        """See `World`."""
        self.rds.safe_mode = True

    async def unmount_pool(self, name: str = POOL) -> None:
        """See `World`."""
        self.rds.unmounted.add(name)

    async def mount_pool(self, name: str = POOL) -> None:
        """See `World`."""
        self.rds.unmounted.remove(name)


class TestFakeRds(RdsContract):
    """See `RdsContract`."""

    @pytest.fixture
    def rds(self) -> FakeRds:
        """Give an empty appliance."""
        pools = (Pool(POOL, "ext4", 100 * GIB, 100 * GIB), Pool(SPARE, "ext4", 10 * GIB, 10 * GIB, GIB))
        return FakeRds(pools={pool.name: pool for pool in pools})

    @pytest.fixture
    def world(self, rds: FakeRds) -> FakeWorld:
        """Give its administrator."""
        return FakeWorld(rds)

    async def test_a_planned_failure_comes_before_anything_is_done(self, rds: FakeRds) -> None:
        """And once only."""
        rds.fail_next(UnreachableError("planned"))
        with pytest.raises(UnreachableError):
            await rds.create_volume(NEW)
        assert await rds.find_volume(SLOT) is None

    async def test_a_planned_failure_half_way_leaves_a_file(self, rds: FakeRds) -> None:
        """As when a creation, or a removal, of several commands is cut short."""
        rds.fail_next(CutOffError("planned"), half=True, skip=1)
        assert await rds.find_volume(SLOT) is None
        with pytest.raises(CutOffError):
            await rds.create_volume(NEW)
        assert (await rds.find_volume(SLOT), rds.leftovers) == (None, {SLOT})
        made = await rds.create_volume(NEW)
        rds.fail_next(CutOffError("planned"), half=True)
        with pytest.raises(CutOffError):
            await rds.remove_volume(made)
        assert (await rds.find_volume(SLOT), rds.leftovers) == (None, {SLOT})

    async def test_a_planned_cut_comes_after_everything_was_done(self, rds: FakeRds) -> None:
        """As when the answer is lost."""
        rds.fail_next(CutOffError("planned"), done=True)
        with pytest.raises(CutOffError):
            await rds.create_volume(NEW)
        assert await rds.find_volume(SLOT) is not None
