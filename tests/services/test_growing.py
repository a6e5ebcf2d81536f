"""A volume that grew on the appliance grows on the node, and the size that is told was measured."""

import pytest

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import HostError, NotReadyError, VolumeNotFoundError
from rds_csi_async.domain.sizes import MIB, SizeRange
from tests.fakes.faults import Faults
from tests.services.node_world import (
    BLOCK,
    DEVICE_TARGET,
    EXT4,
    READ_ONLY,
    SIZE_BYTES,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    nqn,
    publish_request,
    stage_request,
)

LARGER = SizeRange(2 * SIZE_BYTES)


async def _published(capability: Capability = EXT4) -> NodeWorld:
    world = NodeWorld()
    if capability.mode.read_only:
        world.disk.signatures, world.disk.blank, world.disk.file_system_bytes = ("ext4",), False, SIZE_BYTES
    await world.staging.stage(stage_request(capability))
    await world.mounting.publish(publish_request(capability))
    return world


@pytest.mark.parametrize("path", [STAGING, TARGET])
async def test_device_and_file_system_grow(path: str) -> None:
    """Whichever path is named; twice is as good as once."""
    world = await _published()
    world.disk.size_bytes = 2 * SIZE_BYTES
    assert await world.growing.expand(VOLUME, path, LARGER) == 2 * SIZE_BYTES
    assert await world.growing.expand(VOLUME, path, LARGER) == 2 * SIZE_BYTES
    assert world.disk.file_system_bytes == 2 * SIZE_BYTES
    assert world.telemetry.count("mount_op", "grow") == 2


async def test_a_pods_read_only_mount_does_not_hinder() -> None:
    """The file system grows at its staging path."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    await world.mounting.publish(publish_request(read_only=True))
    world.disk.size_bytes = 2 * SIZE_BYTES
    await world.growing.expand(VOLUME, TARGET, LARGER)
    assert world.disk.file_system_bytes == 2 * SIZE_BYTES


@pytest.mark.parametrize("path", [STAGING, DEVICE_TARGET])
async def test_a_block_device_is_only_read_anew(path: str) -> None:
    """There is no file system to grow."""
    world = await _published(BLOCK)
    world.disk.size_bytes = 2 * SIZE_BYTES
    assert await world.growing.expand(VOLUME, path, LARGER) == 2 * SIZE_BYTES
    assert "grow" not in world.node.calls


async def test_a_read_only_file_system_is_left_as_it_is() -> None:
    """Growing writes."""
    world = await _published(READ_ONLY)
    world.disk.size_bytes = 2 * SIZE_BYTES
    assert await world.growing.expand(VOLUME, TARGET, LARGER) == 2 * SIZE_BYTES
    assert world.disk.file_system_bytes == SIZE_BYTES


async def test_no_wish_takes_what_the_appliance_has() -> None:
    """The size is that of the device, not of the request."""
    world = await _published()
    world.disk.size_bytes = SIZE_BYTES + 8 * MIB
    assert await world.growing.expand(VOLUME, TARGET, None) == SIZE_BYTES + 8 * MIB


async def test_a_device_that_stays_small_is_no_success() -> None:
    """The file system is not touched, and the caller comes back."""
    world = await _published()
    with pytest.raises(NotReadyError):
        await world.growing.expand(VOLUME, TARGET, LARGER)
    assert "grow" not in world.node.calls


@pytest.mark.parametrize("path", ["/kubelet/nothing", "/kubelet/foreign"])
async def test_what_is_not_the_volume_is_not_found(path: str) -> None:
    """Neither an empty path nor another device's mount."""
    world = await _published()
    world.mount_foreign("/kubelet/foreign")
    with pytest.raises(VolumeNotFoundError):
        await world.growing.expand(VOLUME, path, LARGER)


@pytest.mark.parametrize("path", [STAGING, TARGET])
async def test_nothing_is_found_where_nothing_was_staged(path: str) -> None:
    """Nor is nobody's volume anywhere."""
    world = NodeWorld()
    for volume_id in (VOLUME, None):
        with pytest.raises(VolumeNotFoundError):
            await world.growing.expand(volume_id, path, LARGER)


@pytest.mark.parametrize("capability", [EXT4, BLOCK])
async def test_a_link_that_is_down_or_gone_is_waited_for(capability: Capability) -> None:
    """Nothing is rescanned or grown."""
    world = await _published(capability)
    world.node.drop_link(str(nqn()))
    with pytest.raises(NotReadyError, match="link"):
        await world.growing.expand(VOLUME, STAGING, LARGER)
    world.node.lose(str(nqn()))
    with pytest.raises(NotReadyError, match="gone"):
        await world.growing.expand(VOLUME, STAGING, LARGER)
    assert "rescan" not in world.node.calls


async def test_a_dead_mount_is_counted() -> None:
    """Whoever looks finds it."""
    world = await _published()
    world.node.lose(str(nqn()))
    with pytest.raises(NotReadyError):
        await world.growing.expand(VOLUME, TARGET, LARGER)
    assert len(world.telemetry.list_calls("stale_mount_detected")) == 1


async def test_a_file_system_that_does_not_grow_is_grown_by_the_next_call() -> None:
    """A device that has its size already does not end the matter."""
    world = await _published()
    world.disk.size_bytes = 2 * SIZE_BYTES
    world.restart()
    await world.growing.expand(VOLUME, TARGET, LARGER)
    calls = world.faults.count
    for at in range(calls):
        again = await _published()
        again.disk.size_bytes = 2 * SIZE_BYTES
        again.restart(Faults(at, HostError("injected")))
        with pytest.raises(HostError):
            await again.growing.expand(VOLUME, TARGET, LARGER)
        again.restart()
        await again.growing.expand(VOLUME, TARGET, LARGER)
        assert again.disk.file_system_bytes == 2 * SIZE_BYTES
    assert again.telemetry.count("mount_op", "grow", failed=True) == 1
