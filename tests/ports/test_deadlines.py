"""Deadlines move away and never nearer, and each task works under its own."""

import asyncio
from contextlib import suppress

import pytest

from rds_csi_async.domain.errors import DeadlineError
from rds_csi_async.ports.deadlines import Deadline, find_current, remaining_s, working_under

pytestmark = pytest.mark.looptime


async def test_time_runs_out_and_not_below_nothing() -> None:
    """Seconds left, then none."""
    deadline = Deadline(5)
    await asyncio.sleep(2)
    assert deadline.remaining_s() == pytest.approx(3)
    await asyncio.sleep(10)
    assert deadline.remaining_s() == 0


@pytest.mark.parametrize(("more_s", "expected_s"), [(9, 9), (5, 5), (1, 5), (-1, 5)])
async def test_only_the_more_patient_moves_it(more_s: float, expected_s: float) -> None:
    """Another caller gives time and takes none; its own deadline stays."""
    deadline, other = Deadline(5), Deadline(more_s)
    deadline.extend(other)
    assert deadline.remaining_s() == pytest.approx(expected_s)
    assert other.remaining_s() == pytest.approx(max(more_s, 0))


async def test_without_a_deadline_a_wait_has_its_own_bound() -> None:
    """Nobody waits for ever."""
    assert find_current() is None
    assert remaining_s(60) == 60


async def test_a_wait_is_as_long_as_the_shorter_of_both() -> None:
    """The caller's patience, or the wait's own bound."""
    with working_under(Deadline(5)):
        assert remaining_s(60) == pytest.approx(5)
        assert remaining_s(2) == 2


@pytest.mark.parametrize("passed_s", [5, 6])
async def test_what_is_late_is_not_begun(passed_s: float) -> None:
    """At the very moment, and after it."""
    with working_under(Deadline(5)):
        await asyncio.sleep(passed_s)
        with pytest.raises(DeadlineError):
            remaining_s(60)


async def test_a_deadline_moved_away_is_seen_by_who_works_under_it() -> None:
    """That is how a patient caller helps the operation that it joined."""
    deadline = Deadline(5)
    with working_under(deadline):
        deadline.extend(Deadline(10))
        await asyncio.sleep(6)
        assert remaining_s(60) == pytest.approx(4)


async def test_deadlines_nest_and_end() -> None:
    """The outer one is back afterwards, even after an error."""
    outer, inner = Deadline(5), Deadline(9)
    with working_under(outer):
        with suppress(ZeroDivisionError), working_under(inner):
            assert find_current() is inner
            raise ZeroDivisionError
        assert find_current() is outer
    assert find_current() is None


async def test_tasks_do_not_see_each_others() -> None:
    """A task takes along what held when it began, and keeps what it sets to itself."""

    async def work(timeout_s: float) -> float:
        with working_under(Deadline(timeout_s)):
            await asyncio.sleep(1)
            return remaining_s(60)

    times_s = await asyncio.gather(work(5), work(9))
    assert times_s == pytest.approx([4, 8])
    assert find_current() is None
