"""A pod gets the volume that was staged for it, once, and gives it back without a trace."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import (
    DriverError,
    HostError,
    IncompatibleVolumeError,
    NotReadyError,
)
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind
from rds_csi_async.services.mounting import Mounting
from tests.fakes.faults import Faults, KilledError
from tests.fakes.mounts import FakeMounts
from tests.services.node_world import (
    BLOCK,
    DEVICE_TARGET,
    EXT4,
    OTHER_TARGET,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    publish_request,
    staged_world,
)
from tests.services.publishing_again import PublishingAgain
from tests.services.publishing_refusals import PublishingRefusals
from tests.services.unpublishing import Unpublishing


async def test_a_pod_sees_what_is_staged() -> None:
    """The target path is made, and shows the device."""
    world = await staged_world()
    await world.mounting.publish(publish_request())
    assert [(mount.path, mount.device_number) for mount in world.node.mounts] == [(STAGING, "259:0"), (TARGET, "259:0")]
    assert not world.node.mounts[-1].read_only


async def test_publishing_twice_mounts_once() -> None:
    """No retry stacks a second mount."""
    world = await staged_world()
    await world.mounting.publish(publish_request())
    await world.mounting.publish(publish_request())
    assert world.paths_mounted() == [STAGING, TARGET]


async def test_only_a_pods_own_flags_go_with_the_bind() -> None:
    """The file system's options belong to the stage; a bind with them would fail."""
    capability = replace(EXT4, mount_options=("noatime", "commit=30", "nosuid"))
    world = await staged_world(capability)
    await world.mounting.publish(publish_request(capability))
    assert world.paths_mounted() == [STAGING, TARGET]
    assert publish_request(capability).bind_options == ("noatime", "nosuid")


async def test_a_pod_may_ask_for_reading_only() -> None:
    """The stage stays writable; the same target asked for otherwise is incompatible."""
    world = await staged_world()
    await world.mounting.publish(publish_request(read_only=True))
    assert [mount.read_only for mount in world.node.mounts] == [False, True]
    with pytest.raises(IncompatibleVolumeError, match="read-only already"):
        await world.mounting.publish(publish_request())


async def test_other_volumes_go_to_several_pods() -> None:
    """As many as the node has."""
    world = await staged_world()
    await world.mounting.publish(publish_request())
    await world.mounting.publish(publish_request(target=OTHER_TARGET))
    assert world.paths_mounted() == [STAGING, TARGET, OTHER_TARGET]


async def test_a_block_device_is_shown_by_its_number() -> None:
    """The node is the device, and the state file knew of it before it was made."""
    world = await staged_world(BLOCK)
    world.node.calls.clear()
    await world.mounting.publish(publish_request(BLOCK))
    await world.mounting.publish(publish_request(BLOCK))
    assert world.node.paths[DEVICE_TARGET] == PathFact(PathKind.BLOCK_DEVICE, "259:0")
    record = world.find_record()
    assert record is not None
    assert record.targets == (DEVICE_TARGET,)
    made = [call for call in world.node.calls if call in {"save_record", "ensure_block_node"}]
    assert made == ["save_record", "ensure_block_node"]


async def test_a_block_node_of_another_device_is_replaced() -> None:
    """A node outlives its device, whose number another volume may have by then."""
    world = await staged_world(BLOCK)
    await world.mounting.publish(publish_request(BLOCK))
    world.node.paths[DEVICE_TARGET] = PathFact(PathKind.BLOCK_DEVICE, "259:9")
    await world.mounting.publish(publish_request(BLOCK))
    assert world.node.paths[DEVICE_TARGET].device_number == "259:0"


async def test_a_bind_that_shows_something_else_is_taken_back() -> None:
    """A staging path that lost its mount in between is an empty directory of the node's own disk."""
    world = await staged_world()

    class Racing(FakeMounts):
        async def bind(self, source: str, target: str, *, read_only: bool, options: object = ()) -> None:
            del source, read_only, options
            self.node.mounts.append(Mount(target, "8:1", "/", "ext4", "/dev/sda1", read_only=False))

    mounting = Mounting(replace(world.ports, mounts=Racing(world.node)), world.staging.stage)
    with pytest.raises(NotReadyError, match="did not show"):
        await mounting.publish(publish_request())
    assert world.paths_mounted() == [STAGING]


async def test_everything_is_told_to_the_telemetry() -> None:
    """One bind, one unmount, and a failure as one."""
    world = await staged_world()
    staged = len(world.node.calls)
    await world.mounting.publish(publish_request())
    await world.mounting.unpublish(VOLUME, TARGET)
    assert [world.telemetry.count("mount_op", name) for name in ("bind", "unmount")] == [1, 1]
    world.restart(Faults(world.node.calls.index("bind") - staged, HostError("injected")))
    with pytest.raises(HostError):
        await world.mounting.publish(publish_request())
    assert world.telemetry.count("mount_op", "bind", failed=True) == 1


async def _before_publish(capability: Capability, sequence: int) -> NodeWorld:
    world = await staged_world(capability)
    if sequence > 1:
        world.publish_again(sequence)
    return world


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("error", [HostError("injected"), KilledError()])
@pytest.mark.parametrize(("capability", "sequence"), [(EXT4, 1), (BLOCK, 1), (EXT4, 2), (BLOCK, 2)])
async def test_publishing_converges_from_any_failure(
    capability: Capability, sequence: int, error: BaseException, *, done: bool
) -> None:
    """Interrupted anywhere, the same call again shows the volume once; what follows leaves nothing."""
    request = publish_request(capability, sequence)
    smooth = await _before_publish(capability, sequence)
    smooth.restart()
    await smooth.mounting.publish(request)
    for at in range(smooth.faults.count):
        world = await _before_publish(capability, sequence)
        world.restart(Faults(at, error, done=done))
        try:
            await world.mounting.publish(request)
        except (DriverError, KilledError):
            world.restart()
            await world.mounting.publish(request)
        assert set(world.node.paths) == set(smooth.node.paths), at
        number = world.node.attached[request.staging.nqn].connection.device_number
        assert {mount.device_number for mount in world.node.mounts} <= {number}
        assert world.node.paths[request.target_path].device_number in {"", number}
        assert world.paths_mounted() == smooth.paths_mounted()
        assert world.disk.formats == smooth.disk.formats
        await world.mounting.unpublish(VOLUME, request.target_path)
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean(), at


class TestPublishingRefusals(PublishingRefusals):
    """See `PublishingRefusals`."""


class TestPublishingAgain(PublishingAgain):
    """See `PublishingAgain`."""


class TestUnpublishing(Unpublishing):
    """See `Unpublishing`."""
