"""Each alert fires for the fault that it is about, by what the driver itself counts."""

import asyncio
import re

import pytest

from tests.e2e.alerting import TIMES, Watched, list_fired, repeat
from tests.e2e.calls import VolumeCalls
from tests.e2e.rig import Rig
from tests.required_tools import find_tool


class LargeVolume(VolumeCalls):
    """One that leaves little of the rig's pool."""

    @property
    def size_bytes(self) -> int:
        """The size that it is made with."""
        return 460 << 30


@pytest.fixture
def promtool() -> str:
    """Find it before anything is started."""
    return find_tool("promtool")


@pytest.fixture
async def controller(rig: Rig, promtool: str) -> Watched:
    """Have a controller that has run well for a while."""
    assert promtool
    rig.mode = "controller"
    await rig.start_simulator()
    await rig.start_driver(survey_interval_s="1")
    watched = Watched(rig)
    await watched.look()
    return watched


async def test_a_driver_that_is_gone(controller: Watched, promtool: str) -> None:
    """It does not answer; a moment of that would be no matter."""
    await controller.rig.kill_driver()
    await controller.look()
    short = Watched(controller.rig, [*controller.looks, *controller.looks[:1]])
    assert await list_fired(short, promtool) == set()
    assert await list_fired(controller, promtool) == {"RdsCsiDriverDown"}


async def test_an_appliance_that_is_gone(controller: Watched, promtool: str) -> None:
    """Every call is answered UNAVAILABLE; a single one would be no matter."""
    await controller.rig.kill_simulator()
    volume = VolumeCalls(controller.rig.kubelet)
    await repeat(controller, volume.create)
    once = Watched(controller.rig, controller.looks[:2])
    assert await list_fired(once, promtool) <= {"RdsCsiApplianceDown"}
    await controller.wait_for(lambda up: not up, "rds_csi_rds_connection_state", **await _appliance_of(controller))
    assert await list_fired(controller, promtool) == {
        "RdsCsiApplianceDown",
        "RdsCsiCallsUnavailable",
        "RdsCsiOperationsFailing",
    }


async def test_a_pool_that_is_not_mounted(controller: Watched, promtool: str) -> None:
    """Found without anybody asking for anything."""
    await controller.rig.control({"do": "fault", "kind": "pool-unmounted", "pool": "pool1"})
    await controller.wait_for(lambda mounted: not mounted, "rds_csi_pool_mounted", appliance="mock", pool="pool1")
    assert await list_fired(controller, promtool) == {"RdsCsiPoolNotMounted"}


async def test_an_array_that_is_not_whole(controller: Watched, promtool: str) -> None:
    """Everything works, and nobody but the appliance knows."""
    await controller.rig.control({"do": "fault", "kind": "array-state", "pool": "pool1"})
    await controller.wait_for(lambda clean: not clean, "rds_csi_array_clean", appliance="mock", array="pool1")
    assert await list_fired(controller, promtool) == {"RdsCsiArrayNotClean"}


async def test_a_pool_that_is_nearly_full(controller: Watched, promtool: str) -> None:
    """Nothing has failed yet."""
    volume = LargeVolume(controller.rig.kubelet)
    async with controller.rig.client() as client:
        await volume.create(client)
    await controller.wait_for(lambda free: free < 51 << 30, "rds_csi_pool_free_bytes", appliance="mock", pool="pool1")
    assert await list_fired(controller, promtool) == {"RdsCsiPoolNearlyFull"}


async def test_a_pool_that_is_full(controller: Watched, promtool: str) -> None:
    """The first volume that is not made is said."""
    await controller.rig.control({"do": "fault", "kind": "disk-full", "pool": "pool1"})
    await repeat(controller, VolumeCalls(controller.rig.kubelet).create, times=1)
    assert await list_fired(controller, promtool) == {"RdsCsiPoolFull"}


async def test_a_volume_that_another_node_holds(controller: Watched, promtool: str) -> None:
    """A person has to decide, so once is enough."""
    volume = VolumeCalls(controller.rig.kubelet)
    async with controller.rig.client() as client:
        await volume.create(client)
        await volume.open(client)
    volume.node_name = "worker-2"
    await repeat(controller, volume.open, times=1)
    assert await list_fired(controller, promtool) == {"RdsCsiVolumeRefused"}


async def test_an_appliance_that_refuses(controller: Watched, promtool: str) -> None:
    """One kind of operation fails for a reason that the driver does not know, others do not."""
    volume = VolumeCalls(controller.rig.kubelet)
    async with controller.rig.client() as client:
        await volume.create(client)
    refusal = {"kind": "refuse", "match": "/disk/set", "text": "failure: this is a test", "times": 1000}
    await controller.rig.control({"do": "fault", **refusal})
    await repeat(controller, volume.open)
    assert "RdsCsiOperationsFailing" in await list_fired(controller, promtool)


async def test_an_appliance_that_is_slow(controller: Watched, promtool: str) -> None:
    """All is done, and takes more than ten seconds."""
    await controller.rig.control({"do": "fault", "kind": "delay", "ms": 350})
    async with controller.rig.client() as client:
        await asyncio.gather(*(VolumeCalls(controller.rig.kubelet).create(client) for _ in range(TIMES)))
    await controller.look()
    assert await list_fired(controller, promtool) == {"RdsCsiOperationsSlow"}


async def _appliance_of(controller: Watched) -> dict[str, str]:
    """Give the labels of its only appliance."""
    address = re.findall(
        r"^(?:address|port) = \"?([^\"\n]+)", await asyncio.to_thread(controller.rig.config.read_text), re.MULTILINE
    )
    return {"appliance": "mock", "address": ":".join(address)}
