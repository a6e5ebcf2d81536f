"""A controller is put together from its tables, or not at all."""

import asyncio
from dataclasses import replace

import pytest

from rds_csi_async.app.config import Settings, SettingsError
from rds_csi_async.app.controller_wiring import build_controller
from rds_csi_async.csi import wire
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.services.operations import Supervisor
from tests.fakes.events import FakeEvents


async def test_it_reaches_its_appliance(settings: Settings) -> None:
    """What keeps the connection runs in the background, and is looked after."""
    background = Supervisor()
    controller, watching = build_controller(settings, background, Supervisor(), Metrics(), FakeEvents())
    assert watching.find_reason() == "mock: not looked at yet"
    while watching.find_reason() is not None:  # noqa: ASYNC110 - it is another's state
        await asyncio.sleep(0.02)
    room = await controller.get_capacity(wire.GetCapacityRequest())
    assert room.available_capacity == 64 << 30
    await background.drain(0)


async def test_a_table_that_cannot_be_used_starts_nothing(settings: Settings) -> None:
    """The second of two is as bad as the first."""
    background = Supervisor()
    tables = {**settings.appliances, "other": {"address": "192.0.2.1"}}
    with pytest.raises(SettingsError, match=r"appliances\.other"):
        build_controller(replace(settings, appliances=tables), background, Supervisor(), Metrics(), FakeEvents())
    assert background.find_ended() is None
