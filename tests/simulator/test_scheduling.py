"""Changes overlap or wait for each other, and take the time of their profile."""

import asyncio

import pytest

from rds_csi_async.simulator.scheduling import Schedule, Scheduling
from rds_csi_async.simulator.timing import get_profile


class _Clock:
    """Time that goes by when all sleep, to the one who wakes first; everyone wakes so much too late."""

    def __init__(self, late_s: float = 0.0) -> None:
        self.slept: list[float] = []
        self.late_s = late_s
        self.now_s = 0.0
        self._wakings: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        wakes_s = self.now_s + seconds + self.late_s
        self._wakings.append(wakes_s)
        for _ in range(10):
            await asyncio.sleep(0)
        while wakes_s > min(self._wakings):  # noqa: ASYNC110 - whoever wakes earlier is not known beforehand
            await asyncio.sleep(0)
        self._wakings.remove(wakes_s)
        self.now_s = max(self.now_s, wakes_s)

    def read(self) -> float:
        return self.now_s


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
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep, clock=clock.read)
    async with schedule.change("/disk/add", 1000 << 30):
        pass
    assert 2.2 <= clock.slept[0] <= 2.5
    assert schedule.changes_took_s == pytest.approx(clock.slept[0])


async def test_the_same_seed_takes_the_same_time() -> None:
    """Login, line, read and rows; another seed another time."""
    times = []
    for seed in (1, 1, 2):
        clock = _Clock()
        schedule = Schedule(get_profile("rds2216"), seed=seed, sleep=clock.sleep, clock=clock.read)
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
    schedule = Schedule(get_profile("instant"), sleep=clock.sleep, clock=clock.read)
    await schedule.log_in()
    await schedule.show(5)
    assert clock.slept == []


async def test_what_is_done_is_added_up_and_what_waits_is_not() -> None:
    """A line, its reads with their rows, its changes; a login is none of it."""
    clock = _Clock()
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep, clock=clock.read)
    await schedule.begin_line()
    await schedule.read("/disk/print")
    await schedule.show(10)
    async with schedule.change("/disk/set"):
        pass
    assert schedule.took_s == pytest.approx(sum(clock.slept))
    assert schedule.changes_took_s == pytest.approx(clock.slept[3])
    await schedule.log_in()
    assert schedule.took_s == pytest.approx(sum(clock.slept[:4]))
    schedule.forget()
    assert (schedule.took_s, schedule.changes_took_s) == (0, 0)


async def test_what_runs_side_by_side_is_added_up_too() -> None:
    """Nothing is lost because another began meanwhile."""
    clock = _Clock()
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep, clock=clock.read)

    async def live() -> None:
        await schedule.begin_line()
        async with schedule.change("/disk/set"):
            pass

    await asyncio.gather(*(live() for _ in range(5)))
    assert schedule.took_s == pytest.approx(sum(clock.slept))
    assert schedule.changes_took_s == pytest.approx(sum(clock.slept[5:]))


async def _read_often(schedule: Schedule, times: int) -> None:
    await schedule.begin_line()
    for _ in range(times):
        await schedule.read("/file/print")


async def test_what_a_sleep_took_too_long_is_taken_off_the_next() -> None:
    """So a line takes the appliance's time on a machine of any speed, but for the last sleep; the next is another."""
    clock = _Clock(late_s=0.01)
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep, clock=clock.read)
    await _read_often(schedule, 20)
    assert clock.now_s == pytest.approx(schedule.took_s + 0.01)
    await schedule.begin_line()
    assert clock.now_s == pytest.approx(schedule.took_s + 0.02)


async def test_what_a_change_needs_here_is_no_time_of_the_appliance() -> None:
    """Neither for its own line nor for who waits for it."""
    clock = _Clock()
    schedule = Schedule(get_profile("rds2216"), Scheduling.SERIALISED, sleep=clock.sleep, clock=clock.read)

    async def live() -> None:
        schedule.start_line()
        async with schedule.change("/disk/add"):
            clock.now_s += 0.03

    await asyncio.gather(*(live() for _ in range(9)))
    assert clock.now_s == pytest.approx(schedule.changes_took_s + 0.03)


async def test_nobody_changes_anything_before_he_came() -> None:
    """However long ago the change before it has ended."""
    clock = _Clock()
    schedule = Schedule(get_profile("rds2216"), Scheduling.SERIALISED, sleep=clock.sleep, clock=clock.read)
    async with schedule.change("/disk/add"):
        pass
    clock.now_s += 10
    schedule.start_line()
    came_s, before_s = clock.now_s, schedule.changes_took_s
    async with schedule.change("/disk/add"):
        pass
    assert clock.now_s == pytest.approx(came_s + schedule.changes_took_s - before_s)


async def test_a_rest_is_as_long_as_it_is_said() -> None:
    """It makes up for nothing, and nothing makes up for it."""
    clock = _Clock(late_s=0.01)
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep, clock=clock.read)
    await schedule.begin_line()
    await schedule.rest(3)
    assert clock.slept[-1] == 3
    await _read_often(schedule, 3)
    assert clock.now_s > 3 + 3 * 0.06


async def test_a_machine_that_is_far_too_slow_is_not_made_up_for() -> None:
    """No more than a quarter of a second: else a second's stall would let much happen in no time."""
    clock = _Clock(late_s=5)
    schedule = Schedule(get_profile("rds2216"), sleep=clock.sleep, clock=clock.read)
    await schedule.begin_line()
    clock.late_s, before_s, took_s = 0, clock.now_s, schedule.took_s
    for _ in range(10):
        await schedule.read("/file/print")
    assert clock.now_s - before_s == pytest.approx(schedule.took_s - took_s - 0.25)


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
