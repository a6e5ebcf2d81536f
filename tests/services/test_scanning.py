"""What is wrong with a volume is found out without anybody asking, told once, and healed where it can be."""

import asyncio
import contextlib
import logging
from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import HostError
from tests.fakes.faults import Faults
from tests.services.node_world import (
    BLOCK,
    BTRFS,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    nqn,
    publish_request,
    stage_record,
    stage_request,
)

STALE, RECOVERED = "StaleMountDetected", "ConnectionRecovery"


@pytest.fixture
async def world() -> NodeWorld:
    """Give a node that staged a file system."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    return world


async def test_a_healthy_node_is_silent(world: NodeWorld) -> None:
    """Nothing is told, counted or changed."""
    before = world.find_record()
    await world.scanning.scan()
    assert (world.reasons, world.find_record() == before) == ([], True)
    assert world.telemetry.list_calls("stale_mount_detected") == []
    assert [call.duration_s for call in world.telemetry.list_calls("scan")] == [pytest.approx(0, abs=5)]


async def test_a_lost_volume_that_nobody_uses_is_healed_in_one_scan(world: NodeWorld) -> None:
    """Found, staged anew, and both are told."""
    world.node.lose(str(nqn()))
    await world.scanning.scan()
    assert world.reasons == [STALE, RECOVERED]
    assert world.telemetry.count("stale_mount_detected") == 1
    assert world.telemetry.count("stale_recovery") == 1
    await world.scanning.scan()
    assert world.reasons == [STALE, RECOVERED]


@pytest.mark.parametrize("again", [False, True])
async def test_a_lost_volume_that_a_pod_uses_is_told_once(world: NodeWorld, *, again: bool) -> None:
    """With the pod's path, whether or not the appliance is back under a new device; nothing is touched."""
    await world.mounting.publish(publish_request())
    world.node.lose(str(nqn()))
    if again:
        await world.ports.connections.connect(stage_request().target)
    mounts = list(world.node.mounts)
    for _ in range(3):
        await world.scanning.scan()
    assert world.reasons == [STALE]
    assert TARGET in world.events.announced[0].note
    assert world.telemetry.count("stale_mount_detected") == 1
    assert world.node.mounts == mounts


async def test_when_the_pod_is_gone_it_is_healed(world: NodeWorld) -> None:
    """The next scan finds nobody there."""
    await world.mounting.publish(publish_request())
    world.node.lose(str(nqn()))
    await world.scanning.scan()
    await world.mounting.unpublish(VOLUME, TARGET)
    await world.scanning.scan()
    assert world.reasons == [STALE, RECOVERED]
    assert world.paths_mounted() == [STAGING]


async def test_a_failed_healing_is_told_and_tried_again(world: NodeWorld) -> None:
    """Each time, since it may work the next."""
    world.node.lose(str(nqn()))
    world.node.reachable = False
    await world.scanning.scan()
    await world.scanning.scan()
    assert world.reasons == [STALE, "RecoveryFailed", "RecoveryFailed"]
    world.node.reachable = True
    await world.scanning.scan()
    assert world.reasons[3:] == [RECOVERED]


async def test_a_link_that_is_down_is_told_and_its_return_too(world: NodeWorld) -> None:
    """Waiting is all that can be done: the kernel connects again."""
    world.node.drop_link(str(nqn()))
    await world.scanning.scan()
    await world.scanning.scan()
    assert world.reasons == ["ConnectionFailure"]
    world.node.attached.clear()
    world.node.mounts.clear()
    world.node.devices_made = 0
    await world.staging.stage(stage_request())
    await world.scanning.scan()
    assert world.reasons == ["ConnectionFailure", RECOVERED]


async def test_a_file_system_that_gave_up_writing_is_told(world: NodeWorld) -> None:
    """It shows as read-only, and nobody made it so."""
    world.node.mounts[0] = replace(world.node.mounts[0], read_only=True)
    await world.scanning.scan()
    assert world.reasons == ["VolumeReadOnly"]


async def test_a_lost_block_device_is_told() -> None:
    """The pod that has it open has to go."""
    world = NodeWorld()
    await world.staging.stage(stage_request(BLOCK))
    await world.mounting.publish(publish_request(BLOCK))
    world.node.lose(str(nqn()))
    await world.scanning.scan()
    assert world.reasons == [STALE]
    assert publish_request(BLOCK).target_path in world.events.announced[0].note


async def test_after_a_reboot_kubelet_is_waited_for(world: NodeWorld) -> None:
    """What is not mounted is nobody's, and not attached behind kubelet's back."""
    world.reboot()
    await world.scanning.scan()
    assert (world.reasons, world.node.attached) == ([], {})


async def test_the_claim_is_told_where_it_is_known(world: NodeWorld) -> None:
    """Whoever describes the claim sees it."""
    await world.ports.stage_records.save(VOLUME.slot, stage_record(claim="home/photos"))
    world.node.drop_link(str(nqn()))
    await world.scanning.scan()
    assert str(world.events.announced[0].subject) == "PersistentVolumeClaim home/photos"


async def test_one_that_cannot_be_looked_at_holds_up_no_other(
    world: NodeWorld, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in the log, with the reason."""
    world.texts["another"] = "{"
    world.node.drop_link(str(nqn()))
    await world.scanning.scan()
    assert world.reasons == ["ConnectionFailure"]
    assert "another cannot be looked at" in caplog.text
    assert world.steps == 3


async def test_state_files_that_cannot_be_listed_are_said(world: NodeWorld, caplog: pytest.LogCaptureFixture) -> None:
    """And the next scan tries again."""
    world.restart(Faults(at=0, error=HostError("EIO")))
    await world.scanning.scan()
    assert "cannot be listed" in caplog.text
    assert world.telemetry.list_calls("scan") == []  # it saw nothing
    assert world.steps == 1  # and got on


async def test_a_btrfs_is_found_too() -> None:
    """Its dead mount shows its device by name alone."""
    world = NodeWorld()
    await world.staging.stage(stage_request(BTRFS))
    world.node.lose(str(nqn()))
    await world.scanning.scan()
    assert world.reasons == [STALE, RECOVERED]


@pytest.mark.looptime
async def test_it_goes_on_for_ever(world: NodeWorld, caplog: pytest.LogCaptureFixture) -> None:
    """About once an interval."""
    caplog.set_level(logging.DEBUG)
    world.node.calls.clear()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(650):
            await world.scanning.watch(60)
    assert 9 <= world.node.calls.count("get_usage") <= 14
