"""A volume is measured where that is safe, and what is wrong with it is told instead."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import DeadlineError, HostError, InvalidRequestError, VolumeNotFoundError
from rds_csi_async.domain.mounts import PathFact, PathKind
from tests.fakes.faults import Faults
from tests.services.node_world import (
    BLOCK,
    DEVICE_TARGET,
    EXT4,
    SIZE_BYTES,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    nqn,
    publish_request,
    stage_request,
)


@pytest.fixture
async def world() -> NodeWorld:
    """Give a node that published a file system."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    await world.mounting.publish(publish_request())
    return world


@pytest.fixture
async def block_world() -> NodeWorld:
    """Give a node that published a block device."""
    world = NodeWorld()
    await world.staging.stage(stage_request(BLOCK))
    await world.mounting.publish(publish_request(BLOCK))
    return world


@pytest.mark.parametrize("path", [STAGING, TARGET])
async def test_a_file_system_tells_how_full_it_is(world: NodeWorld, path: str) -> None:
    """And that all is well."""
    stats = await world.measuring.measure(VOLUME, path)
    assert stats.usage is not None
    assert (stats.usage.total_bytes, stats.size_bytes, stats.condition.abnormal) == (SIZE_BYTES, SIZE_BYTES, False)


@pytest.mark.parametrize("path", [STAGING, DEVICE_TARGET])
async def test_a_block_device_tells_its_size(block_world: NodeWorld, path: str) -> None:
    """It has no usage that anyone but its user knows."""
    stats = await block_world.measuring.measure(VOLUME, path)
    assert (stats.usage, stats.size_bytes, stats.condition.abnormal) == (None, SIZE_BYTES, False)


async def test_a_dead_mount_is_never_touched(world: NodeWorld) -> None:
    """It is told, and counted, from the mount table and the connections alone."""
    world.node.lose(str(nqn()))
    world.node.calls.clear()
    stats = await world.measuring.measure(VOLUME, TARGET)
    assert (stats.usage, stats.size_bytes, stats.condition.abnormal) == (None, None, True)
    assert "gone" in stats.condition.message
    assert not {"get_usage", "inspect"} & set(world.node.calls)
    assert len(world.telemetry.list_calls("stale_mount_detected")) == 1


async def test_a_mount_whose_link_is_down_is_never_touched(world: NodeWorld) -> None:
    """Whoever reads from it waits, and so would the measuring."""
    world.node.drop_link(str(nqn()))
    world.node.calls.clear()
    stats = await world.measuring.measure(VOLUME, TARGET)
    assert (stats.usage, stats.size_bytes, stats.condition.abnormal) == (None, SIZE_BYTES, True)
    assert "link" in stats.condition.message
    assert not {"get_usage", "inspect"} & set(world.node.calls)


async def test_a_file_system_that_became_read_only_is_abnormal(world: NodeWorld) -> None:
    """It is measured all the same."""
    world.node.mounts[0] = replace(world.node.mounts[0], read_only=True)
    stats = await world.measuring.measure(VOLUME, TARGET)
    assert stats.usage is not None
    assert "read-only" in stats.condition.message


async def test_what_was_mounted_read_only_is_well() -> None:
    """It was asked for."""
    world = NodeWorld()
    capability = replace(EXT4, mount_options=("ro",))
    world.disk.signatures, world.disk.blank = ("ext4",), False
    await world.staging.stage(stage_request(capability))
    assert not (await world.measuring.measure(VOLUME, STAGING)).condition.abnormal


async def test_a_file_system_that_does_not_answer_is_abnormal(world: NodeWorld) -> None:
    """The error is its condition; running out of time is nobody's condition."""
    world.restart()
    await world.measuring.measure(VOLUME, TARGET)
    last = world.faults.count - 1
    world.restart(Faults(last, HostError("stat fails")))
    assert "stat fails" in (await world.measuring.measure(VOLUME, TARGET)).condition.message
    world.restart(Faults(last, DeadlineError("too late")))
    with pytest.raises(DeadlineError):
        await world.measuring.measure(VOLUME, TARGET)


async def test_a_lost_block_device_is_abnormal(block_world: NodeWorld) -> None:
    """So is one whose link is down, and a node that shows another device than the volume's."""
    block_world.node.paths[DEVICE_TARGET] = PathFact(PathKind.BLOCK_DEVICE, "259:9")
    assert "259:9" in (await block_world.measuring.measure(VOLUME, DEVICE_TARGET)).condition.message
    block_world.node.drop_link(str(nqn()))
    assert "link" in (await block_world.measuring.measure(VOLUME, STAGING)).condition.message
    block_world.node.lose(str(nqn()))
    assert "gone" in (await block_world.measuring.measure(VOLUME, DEVICE_TARGET)).condition.message


@pytest.mark.parametrize("path", ["/kubelet/nothing", "/kubelet/foreign"])
async def test_what_is_not_the_volume_is_not_found(world: NodeWorld, path: str) -> None:
    """Neither an empty path nor another device's mount."""
    world.mount_foreign("/kubelet/foreign")
    for volume_id in (VOLUME, None):
        with pytest.raises(VolumeNotFoundError):
            await world.measuring.measure(volume_id, path)


async def test_a_path_is_absolute(world: NodeWorld) -> None:
    """Anything else is no path."""
    with pytest.raises(InvalidRequestError):
        await world.measuring.measure(VOLUME, "relative")
