"""A volume that nobody uses is staged anew; one that is used is left as it is."""

import asyncio
from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import BusyError, DriverError, NotReadyError
from rds_csi_async.domain.scans import WELL, Trouble
from rds_csi_async.services.healing import Healing
from tests.services.node_world import (
    BTRFS,
    EXT4,
    HOST,
    STAGING,
    VOLUME,
    NodeWorld,
    nqn,
    publish_request,
    stage_request,
)


async def _lost(capability: Capability = EXT4) -> NodeWorld:
    world = NodeWorld()
    await world.staging.stage(stage_request(capability))
    world.node.lose(str(nqn()))
    return world


def _healing(world: NodeWorld) -> Healing:
    return Healing(HOST, world.ports, world.examining, world.operations, world.staging.stage)


@pytest.mark.parametrize("capability", [EXT4, BTRFS])
async def test_an_unused_volume_is_staged_anew(capability: Capability) -> None:
    """From the device that it has now, once, with the file system that it had."""
    world = await _lost(capability)
    volume, _ = await world.examining.examine(VOLUME.slot)
    assert await _healing(world).heal(VOLUME.slot, volume) is WELL
    assert world.paths_mounted() == [STAGING]
    assert [mount.device_number for mount in world.node.mounts] == ["259:1"]
    assert world.disk.formats == 1
    assert world.telemetry.count("stale_recovery") == 1


async def test_what_a_pod_came_to_use_meanwhile_is_left() -> None:
    """It is looked at again when nobody else works on it, and that counts."""
    world = await _lost()
    volume, _ = await world.examining.examine(VOLUME.slot)
    pods = replace(world.node.mounts[0], path=publish_request().target_path)
    world.node.mounts.append(pods)
    found = await _healing(world).heal(VOLUME.slot, volume)
    assert (found.trouble, found.users) == (Trouble.STALE, (pods.path,))
    assert world.node.mounts[1] == pods


async def test_an_appliance_that_does_not_answer_heals_nothing() -> None:
    """It is counted as a failure, and tried again at the next scan."""
    world = await _lost()
    world.node.reachable = False
    volume, _ = await world.examining.examine(VOLUME.slot)
    with pytest.raises(DriverError):
        await _healing(world).heal(VOLUME.slot, volume)
    assert world.telemetry.count("stale_recovery", failed=True) == 1
    world.node.reachable = True
    assert await _healing(world).heal(VOLUME.slot, (await world.examining.examine(VOLUME.slot))[0]) is WELL


async def test_a_fenced_node_stays_out() -> None:
    """Published elsewhere meanwhile, the volume has another name, which this node does not know."""
    world = await _lost()
    world.publish_again()
    volume, _ = await world.examining.examine(VOLUME.slot)
    with pytest.raises(DriverError):
        await _healing(world).heal(VOLUME.slot, volume)
    assert world.node.attached == {}


async def test_kubelets_own_work_goes_first() -> None:
    """Two at once would undo each other's work."""
    world = await _lost()
    volume, _ = await world.examining.examine(VOLUME.slot)
    hold = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.operations.run(VOLUME.slot, "kubelet's", hold.wait))
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await _healing(world).heal(VOLUME.slot, volume)
        hold.set()
    assert world.telemetry.list_calls("stale_recovery") == []


async def test_a_state_file_that_does_not_tell_how_is_said() -> None:
    """Nothing is guessed."""
    world = await _lost()
    volume, _ = await world.examining.examine(VOLUME.slot)
    assert volume.record is not None
    with pytest.raises(NotReadyError, match="does not tell how"):
        await _healing(world).heal(VOLUME.slot, replace(volume, record=replace(volume.record, context={})))
