"""What can be done in time is done, and what cannot is turned away at once, with the numbers."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import pytest

from rds_csi_async.domain.errors import BusyError, DeadlineError, DriverError, RefusedError
from rds_csi_async.ports.deadlines import Deadline
from rds_csi_async.services.admitting import Lane

pytestmark = pytest.mark.looptime


@dataclass
class Appliance:
    """Takes `takes_s` over each operation; if `serial`, over one after the other."""

    lane: Lane
    takes_s: float = 1
    serial: bool = False
    done: int = 0

    def __post_init__(self) -> None:
        """Be idle."""
        self._one = asyncio.Lock()

    async def operate(self, timeout_s: float, error: Exception | None = None) -> None:
        """Do one operation, or raise why not."""
        deadline = Deadline(timeout_s)
        self.lane.ensure_in_time(deadline)
        async with self.lane.turn(deadline):
            if self.serial:
                async with self._one:
                    await asyncio.sleep(self.takes_s)
            else:
                await asyncio.sleep(self.takes_s)
            if error is not None:
                raise error
            self.done += 1

    async def burst(self, count: int, timeout_s: float) -> Counter[str]:
        """Do so many at once; tell how they ended, and how long the last one took."""
        calls = (self.operate(timeout_s) for _ in range(count))
        return Counter(type(each).__name__ for each in await asyncio.gather(*calls, return_exceptions=True))


def now_s() -> float:
    """Give the time."""
    return asyncio.get_running_loop().time()


async def test_so_many_at_a_time_in_order() -> None:
    """The first that came is the first."""
    appliance = Appliance(Lane(2))
    ended: list[int] = []

    async def one(number: int) -> None:
        await appliance.operate(100)
        ended.append(number)

    await asyncio.gather(*(one(number) for number in range(5)))
    assert (ended, now_s()) == ([0, 1, 2, 3, 4], 3)
    assert len(appliance.lane) == 0


@pytest.mark.parametrize(("serial", "most"), [(False, 50), (True, 10)])
async def test_a_burst_never_ends_with_nothing_done(*, serial: bool, most: int) -> None:
    """A hundred who wait 10 s, where 50 or 10 can be done: nearly all that can be is done, the rest told early."""
    appliance = Appliance(Lane(5), serial=serial)
    ends = await appliance.burst(100, 10)
    assert most * 0.8 <= ends["NoneType"] <= most
    assert ends["NoneType"] + ends["BusyError"] + ends["DeadlineError"] == 100
    assert ends["DeadlineError"] <= 5
    begun_s = now_s()
    again = await appliance.burst(100, 10)
    assert most * 0.8 <= again["NoneType"] <= most
    assert again["DeadlineError"] == 0
    assert now_s() - begun_s <= 10


async def test_who_is_turned_away_is_told_at_once_and_why() -> None:
    """How many are ahead, how long they take, and how long there would be."""
    appliance = Appliance(Lane(2), takes_s=4)
    await appliance.operate(100)
    running = [asyncio.Task(appliance.operate(100)) for _ in range(5)]
    await asyncio.sleep(0)
    begun_s = now_s()
    with pytest.raises(BusyError, match=r"5 operations are ahead .* 2 at a time, each in 4 s: .* 12 s, .* waits 11 s"):
        await appliance.operate(11)
    assert now_s() == begun_s
    await asyncio.gather(*running)
    assert appliance.done == 6


async def test_an_idle_appliance_is_always_tried() -> None:
    """However slow it was: it may have become faster, and only trying tells."""
    appliance = Appliance(Lane(2), takes_s=50)
    await appliance.operate(10)
    appliance.takes_s = 1
    for _ in range(20):
        await appliance.operate(10)
    assert (await appliance.burst(4, 10))["NoneType"] == 4


async def test_who_waits_in_vain_is_told_when_his_time_is_up() -> None:
    """As long as nothing is known of how long it takes; nothing of his is begun."""
    appliance = Appliance(Lane(1), takes_s=60)
    first = asyncio.Task(appliance.operate(100))
    await asyncio.sleep(0)
    with pytest.raises(DeadlineError, match="nothing was done"):
        await appliance.operate(10)
    assert now_s() == 10
    await first
    assert (appliance.done, len(appliance.lane)) == (1, 0)


async def test_a_deadline_that_moves_away_keeps_its_place() -> None:
    """Somebody more patient has joined."""
    lane, deadline = Lane(1), Deadline(5)
    first = asyncio.Task(Appliance(lane, takes_s=20).operate(100))
    await asyncio.sleep(1)
    deadline.extend(Deadline(100))
    async with lane.turn(deadline):
        assert now_s() == 20
    await first


async def gone() -> Lane:
    """Give a lane in which one runs, and one waits and gives up at the very moment at which its turn comes."""
    lane = Lane(1)
    first = asyncio.Task(Appliance(lane, takes_s=10).operate(100))
    waiting = asyncio.Task(Appliance(lane).operate(100))
    await asyncio.sleep(0)
    first.add_done_callback(lambda _: waiting.cancel())
    await first
    with suppress(asyncio.CancelledError):
        await waiting
    return lane


async def test_who_gives_up_leaves_no_place_taken() -> None:
    """Neither in the row nor when its turn has just come."""
    lane = await gone()
    assert len(lane) == 0
    first = asyncio.Task(Appliance(lane).operate(100))
    waiting = asyncio.Task(Appliance(lane).operate(100))
    await asyncio.sleep(0.5)
    waiting.cancel()
    await asyncio.gather(first, waiting, return_exceptions=True)
    assert len(lane) == 0
    await Appliance(lane).operate(100)


async def test_a_quick_failure_says_nothing_about_time() -> None:
    """A slow one does."""
    appliance = Appliance(Lane(1), takes_s=5)
    await appliance.operate(100)
    for takes_s, expected in [(0, "5 s"), (55, "15 s")]:
        appliance.takes_s = takes_s
        with pytest.raises(DriverError):
            await appliance.operate(100, RefusedError("no"))
        appliance.takes_s = 1
        running = asyncio.Task(appliance.operate(100))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match=f"each in {expected}"):
            await appliance.operate(2)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
