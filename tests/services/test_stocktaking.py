"""Whoever asks gets a listing that began after he asked, and shares it with all who asked before it began."""

import asyncio
from dataclasses import dataclass, field, replace

import pytest

from rds_csi_async.domain.errors import BusyError, DeadlineError, DriverError, UnreachableError
from rds_csi_async.domain.listings import Listing
from rds_csi_async.ports.deadlines import Deadline, remaining_s, working_under
from rds_csi_async.services.stocktaking import Stock, Stocktaking
from tests.examples import SIZE_BYTES, SLOT, UNUSED, shown
from tests.fakes.rds import FakeRds

pytestmark = pytest.mark.looptime


@dataclass
class SlowRds(FakeRds):
    """Takes 10 s over a listing, and shows what was there when it began."""

    begun_s: list[float] = field(default_factory=list)

    async def get_listing(self) -> Listing:
        """See `Rds`."""
        self.begun_s.append(asyncio.get_running_loop().time())
        volumes, reachable = dict(self.volumes), self.reachable
        await asyncio.sleep(remaining_s(10))
        remaining_s(60)
        return await FakeRds(volumes, reachable=reachable).get_listing()


@pytest.fixture
def rds() -> SlowRds:
    """Give an appliance with one volume."""
    return SlowRds({SLOT: shown(UNUSED)})


async def after(delay_s: float, stocktaking: Stocktaking, timeout_s: float = 100) -> Stock | DriverError:
    """Ask so much later, with so much time."""
    await asyncio.sleep(delay_s)
    try:
        with working_under(Deadline(timeout_s)):
            return await stocktaking.take()
    except DriverError as error:
        return error


async def test_a_listing_that_had_begun_is_no_answer(rds: SlowRds) -> None:
    """All who came meanwhile share the next one."""
    stocktaking = Stocktaking(rds)
    first, *others = await asyncio.gather(*(after(delay_s, stocktaking) for delay_s in (0, 1, 2, 9)))
    assert rds.begun_s == [0, 10]
    assert isinstance(first, Stock)
    assert first.begun_s == 0
    assert all(other is others[0] for other in others)
    assert (await stocktaking.take()).begun_s == 20


async def test_what_is_remembered_has_sizes_and_no_volumes(rds: SlowRds) -> None:
    """They may be many."""
    stocktaking = Stocktaking(rds)
    rds.volumes["rds1-elsewhere"] = replace(shown(UNUSED), slot="rds1-elsewhere", pool=None)
    taken = await stocktaking.take()
    assert await stocktaking.get_recent(1000) == replace(taken, listing=replace(taken.listing, volumes=()))
    assert (len(taken.listing.volumes), taken.sizes) == (2, {"pool1": {SLOT: SIZE_BYTES}})
    assert taken.provisioned == {"pool1": SIZE_BYTES}


async def test_what_is_recent_enough_does_for_many(rds: SlowRds) -> None:
    """One that is under way will do too."""
    stocktaking = Stocktaking(rds)
    stocks = await asyncio.gather(*(stocktaking.get_recent(60) for _ in range(3)))
    assert [stock.begun_s for stock in stocks] == [0, 0, 0]
    await asyncio.sleep(50)
    assert (await stocktaking.get_recent(60)).begun_s == 0
    await asyncio.sleep(1)
    assert (await stocktaking.get_recent(60)).begun_s == 61
    rds.reachable = False
    with pytest.raises(UnreachableError):
        await stocktaking.get_recent(0)


async def test_who_wants_to_know_is_told(rds: SlowRds) -> None:
    """Of every listing that came whole, once."""
    told: list[int] = []
    stocktaking = Stocktaking(rds, lambda volumes: told.append(len(volumes)))
    await asyncio.gather(*(after(1, stocktaking) for _ in range(3)), after(0, stocktaking))
    rds.reachable = False
    await after(0, stocktaking)
    assert told == [1, 1]


async def test_others_have_their_turn_while_many_are_told_of() -> None:
    """A few at a time, and all of them."""
    many = {f"slot-{number}": replace(shown(UNUSED), slot=f"slot-{number}") for number in range(1000)}
    told: list[int] = []
    stock = await Stocktaking(FakeRds(many), lambda volumes: told.append(len(volumes))).take()
    assert sum(told) == len(stock.sizes["pool1"]) == 1000
    assert max(told) <= 200


async def test_a_failure_is_shared_too(rds: SlowRds) -> None:
    """With an appliance that does not answer, those who wait do not try one after the other."""
    rds.reachable = False
    stocktaking = Stocktaking(rds)
    answers = await asyncio.gather(*(after(0, stocktaking) for _ in range(5)))
    assert all(isinstance(answer, UnreachableError) for answer in answers)
    assert rds.begun_s == [0, 10]
    rds.reachable = True
    assert isinstance(await after(0, stocktaking), Stock)


async def test_who_runs_out_of_time_takes_nobody_along(rds: SlowRds) -> None:
    """The next one in the row begins anew; who waits for his turn too long is told so."""
    stocktaking = Stocktaking(rds)
    hasty, patient, late = await asyncio.gather(
        after(0, stocktaking, 4), after(1, stocktaking), after(1, stocktaking, 2)
    )
    assert isinstance(hasty, DeadlineError)
    assert isinstance(late, DeadlineError)
    assert isinstance(patient, Stock)
    assert rds.begun_s == [0, 4]


async def test_a_caller_that_gives_up_takes_nobody_along(rds: SlowRds) -> None:
    """The next one in the row begins anew."""
    stocktaking = Stocktaking(rds)
    async with asyncio.TaskGroup() as group:
        gone = group.create_task(after(0, stocktaking))
        waiting = group.create_task(after(1, stocktaking))
        await asyncio.sleep(5)
        gone.cancel()
    assert isinstance(await waiting, Stock)
    assert rds.begun_s == [0, 5]


async def test_nobody_waits_for_ever(rds: SlowRds) -> None:
    """Not even without a deadline."""
    stocktaking = Stocktaking(rds)
    async with stocktaking._turn():  # noqa: SLF001 - a listing that never ends
        with pytest.raises(BusyError, match="takes too long"):
            await stocktaking.take()
