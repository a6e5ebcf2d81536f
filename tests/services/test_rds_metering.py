"""Whatever is asked of an appliance is counted, with its outcome, and answered as it was."""

import pytest

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.domain.volumes import Change, NewVolume
from rds_csi_async.ports.appliance_telemetry import RDS_VERBS, VITALS_VERBS
from rds_csi_async.services.rds_metering import Meter, MeteredRds, MeteredVitals
from tests.contracts.rds import RdsContract
from tests.contracts.rds_world import POOL, SPARE, World
from tests.contracts.test_fake_rds import FakeWorld
from tests.examples import SIZE_BYTES, SLOT
from tests.fakes.appliance_telemetry import FakeApplianceTelemetry
from tests.fakes.rds import FakeRds
from tests.fakes.vitals import FakeVitals


@pytest.fixture
def telemetry() -> FakeApplianceTelemetry:
    """Start with nothing counted."""
    return FakeApplianceTelemetry()


@pytest.fixture
def meter(telemetry: FakeApplianceTelemetry) -> Meter:
    """Give the meter of one appliance."""
    return Meter("rds", telemetry)


async def test_each_command_is_counted_once_by_its_verb(meter: Meter, telemetry: FakeApplianceTelemetry) -> None:
    """Every verb that the port promises is used, and no other."""
    rds = MeteredRds(FakeRds(), meter)
    made = await rds.create_volume(NewVolume(SLOT, "pool1", SIZE_BYTES, 'rds1:{"g":1}'))
    assert await rds.find_volume(SLOT) == made
    assert (await rds.get_listing()).volumes == (made,)
    assert (await rds.get_pool("pool1")).name == "pool1"
    changed = await rds.change_volume(made, Change('rds1:{"g":2}'))
    await rds.remove_volume(changed)
    await rds.remove_leftovers(SLOT)
    await rds.ensure_reachable()
    assert sorted(verb for _, verb, _ in telemetry.commands) == sorted(RDS_VERBS)
    assert {(appliance, error) for appliance, _, error in telemetry.commands} == {("rds", None)}


async def test_the_hardware_is_asked_like_any_other(meter: Meter, telemetry: FakeApplianceTelemetry) -> None:
    """By verbs of its own."""
    fake = FakeVitals()
    vitals = MeteredVitals(fake, meter)
    answers = (await vitals.read_traffic(), await vitals.read_sensors(), await vitals.read_arrays())
    assert answers == (fake.traffic, fake.sensors, fake.arrays)
    assert tuple(verb for _, verb, _ in telemetry.commands) == VITALS_VERBS


async def test_a_failure_is_counted_and_raised(meter: Meter, telemetry: FakeApplianceTelemetry) -> None:
    """It stays the caller's."""
    error = UnreachableError("gone")
    with pytest.raises(UnreachableError, match="gone"):
        await MeteredVitals(FakeVitals(errors={"read_traffic": error}), meter).read_traffic()
    assert telemetry.commands == [("rds", "read_traffic", error)]


class TestMeteredRds(RdsContract):
    """It is an `Rds` like any other."""

    @pytest.fixture
    def fake(self) -> FakeRds:
        """Give what is behind it."""
        pools = (Pool(POOL, "ext4", 100 * GIB, 100 * GIB), Pool(SPARE, "ext4", 10 * GIB, 10 * GIB, GIB))
        return FakeRds(pools={pool.name: pool for pool in pools})

    @pytest.fixture
    def rds(self, fake: FakeRds, meter: Meter) -> MeteredRds:
        """Give an empty appliance."""
        return MeteredRds(fake, meter)

    @pytest.fixture
    def world(self, fake: FakeRds) -> World:
        """Give its administrator."""
        return FakeWorld(fake)
