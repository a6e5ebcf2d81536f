"""The node is looked at without touching what may hang, and taken down without cutting what is in use."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.mounts import PathKind
from rds_csi_async.domain.staging import Takedown
from rds_csi_async.services.node_volumes import NodeVolumes
from tests.fakes.mounts import FakeMounts
from tests.services.node_world import (
    BLOCK,
    DEVICE_TARGET,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    nqn,
    publish_request,
    stage_record,
    stage_request,
)


def _volumes(world: NodeWorld) -> NodeVolumes:
    return NodeVolumes(world.ports)


async def test_a_mounted_path_is_not_looked_at() -> None:
    """A dead mount hangs whoever does; what is mounted there is a directory anyway."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    world.node.calls.clear()
    seen = await _volumes(world).observe(VOLUME.slot, STAGING)
    assert seen.path.kind is PathKind.DIRECTORY
    assert "inspect" not in world.node.calls
    assert (await _volumes(world).observe(VOLUME.slot, TARGET)).path.kind is PathKind.ABSENT


async def test_only_the_volumes_own_connections_are_seen() -> None:
    """Another volume's is none of its business; one without a device is seen as that."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    other = VOLUME.slot[:-1] + ("a" if VOLUME.slot[-1] != "a" else "b")
    assert (await _volumes(world).observe(other, STAGING)).held == ()
    world.node.attached[str(nqn())].usable = False
    seen = await _volumes(world).observe(VOLUME.slot, STAGING)
    assert [(held.nqn, held.connection) for held in seen.held] == [(nqn(), None)]


async def test_recorded_targets_count_where_a_device_node_stands() -> None:
    """A target that was announced and never made is no use of the volume."""
    world = NodeWorld()
    await world.staging.stage(stage_request(BLOCK))
    await world.mounting.publish(publish_request(BLOCK))
    assert (await _volumes(world).observe(VOLUME.slot, STAGING)).block_targets == (DEVICE_TARGET,)
    del world.node.paths[DEVICE_TARGET]
    assert (await _volumes(world).observe(VOLUME.slot, STAGING)).block_targets == ()


async def test_nothing_is_detached_while_its_device_is_mounted_anywhere() -> None:
    """Whatever the takedown says: the mount table has the last word."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    await world.mounting.publish(publish_request())
    with pytest.raises(HostError, match=TARGET):
        await _volumes(world).take_down(Takedown((STAGING,), frozenset(["259:0"]), (), (str(nqn()),)))
    assert (list(world.node.attached), world.node.cut) == ([str(nqn())], [])


async def test_an_unmount_that_does_nothing_is_found_out() -> None:
    """Success is what the mount table shows."""
    world = NodeWorld()
    await world.staging.stage(stage_request())

    class Idle(FakeMounts):
        async def unmount(self, path: str) -> None:
            self.node.calls.append(path)

    volumes = NodeVolumes(replace(world.ports, mounts=Idle(world.node)))
    with pytest.raises(HostError, match="still mounted"):
        await volumes.unmount_all(STAGING)


async def test_a_state_file_is_written_or_removed() -> None:
    """None is no file."""
    world = NodeWorld()
    await _volumes(world).keep_record(VOLUME.slot, stage_record())
    assert world.find_record() == stage_record()
    await _volumes(world).keep_record(VOLUME.slot, None)
    assert world.find_record() is None
