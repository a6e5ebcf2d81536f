"""Two appliances, one of which comes and goes; and one whose key is pinned wrongly at first. Over real SSH."""

import asyncio
import tomllib
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.app.config import Settings, load_settings
from rds_csi_async.app.running import Driver
from rds_csi_async.app.simulating import SimulateOptions, make_simulator, render_config
from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.domain.identifiers import node_id_of
from rds_csi_async.simulator.appliance import Simulator
from tests.app.ready import until_ready

_LONGEST_S = 30.0
_BLOCK = wire.VolumeCapability(
    block=wire.VolumeCapabilityBlockVolume(),
    access_mode=wire.VolumeCapabilityAccessMode(wire.VolumeCapabilityAccessModeMode(1)),
)


@dataclass
class Second:
    """Another appliance, at a port that stays the same while it is off."""

    options: SimulateOptions
    table: dict[str, Any]

    def on(self) -> Awaitable[Simulator]:
        """Make it again, with what it held; it runs while it is entered."""
        return make_simulator(self.options)


async def second_of(root: Path) -> Second:
    """Make the other appliance, and leave it off."""
    options = SimulateOptions(root)
    async with await make_simulator(options) as simulator:
        table = tomllib.loads(render_config(options, simulator))["appliances"]["mock"]
        return Second(replace(options, port=simulator.port), table)


async def create(client: CsiClient, appliance: str) -> str:
    """Make the volume of one name on an appliance; give its id."""
    parameters = {"appliance": appliance, "pool": "pool1"}
    request = wire.CreateVolumeRequest(name="pvc-1", volume_capabilities=[_BLOCK], parameters=parameters)
    return (await client.controller.create_volume(request)).volume.volume_id


async def publish(client: CsiClient, volume_id: str) -> str:
    """Publish it to a node; give its NQN."""
    request = wire.ControllerPublishVolumeRequest(volume_id, node_id_of("c", "node-1"), _BLOCK)
    return (await client.controller.controller_publish_volume(request)).publish_context["nqn"]


async def status_of(call: Awaitable[object]) -> Status:
    """Give the status that a call is answered with."""
    try:
        await call
    except GRPCError as error:
        return error.status
    return Status.OK


async def conditions_of(client: CsiClient) -> dict[str, bool]:
    """List; tell of each volume whether it is abnormal."""
    entries = (await client.controller.list_volumes(wire.ListVolumesRequest())).entries
    return {entry.volume.volume_id: entry.status.volume_condition.abnormal for entry in entries}


class SeveralAppliances:
    """Whoever inherits has the fixture `settings`, of a controller with one appliance that is on."""

    async def test_one_that_is_off_takes_nothing_from_the_other(self, settings: Settings, tmp_path: Path) -> None:
        """At the start, in Probe and in each call; it is taken up when it comes, and let go when it goes."""
        second = await second_of(tmp_path / "second")
        both = replace(settings, appliances={**settings.appliances, "second": second.table})
        capacity = wire.GetCapacityRequest(parameters={"appliance": "mock", "pool": "pool1"})
        async with asyncio.timeout(_LONGEST_S), connect(settings.socket_path) as client, Driver(both):
            await until_ready(client)
            first_id = await create(client, "mock")
            assert await status_of(create(client, "second")) is Status.UNAVAILABLE
            assert (await client.controller.get_capacity(capacity)).available_capacity > 0
            assert await conditions_of(client) == {first_id: False}
            async with await second.on():
                while await status_of(create(client, "second")) is not Status.OK:  # noqa: ASYNC110 - it is another's state
                    await asyncio.sleep(0.05)
                second_id = await create(client, "second")
                nqns = {await publish(client, first_id), await publish(client, second_id)}
                assert await conditions_of(client) == {first_id: False, second_id: False}
            assert len(nqns) == len({first_id.partition(":")[2], second_id.partition(":")[2]}) == 2
            assert (first_id.partition(":")[0], second_id.partition(":")[0]) == ("mock", "second")
            assert await conditions_of(client) == {first_id: False, second_id: True}
            assert (await client.identity.probe(wire.ProbeRequest())).ready
            assert await status_of(client.controller.delete_volume(wire.DeleteVolumeRequest(second_id))) is (
                Status.UNAVAILABLE
            )

    async def test_a_corrected_pin_is_all_that_it_takes(
        self, settings: Settings, simulator: Simulator, tmp_path: Path
    ) -> None:
        """A driver that was told a wrong host key says so, and is ready once it is told the right one."""
        file = tmp_path / "rds-csi.toml"
        text = render_config(SimulateOptions(tmp_path / "appliance"), simulator)
        wrong = text.replace(simulator.host_key_public, f"SHA256:{'A' * 43}")
        assert wrong != text

        def write_and_load(content: str) -> Settings:
            file.write_text(content)
            return load_settings({"cluster_id": "c", "mode": "controller"}, file, {})

        loaded = await asyncio.to_thread(write_and_load, wrong)
        told = replace(settings, appliances=loaded.appliances, file=file)
        async with asyncio.timeout(_LONGEST_S), connect(settings.socket_path) as client, Driver(told):
            with pytest.raises(GRPCError, match="not the pinned one"):
                await create(client, "mock")
            assert not (await client.identity.probe(wire.ProbeRequest())).ready
            await asyncio.to_thread(write_and_load, text)
            await until_ready(client)
            await create(client, "mock")
