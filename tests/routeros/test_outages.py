"""When a connection comes and goes is told, with how long there was none."""

import asyncio

import pytest

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.routeros.outages import Outages
from tests.fakes.appliance_telemetry import FakeApplianceTelemetry

pytestmark = pytest.mark.looptime
ADDRESS = "192.0.2.1:22"


@pytest.fixture
def telemetry() -> FakeApplianceTelemetry:
    """Start with nothing told."""
    return FakeApplianceTelemetry()


@pytest.fixture
def outages(telemetry: FakeApplianceTelemetry) -> Outages:
    """Give those of one appliance."""
    return Outages("rds", telemetry)


async def test_before_the_first_attempt_has_ended_it_is_down(
    outages: Outages, telemetry: FakeApplianceTelemetry
) -> None:
    """However long that takes: an alert must not have to wait for it."""
    outages.note_begin(ADDRESS)
    assert (telemetry.up, telemetry.addresses, telemetry.attempts) == ({"rds": False}, {"rds": ADDRESS}, [])


async def test_the_first_connection_is_no_reconnect(outages: Outages, telemetry: FakeApplianceTelemetry) -> None:
    """It is up, and nothing was lost."""
    outages.note_attempt(ADDRESS, None)
    assert (telemetry.up, telemetry.addresses, telemetry.attempts) == ({"rds": True}, {"rds": ADDRESS}, [])


async def test_attempts_that_fail_are_counted_from_the_first_on(
    outages: Outages, telemetry: FakeApplianceTelemetry
) -> None:
    """An appliance that was never there is down, and not absent."""
    error = UnreachableError("refused")
    outages.note_attempt(ADDRESS, error)
    assert (telemetry.up, telemetry.attempts) == ({"rds": False}, [("rds", error, 0.0)])


async def test_an_outage_lasts_from_the_loss_to_the_next_success(
    outages: Outages, telemetry: FakeApplianceTelemetry
) -> None:
    """Failures in between make it no shorter; the next outage begins anew."""
    outages.note_attempt(ADDRESS, None)
    outages.note_loss(ADDRESS)
    assert telemetry.up == {"rds": False}
    await asyncio.sleep(3)
    outages.note_attempt(ADDRESS, UnreachableError("refused"))
    await asyncio.sleep(4)
    outages.note_attempt(ADDRESS, None)
    assert telemetry.up == {"rds": True}
    assert telemetry.attempts[-1] == ("rds", None, 7.0)
    await asyncio.sleep(100)
    outages.note_loss(ADDRESS)
    await asyncio.sleep(1)
    outages.note_attempt(ADDRESS, None)
    assert telemetry.attempts[-1] == ("rds", None, 1.0)
