"""A process serves, says how it is, and ends without losing a call."""

import asyncio
import gc
import json
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from rds_csi_async.app.config import Settings, SettingsError
from rds_csi_async.app.running import COLLECTED_AFTER, VERSION, Driver, settle_memory
from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.simulator.appliance import Simulator
from tests.app.ready import until, until_ready
from tests.app.several_appliances import SeveralAppliances

_CREATE = wire.CreateVolumeRequest(
    name="pvc-1",
    volume_capabilities=[
        wire.VolumeCapability(
            block=wire.VolumeCapabilityBlockVolume(),
            access_mode=wire.VolumeCapabilityAccessMode(wire.VolumeCapabilityAccessModeMode(1)),
        )
    ],
    parameters={"appliance": "mock", "pool": "pool1"},
)


async def _get(address: str, path: str) -> tuple[int, str]:
    def get() -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    return await asyncio.to_thread(get)


async def test_a_controller_serves_and_counts(settings: Settings) -> None:
    """From the socket to the appliance and back, and onto the scrape."""
    async with Driver(settings) as driver, connect(settings.socket_path) as client:
        await until_ready(client)
        info = await client.identity.get_plugin_info(wire.GetPluginInfoRequest())
        assert (info.name, info.vendor_version) == (settings.driver_name, VERSION)
        await client.controller.create_volume(_CREATE)
        status, text = await _get(driver.metrics_address, "/metrics")
        assert status == 200
        assert 'rds_csi_volume_operations_total{operation="create",status="success"} 1' in text
        assert (await _get(driver.metrics_address, "/readyz"))[0] == 200
        with pytest.raises(GRPCError) as refused:
            await client.node.node_get_info(wire.NodeGetInfoRequest())
        assert refused.value.status is Status.UNIMPLEMENTED


async def test_without_an_appliance_it_lives_and_is_not_ready(settings: Settings) -> None:
    """An appliance that is down is no reason to restart, and is named."""
    down = {"mock": {**settings.appliances["mock"], "port": 1}}
    async with Driver(replace(settings, appliances=down)) as driver, connect(settings.socket_path) as client:
        assert (await client.identity.probe(wire.ProbeRequest())).ready is False
        assert (await _get(driver.metrics_address, "/healthz"))[0] == 200
        status, text = await _get(driver.metrics_address, "/readyz")
        assert status == 503
        assert "mock" in json.loads(text)["failing"]["appliances"]
        with pytest.raises(GRPCError) as refused:
            await client.controller.create_volume(_CREATE)
        assert refused.value.status is Status.UNAVAILABLE


async def test_one_appliance_of_two_is_told_of_and_takes_nothing_away(settings: Settings) -> None:
    """Ready, and alive by the progress of all who have to make some; the one that is down is named."""
    both = {**settings.appliances, "second": {**settings.appliances["mock"], "port": 1}}
    async with Driver(replace(settings, appliances=both)) as driver, connect(settings.socket_path) as client:
        await until_ready(client)
        status, text = await _get(driver.metrics_address, "/readyz")
        told = json.loads(text)
        while "not looked at yet" in told["remarks"].get("appliances", ""):
            status, text = await _get(driver.metrics_address, "/readyz")
            told = json.loads(text)
        assert (status, told["passing"], list(told["remarks"])) == (200, ["appliances"], ["appliances"])
        assert told["remarks"]["appliances"].startswith("second: ")
        status, text = await _get(driver.metrics_address, "/healthz")
        assert (status, json.loads(text)["passing"]) == (200, ["loop", "background", "progress"])


async def test_what_cannot_be_served_on_is_said(settings: Settings, tmp_path: Path) -> None:
    """A port that is taken, a path that is no socket: named, and nothing is left running."""
    await asyncio.to_thread((tmp_path / "csi.sock").write_text, "somebody's file")
    with pytest.raises(SettingsError, match=r"csi\.sock"):
        await Driver(settings).__aenter__()
    assert await asyncio.to_thread((tmp_path / "csi.sock").read_text) == "somebody's file"
    other = replace(settings, endpoint=f"unix://{tmp_path / 'other.sock'}")
    async with Driver(other) as driver:
        taken = replace(settings, endpoint=f"unix://{tmp_path / 'third.sock'}", http_address=driver.metrics_address)
        with pytest.raises(SettingsError, match=driver.metrics_address):
            await Driver(taken).__aenter__()


async def test_work_under_way_ends_before_the_process_does(settings: Settings, simulator: Simulator) -> None:
    """Also when its caller hangs up at the first sign of the end, as this client does."""
    simulator.faults.delay_s = 0.02
    async with connect(settings.socket_path) as client, asyncio.TaskGroup() as group:
        async with Driver(settings):
            await until_ready(client)
            call = group.create_task(_outcome(client))
            await until(lambda: any("/disk/add" in line for line in simulator.counters.lines))
        assert await call in {Status.OK, None}
    images = await asyncio.to_thread(lambda: list(simulator.settings.root.rglob("disk.img")))
    assert len(images) == 1
    assert not await asyncio.to_thread(settings.socket_path.exists)


class TestSeveralAppliances(SeveralAppliances):
    """Each by itself."""


async def _outcome(client: CsiClient) -> Status | None:
    """Give the status of the answer; None when the connection went away instead."""
    try:
        await client.controller.create_volume(_CREATE)
    except StreamTerminatedError:
        return None
    except GRPCError as error:
        return error.status
    return Status.OK


def test_the_collector_leaves_alone_what_was_loaded_at_the_start() -> None:
    """A look through all of it would hold the loop, at each full collection."""
    kept: list[list[int]] = [[] for _ in range(1000)]
    usual = gc.get_threshold()
    settle_memory()
    try:
        assert gc.get_threshold() == COLLECTED_AFTER
        assert COLLECTED_AFTER[2] >= 100 * usual[2]  # and seldom at all that came since
        assert gc.get_freeze_count() > len(kept)
        assert all(each is not kept[0] for each in gc.get_objects(generation=2))
    finally:
        gc.set_threshold(*usual)
        gc.unfreeze()
