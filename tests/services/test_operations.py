"""Operations outlive their calls, one a volume at a time."""

import asyncio
import functools
import logging
from collections.abc import AsyncIterator

import pytest

from rds_csi_async.domain.errors import BusyError, DeadlineError, RefusedError, StuckError
from rds_csi_async.ports.deadlines import Deadline, find_current, remaining_s, working_under
from rds_csi_async.services.operations import Operations, Supervisor
from tests.services.chores import Chores
from tests.services.supervising import Supervising, Work

pytestmark = pytest.mark.looptime


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    """Give one that is empty again when the test ends."""
    one = Supervisor()
    yield one
    await one.drain(0)


@pytest.fixture
def operations(supervisor: Supervisor) -> Operations:
    """Give operations with the usual bounds."""
    return Operations(supervisor)


async def test_the_result_is_the_works(operations: Operations) -> None:
    """And nothing is left under way."""
    assert await operations.run("v", ("create", 1), Work().create) == 1
    assert len(operations) == 0


async def test_an_error_is_the_works_and_frees_the_key(operations: Operations) -> None:
    """The same exception reaches the call, and the next call begins anew."""
    error = RefusedError("no")
    with pytest.raises(RefusedError) as caught:
        await operations.run("v", 1, Work(error=error).create)
    assert caught.value is error
    assert await operations.run("v", 1, Work().create) == 1


async def test_equal_calls_are_one(operations: Operations) -> None:
    """All get the one result."""
    work = Work()
    results = await asyncio.gather(*(operations.run("v", ("create", 1), work.create) for _ in range(3)))
    assert (results, work.begun) == ([1, 1, 1], 1)


async def test_equal_calls_fail_as_one(operations: Operations) -> None:
    """Both get the one error."""
    work = Work(error=RefusedError("no"))
    results = await asyncio.gather(*(operations.run("v", 1, work.create) for _ in range(2)), return_exceptions=True)
    assert [type(result) for result in results] == [RefusedError] * 2
    assert work.begun == 1


async def test_another_call_for_the_same_volume_has_to_come_back(
    operations: Operations, supervisor: Supervisor
) -> None:
    """It is told what is under way, at once, and does nothing."""
    first, second = Work(), Work()
    waiting = supervisor.start("call", operations.run("v", ("create", 1), first.create))
    await asyncio.sleep(1)
    with pytest.raises(BusyError, match="create of v is under way"):
        await operations.run("v", ("create", 2), second.create)
    assert asyncio.get_running_loop().time() == pytest.approx(1)
    assert (await waiting, second.begun) == (1, 0)
    assert await operations.run("v", ("create", 2), second.create) == 1


async def test_volumes_do_not_wait_for_each_other(operations: Operations) -> None:
    """Ten take as long as one."""
    work = Work()
    await asyncio.gather(*(operations.run(f"v{number}", 1, work.create) for number in range(10)))
    assert asyncio.get_running_loop().time() == pytest.approx(10)


async def test_a_caller_that_gives_up_stops_nothing(operations: Operations, supervisor: Supervisor) -> None:
    """The work goes on; the retry joins it and gets its result."""
    work = Work()
    caller = supervisor.start("call", operations.run("v", 1, work.create))
    await asyncio.sleep(1)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert len(operations) == 1
    assert await operations.run("v", 1, work.create) == 1
    assert work.begun == 1


async def test_work_that_fails_with_nobody_waiting_makes_no_noise(
    operations: Operations, supervisor: Supervisor
) -> None:
    """Its error was written down, and the key is free."""
    caller = supervisor.start("call", operations.run("v", 1, Work(error=RefusedError("no")).create))
    await asyncio.sleep(1)
    caller.cancel()
    await asyncio.sleep(20)
    assert len(operations) == 0


async def test_a_call_that_comes_as_the_work_ends_gets_no_old_answer(
    operations: Operations, supervisor: Supervisor
) -> None:
    """What ended before the call cannot have seen what was so when the call came."""
    late: list[asyncio.Task[int]] = []
    again = Work()

    async def work() -> int:
        late.append(supervisor.start("late call", operations.run("v", 1, again.create)))  # runs right after this ends
        return -1

    assert await operations.run("v", 1, work) == -1
    with pytest.raises(BusyError):
        await operations.run("v", 2, again.create)  # the end of the first one did not free the key of the second
    assert await late[0] == 1
    assert len(operations) == 0


async def test_the_work_has_its_callers_deadline(operations: Operations) -> None:
    """What it has not sent by then it does not send."""

    async def work() -> float:
        await asyncio.sleep(6)
        return remaining_s(60)

    with working_under(Deadline(5)), pytest.raises(DeadlineError):
        await operations.run("v", 1, work)
    with working_under(Deadline(8)):
        assert await operations.run("v", 1, work) == pytest.approx(2)


async def test_a_call_without_a_deadline_gives_the_usual_one(supervisor: Supervisor) -> None:
    """Nothing waits for ever."""

    async def work() -> float:
        return remaining_s(600)

    assert await Operations(supervisor, default_s=33).run("v", 1, work) == pytest.approx(33)


async def test_a_patient_joiner_gives_the_work_more_time(operations: Operations, supervisor: Supervisor) -> None:
    """As much as it has itself, and the first caller's own deadline stays what it is."""

    async def work() -> float:
        await asyncio.sleep(6)
        return remaining_s(60)

    impatient = Deadline(5)
    with working_under(impatient):
        first = supervisor.start("call", operations.run("v", 1, work))
    await asyncio.sleep(1)
    with working_under(Deadline(20)):
        assert await operations.run("v", 1, work) == pytest.approx(15)
    assert await first == pytest.approx(15)
    assert impatient.remaining_s() == 0
    assert find_current() is None


async def test_an_impatient_joiner_takes_no_time(operations: Operations, supervisor: Supervisor) -> None:
    """Who has less joins all the same."""

    async def work() -> float:
        await asyncio.sleep(6)
        return remaining_s(60)

    with working_under(Deadline(20)):
        first = supervisor.start("call", operations.run("v", 1, work))
    await asyncio.sleep(1)
    with working_under(Deadline(1)):
        assert await operations.run("v", 1, work) == pytest.approx(14)
    await first


async def test_work_without_end_is_given_up(supervisor: Supervisor, caplog: pytest.LogCaptureFixture) -> None:
    """Its key is free, and it was written down that nobody knows what it did."""
    operations = Operations(supervisor, bound_s=900)
    with caplog.at_level(logging.ERROR), pytest.raises(StuckError, match="did not end within 900 s"):
        await operations.run("v", 1, Work(takes_s=10_000).create)
    assert asyncio.get_running_loop().time() == pytest.approx(900)
    assert "unknown until the next look" in caplog.text
    assert await operations.run("v", 2, Work().create) == 1


async def test_a_timeout_of_the_works_own_is_not_called_stuck(operations: Operations) -> None:
    """It has ended, well before the bound."""
    with pytest.raises(TimeoutError) as caught:
        await operations.run("v", 1, Work(error=TimeoutError("inner")).create)
    assert str(caught.value) == "inner"


async def test_there_is_a_most(supervisor: Supervisor) -> None:
    """One more has to come back; who only joins is no more; who is told so leaves nothing behind."""
    operations = Operations(supervisor, most=2)
    work = Work()
    calls = [supervisor.start("call", operations.run(f"v{number}", 1, work.create)) for number in range(2)]
    await asyncio.sleep(1)
    with pytest.raises(BusyError, match="2 operations are under way"):
        await operations.run("v2", 1, work.create)
    assert await operations.run("v1", 1, work.create) in {1, 2}
    await asyncio.gather(*calls)
    assert len(operations) == 0
    assert await operations.run("v2", 1, work.create) == 3


async def test_a_lane_has_its_width(supervisor: Supervisor) -> None:
    """Others have their own, and what has none waits for nobody; a joiner takes no place."""
    operations, work = Operations(supervisor, {"rds1": 2, "rds2": 1}), Work()
    runs = [operations.run(f"v{number}", 1, work.create, "rds1") for number in (0, 1, 2, 2, 3)]
    runs += [operations.run("other", 1, work.create, "rds2"), operations.run("none", 1, work.create)]
    await asyncio.gather(*runs)
    assert asyncio.get_running_loop().time() == pytest.approx(20)
    assert work.begun == 6


async def test_what_would_come_too_late_is_not_begun(supervisor: Supervisor) -> None:
    """Its key is free, and nothing was done."""
    operations, work = Operations(supervisor, {"rds1": 1}), Work()
    await operations.run("v0", 1, work.create, "rds1")
    first = supervisor.start("call", operations.run("v1", 1, work.create, "rds1"))
    await asyncio.sleep(1)
    with working_under(Deadline(15)), pytest.raises(BusyError, match="1 operations are ahead"):
        await operations.run("v2", 1, work.create, "rds1")
    assert len(operations) == 1
    await first
    assert work.begun == 2


async def test_work_of_any_kind_has_a_name(operations: Operations, supervisor: Supervisor) -> None:
    """A partial has none of its own."""
    work = Work()
    first = supervisor.start("call", operations.run("v", 1, functools.partial(work.create)))
    await asyncio.sleep(1)
    with pytest.raises(BusyError, match=r"^create of v"):
        await operations.run("v", 2, work.create)
    await first


class TestChores(Chores):
    """See `Chores`."""


class TestSupervising(Supervising):
    """See there."""
