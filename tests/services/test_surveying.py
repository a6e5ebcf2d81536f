"""What an appliance holds and how it fares is known without anybody asking, and no longer than it is true."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from rds_csi_async.domain.errors import NotReadyError, UnreachableError
from rds_csi_async.domain.listings import Listing
from rds_csi_async.services.appliances import Appliance
from rds_csi_async.services.surveying import FORGOTTEN_S, Surveying
from tests.examples import CLUSTER, NODE_A, SIZE_BYTES, SLOT, UNUSED, held_by, holding, shown
from tests.fakes.appliance_telemetry import FakeApplianceTelemetry
from tests.fakes.rds import FakeRds
from tests.fakes.vitals import FakeVitals

pytestmark = pytest.mark.looptime


@dataclass
class SlowRds(FakeRds):
    """Takes 20 s over a listing."""

    async def get_listing(self) -> Listing:
        """See `Rds`."""
        await asyncio.sleep(20)
        return await FakeRds.get_listing(self)


@dataclass
class World:
    """One appliance with one published volume, and whoever surveys it."""

    rds: FakeRds = field(default_factory=lambda: FakeRds({SLOT: shown(held_by(holding(NODE_A)))}))
    vitals: FakeVitals = field(default_factory=FakeVitals)
    telemetry: FakeApplianceTelemetry = field(default_factory=FakeApplianceTelemetry)
    learnt: list[tuple[str, list[str]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin."""
        appliance = Appliance("rds", self.rds, "192.0.2.1", ("pool1",))
        self.surveying = Surveying(
            appliance,
            self.vitals,
            CLUSTER,
            self.telemetry,
            lambda key, slots, _begun_s: self.learnt.append((key, list(slots))),
        )

    async def watch(self, for_s: float, interval_s: float = 60) -> None:
        """Survey for so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.surveying.watch(interval_s), for_s)


@pytest.fixture
async def world() -> World:
    """Give one in which all is well."""
    return World()


async def test_all_that_an_appliance_tells_is_told(world: World) -> None:
    """Pools, volumes by state, and the hardware; who migrates is learnt by the way."""
    assert await world.surveying.survey()
    inventory = world.telemetry.inventories["rds"]
    assert inventory is not None
    assert [(volume.slot, volume.state) for volume in inventory.volumes] == [(SLOT, "published")]
    pools = (await world.rds.get_listing()).pools
    assert (inventory.pools, inventory.provisioned_bytes) == (pools, {"pool1": SIZE_BYTES})
    assert world.telemetry.traffic == {"rds": world.vitals.traffic}
    assert world.telemetry.sensors == {"rds": world.vitals.sensors}
    assert world.telemetry.arrays == {"rds": world.vitals.arrays}
    assert world.learnt == [("rds", [])]


async def test_volumes_that_migrate_are_learnt(world: World) -> None:
    """By their slots."""
    world.rds.volumes[SLOT] = shown(held_by(holding("n1"), holding("n2")))
    await world.surveying.survey()
    assert world.learnt == [("rds", [SLOT])]


async def test_a_pool_that_is_missing_is_told_as_missing(world: World) -> None:
    """It has no size then."""
    world.rds.unmounted.add("pool1")
    await world.surveying.survey()
    inventory = world.telemetry.inventories["rds"]
    assert inventory is not None
    assert (inventory.pools, inventory.missing) == ((), ("pool1",))


async def test_what_cannot_be_read_is_not_known_and_takes_nothing_else_away(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once, and once more when it is known again."""
    caplog.set_level(logging.INFO)
    await world.surveying.survey()
    world.vitals.errors["read_sensors"] = NotReadyError("no such menu")
    await world.surveying.survey()
    assert world.telemetry.sensors == {"rds": None}
    assert world.telemetry.arrays == {"rds": world.vitals.arrays}
    await world.surveying.survey()
    world.vitals.errors.clear()
    await world.surveying.survey()
    said = [record.getMessage() for record in caplog.records if "sensors" in record.getMessage()]
    assert said == ["sensors of rds: no such menu", "sensors of rds: known again"]


async def test_an_appliance_that_does_not_answer_is_not_asked_on(world: World) -> None:
    """How it fared is not known any more, at once; what it held is, as far as anybody was told."""
    await world.surveying.survey()
    world.rds.reachable = False
    asked = len(world.vitals.asked)
    assert not await world.surveying.survey()
    assert len(world.vitals.asked) == asked
    told = world.telemetry
    assert [told.traffic["rds"], told.sensors["rds"], told.arrays["rds"]] == [None] * 3
    assert world.telemetry.inventories["rds"] is not None


async def test_what_it_held_is_forgotten_after_a_while(world: World) -> None:
    """And known again when it is back."""
    await world.surveying.survey()
    world.rds.reachable = False
    await world.watch(FORGOTTEN_S - 10)
    assert world.telemetry.inventories["rds"] is not None
    await world.watch(20)
    assert world.telemetry.inventories["rds"] is None
    world.rds.reachable = True
    await world.watch(1)
    assert world.telemetry.inventories["rds"] is not None


async def test_it_goes_on_for_ever_and_comes_back_soon_after_a_failure(world: World) -> None:
    """Every minute; every few seconds while there is no answer."""
    await world.watch(185)
    assert world.vitals.asked.count("read_arrays") == 4
    world.rds.reachable = False
    before = len(world.rds.calls)
    await world.watch(29)
    assert len(world.rds.calls) - before == 6


async def test_an_appliance_that_takes_long_is_left_alone_for_longer() -> None:
    """A listing that takes 20 s is not asked for three times a minute."""
    world = World(SlowRds({SLOT: shown(UNUSED)}))
    await world.watch(1000, interval_s=5)
    assert world.rds.calls.count("get_listing") == 5


async def test_an_appliance_that_lists_badly_is_asked_on(world: World) -> None:
    """It is there, so its hardware can be asked."""
    world.rds.fail_next(NotReadyError("busy"))
    assert await world.surveying.survey()
    assert "rds" not in world.telemetry.inventories
    assert world.telemetry.sensors == {"rds": world.vitals.sensors}


async def test_a_lost_link_counts_as_no_answer(world: World) -> None:
    """Whatever the message."""
    world.rds.fail_next(UnreachableError("refused"))
    assert not await world.surveying.survey()
