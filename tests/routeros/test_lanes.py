"""Few channels, and yet nobody starves, health gets through, and nobody waits in vain."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from rds_csi_async.domain.errors import BusyError, DeadlineError
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.routeros.lanes import Lanes

pytestmark = pytest.mark.looptime
LONG_S = 1000.0


def lanes_of(channels: int = 3, urgent: int = 1) -> Lanes:
    """Make lanes to an appliance of this name."""
    return Lanes(channels, urgent, "rds.example:22")


async def use(lanes: Lanes, held_s: float, *, urgent: bool = False) -> float:
    """Hold a channel for a while; tell when it was got."""
    async with lanes.channel(LONG_S, urgent=urgent):
        got_s = asyncio.get_running_loop().time()
        await asyncio.sleep(held_s)
    return got_s


async def test_a_flood_leaves_room_for_what_is_urgent() -> None:
    """However many wait, it is let in at once."""
    lanes, loop = lanes_of(), asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        flood = [group.create_task(use(lanes, 10)) for _ in range(10)]
        await asyncio.sleep(1)
        assert await use(lanes, 0, urgent=True) == loop.time()
    assert [task.result() - flood[0].result() for task in flood] == [0, 0, 10, 10, 20, 20, 30, 30, 40, 40]


async def test_an_urgent_flood_starves_nobody() -> None:
    """It uses the other lane too, but passes nobody by who waits there."""
    lanes = lanes_of()
    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(use(lanes, 10, urgent=True))
        await asyncio.sleep(1)
        ordinary = group.create_task(use(lanes, 10))
        await asyncio.sleep(1)
        for _ in range(100):
            group.create_task(use(lanes, 10, urgent=True))
        began_s = asyncio.get_running_loop().time()
        await asyncio.wait([ordinary])
    assert ordinary.result() - began_s <= 20 * 10 / 3


async def test_what_is_urgent_uses_every_free_channel() -> None:
    """Its own and the others'."""
    lanes = lanes_of()
    got_s = await asyncio.gather(*(use(lanes, 10, urgent=True) for _ in range(4)))
    assert [each - got_s[0] for each in got_s] == [0, 0, 0, 10]


async def test_who_would_wait_in_vain_is_told_at_once() -> None:
    """By how long channels were held lately; as soon as fewer wait, others are let in."""
    lanes, loop = lanes_of(2), asyncio.get_running_loop()
    await use(lanes, 10)
    async with asyncio.TaskGroup() as group:
        held = [group.create_task(use(lanes, 10)) for _ in range(3)]
        await asyncio.sleep(1)
        began_s = loop.time()
        with working_under(Deadline(15)), pytest.raises(BusyError, match=r"2 commands wait .* come back later"):
            await use(lanes, 1)
        assert loop.time() == began_s
        await asyncio.wait(held)
    with working_under(Deadline(15)):
        await use(lanes, 1)


@pytest.mark.parametrize("deadline_s", [1, 10])
async def test_waiting_has_an_end(deadline_s: float) -> None:
    """The bound's, or the caller's own."""
    lanes = lanes_of(2)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(lanes.channel(LONG_S, urgent=False))
        with working_under(Deadline(deadline_s)), pytest.raises(DeadlineError if deadline_s == 1 else BusyError):
            await stack.enter_async_context(lanes.channel(5, urgent=False))
    async with lanes.channel(5, urgent=False):
        pass


async def test_a_waiter_who_is_cancelled_takes_nothing_with_him() -> None:
    """The channel goes to the next."""
    lanes = lanes_of(2)
    async with asyncio.TaskGroup() as group:
        group.create_task(use(lanes, 10))
        await asyncio.sleep(1)
        gone, follower = (group.create_task(use(lanes, 1)) for _ in range(2))
        await asyncio.sleep(1)
        gone.cancel()
    assert follower.done()
    assert not follower.cancelled()
