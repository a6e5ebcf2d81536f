"""A remembered figure only ever says yes, and no two get the same room."""

import asyncio
from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import CutOffError, InsufficientCapacityError, NotReadyError
from rds_csi_async.domain.pools import Capacity, Pool
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.services.reserving import OLDEST_S, Reserving
from rds_csi_async.services.stocktaking import Stocktaking
from tests.examples import UNUSED, shown
from tests.fakes.rds import FakeRds

pytestmark = pytest.mark.looptime
VOLUME = replace(shown(UNUSED), slot="rds1-a", size_bytes=GIB)


@pytest.fixture
def rds() -> FakeRds:
    """Give an appliance whose pool of 10 GiB says that all of it is free, with a volume of 1 GiB."""
    return FakeRds({"rds1-a": VOLUME}, {"pool1": Pool("pool1", "btrfs", 10 * GIB, 99 * GIB)})


@pytest.fixture
def room(rds: FakeRds) -> Reserving:
    """Give the one that is examined."""
    return Reserving(Stocktaking(rds))


def gib(available: int, claimed: int = 0) -> Capacity:
    """Give a capacity of so many GiB."""
    return Capacity(available * GIB, available * GIB, claimed * GIB)


def reserve_and_fail(room: Reserving, error: BaseException) -> None:
    """Give away 2 GiB, and fail."""
    with room.settling("rds1-b"):
        room.reserve("pool1", "rds1-b", 2 * GIB)
        raise error


async def test_one_inventory_does_for_a_while(rds: FakeRds, room: Reserving) -> None:
    """What others do meanwhile is not seen; for so long only."""
    assert await room.measure("pool1", "rds1-b") == gib(9)
    rds.volumes["rds1-x"] = replace(VOLUME, slot="rds1-x")
    await asyncio.sleep(OLDEST_S)
    assert await room.measure("pool1", "rds1-b") == gib(9)
    await asyncio.sleep(1)
    assert await room.measure("pool1", "rds1-b") == gib(8)
    assert rds.calls == ["get_listing"] * 2


async def test_what_was_given_counts_at_once(room: Reserving) -> None:
    """Under way it is claimed, afterwards it is gone; for its own slot it is there."""
    await room.measure("pool1", "rds1-b")
    with room.settling("rds1-b"):
        room.reserve("pool1", "rds1-b", 2 * GIB)
        assert await room.measure("pool1", "rds1-c") == gib(7, 2)
        assert await room.measure("pool1", "rds1-b") == gib(9)
        assert await room.measure("pool1", "") == gib(7, 2)
    assert await room.measure("pool1", "rds1-c") == gib(7)


async def test_a_fresh_inventory_counts_nothing_twice(rds: FakeRds, room: Reserving) -> None:
    """Whether it shows what is under way or not."""
    await room.measure("pool1", "rds1-b")
    with room.settling("rds1-b"):
        room.reserve("pool1", "rds1-b", 2 * GIB)
        assert await room.measure_afresh("pool1", "rds1-c") == gib(7, 2)
        rds.volumes["rds1-b"] = replace(VOLUME, slot="rds1-b", size_bytes=2 * GIB)
        assert await room.measure_afresh("pool1", "rds1-c") == gib(7)


async def test_what_was_settled_before_an_inventory_is_what_it_shows(rds: FakeRds, room: Reserving) -> None:
    """Somebody else removed it meanwhile, say."""
    await room.measure("pool1", "rds1-b")
    with room.settling("rds1-b"):
        room.reserve("pool1", "rds1-b", 2 * GIB)
    await asyncio.sleep(1)
    assert await room.measure_afresh("pool1", "rds1-c") == gib(9)
    assert rds.calls == ["get_listing"] * 2


async def test_what_is_known_not_to_be_done_is_given_back(room: Reserving) -> None:
    """At once."""
    await room.measure("pool1", "rds1-b")
    with pytest.raises(InsufficientCapacityError):
        reserve_and_fail(room, InsufficientCapacityError("full"))
    assert await room.measure("pool1", "rds1-c") == gib(9)


async def test_what_is_not_to_grow_keeps_what_it_had(room: Reserving) -> None:
    """Its room is not another's because more was refused: no inventory has shown it yet."""
    await room.measure("pool1", "rds1-b")
    with room.settling("rds1-b"):
        room.reserve("pool1", "rds1-b", GIB)
    with pytest.raises(InsufficientCapacityError):
        reserve_and_fail(room, InsufficientCapacityError("full"))
    assert await room.measure("pool1", "rds1-c") == gib(8)


async def test_a_smaller_try_takes_nothing_from_what_is_there(room: Reserving) -> None:
    """It finds the volume made, and is answered that it is another; the room is the volume's all the same."""
    await room.measure("pool1", "rds1-b")
    for size_bytes in (4 * GIB, GIB):
        with room.settling("rds1-b"):
            room.reserve("pool1", "rds1-b", size_bytes)
    assert await room.measure("pool1", "rds1-c") == gib(5)


@pytest.mark.parametrize("error", [CutOffError("cut"), asyncio.CancelledError()])
async def test_what_may_yet_be_done_is_kept_for_a_while(room: Reserving, error: BaseException) -> None:
    """An inventory that does not show it yet proves nothing; a later one does."""
    await room.measure("pool1", "rds1-b")
    with pytest.raises(type(error)):
        reserve_and_fail(room, error)
    await asyncio.sleep(1)
    assert await room.measure_afresh("pool1", "rds1-c") == gib(7, 2)
    await asyncio.sleep(120)
    assert await room.measure_afresh("pool1", "rds1-c") == gib(9)


async def test_a_volume_that_is_gone_gives_back_what_it_got(room: Reserving) -> None:
    """What the inventory showed of it only the next one takes back."""
    await room.measure("pool1", "rds1-b")
    with room.settling("rds1-b"):
        room.reserve("pool1", "rds1-b", 2 * GIB)
    room.forget("rds1-b")
    room.forget("rds1-a")
    assert await room.measure("pool1", "rds1-c") == gib(9)


async def test_growth_takes_the_difference(room: Reserving) -> None:
    """Of what the inventory shows; and what it does not show of the volume itself counts too."""
    assert await room.measure("pool1", "rds1-a", GIB) == gib(9)
    assert await room.measure("pool1", "rds1-a", 3 * GIB) == gib(7)
    with room.settling("rds1-a"):
        room.reserve("pool1", "rds1-a", 4 * GIB)
    assert await room.measure("pool1", "rds1-b") == gib(6)
    assert await room.measure("pool1", "rds1-a", 4 * GIB) == gib(6)


async def test_a_pool_that_was_missing_is_looked_for_again(rds: FakeRds, room: Reserving) -> None:
    """It may be back; while it is not, nobody is told that it has no room."""
    rds.unmounted.add("pool1")
    for _ in range(2):
        with pytest.raises(NotReadyError):
            await room.measure("pool1", "rds1-b")
    rds.unmounted.clear()
    assert await room.measure("pool1", "rds1-b") == gib(9)


async def test_all_pools_are_measured_in_one_inventory(rds: FakeRds, room: Reserving) -> None:
    """A fresh one."""
    rds.pools["pool2"] = Pool("pool2", "ext4", 5 * GIB, 5 * GIB)
    await room.measure("pool1", "rds1-b")
    with room.settling("rds1-b"):
        room.reserve("pool1", "rds1-b", 2 * GIB)
        assert await room.measure_all(["pool2", "pool1"]) == [gib(5), gib(7, 2)]
    assert rds.calls == ["get_listing"] * 2
