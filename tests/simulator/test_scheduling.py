"""Changes overlap or wait for each other, and take the time of their profile."""

import asyncio

import pytest

from rds_csi_async.simulator.scheduling import Schedule, Scheduling
from rds_csi_async.simulator.timing import get_profile


class _Clock:
    """Sleeps by counting; whoever sleeps lets others run."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        for _ in range(10):
            await asyncio.sleep(0)


async def _order(scheduling: Scheduling) -> list[str]:
    """Run two changes at once, and tell in which order they began and ended."""
    schedule, seen = Schedule(get_profile("instant"), scheduling), list[str]()

    async def change(name: str) -> None:
        async with schedule.change("/disk/add"):
            seen.append(f"{name} begins")
            await asyncio.sleep(0)
            seen.append(f"{name} ends")

    await asyncio.gather(change("a"), change("b"))
    return seen


async def test_serialised_changes_wait_for_each_other() -> None:
    """One is done before the next begins."""
    assert await _order(Scheduling.SERIALISED) == ["a begins", "a ends", "b begins", "b ends"]


async def test_overlapping_changes_do_not() -> None:
    """Both have begun before one is done."""
    assert await _order(Scheduling.OVERLAPPING) == ["a begins", "b begins", "a ends", "b ends"]


async def test_reads_never_wait() -> None:
    """Also not for a change that goes on."""
    schedule = Schedule(get_profile("instant"), Scheduling.SERIALISED)
    async with schedule.change("/disk/add"):
        await schedule.read("/disk/print")


async def test_a_change_takes_longer_for_more_room() -> None:
    """And what all changes took is added up."""
    clock = _Clock()
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep)
    async with schedule.change("/disk/add", 1000 << 30):
        pass
    assert 2.2 <= clock.slept[0] <= 2.5
    assert schedule.changes_took_s == clock.slept[0]


async def test_the_same_seed_takes_the_same_time() -> None:
    """Login, line, read and rows; another seed another time."""
    times = []
    for seed in (1, 1, 2):
        clock = _Clock()
        schedule = Schedule(get_profile("rds2216"), seed=seed, sleep=clock.sleep)
        await schedule.log_in()
        await schedule.begin_line()
        await schedule.read("/disk/print")
        await schedule.show(100)
        times.append(clock.slept)
    assert times[0] == times[1] != times[2]
    assert times[0][-1] == pytest.approx(0.005)


async def test_no_time_is_no_turn_of_the_loop() -> None:
    """An instant schedule does not even sleep."""
    clock = _Clock()
    schedule = Schedule(get_profile("instant"), sleep=clock.sleep)
    await schedule.log_in()
    await schedule.show(5)
    assert clock.slept == []


async def test_what_is_done_is_added_up_and_what_waits_is_not() -> None:
    """A line, its reads with their rows, its changes; a login is none of it."""
    clock = _Clock()
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep)
    await schedule.begin_line()
    await schedule.read("/disk/print")
    await schedule.show(10)
    async with schedule.change("/disk/set"):
        pass
    assert schedule.took_s == pytest.approx(sum(clock.slept))
    assert schedule.changes_took_s == clock.slept[3]
    await schedule.log_in()
    assert schedule.took_s == pytest.approx(sum(clock.slept[:4]))
    schedule.forget()
    assert (schedule.took_s, schedule.changes_took_s) == (0, 0)


async def test_what_runs_side_by_side_is_added_up_too() -> None:
    """Nothing is lost because another began meanwhile."""
    clock = _Clock()
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep)

    async def live() -> None:
        await schedule.begin_line()
        async with schedule.change("/disk/set"):
            pass

    await asyncio.gather(*(live() for _ in range(5)))
    assert schedule.took_s == pytest.approx(sum(clock.slept))
    assert schedule.changes_took_s == pytest.approx(sum(clock.slept[5:]))


async def test_nothing_changes_while_it_is_quiet() -> None:
    """What has begun ends before, and what comes waits until it is over."""
    schedule, seen = Schedule(get_profile("instant")), list[str]()

    async def change(name: str) -> None:
        async with schedule.change("/disk/add"):
            seen.append(f"{name} begins")
            await asyncio.sleep(0)
            seen.append(f"{name} ends")

    async def be_quiet() -> None:
        async with schedule.quiet():
            seen.append("quiet")
            for _ in range(5):
                await asyncio.sleep(0)
            seen.append("loud")

    async with asyncio.TaskGroup() as group:
        group.create_task(change("a"))
        await asyncio.sleep(0)
        group.create_task(be_quiet())
        await asyncio.sleep(0)
        group.create_task(change("b"))
    assert seen == ["a begins", "a ends", "quiet", "loud", "b begins", "b ends"]
