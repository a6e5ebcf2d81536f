"""The Controller service over its socket: what it does, once, however often and by whomever it is asked."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from grpclib.const import Status

from rds_csi_async.csi import wire
from rds_csi_async.domain.contexts import decode_publish_context
from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.domain.identifiers import find_volume_id, host_of, slot_of
from rds_csi_async.domain.sizes import GIB, MIB
from tests.csi.controller_world import CLASS, NODE, OTHER_NODE, World, controller_world, creation, publication
from tests.csi.serving import CLUSTER, SECRETS, block, mounted, refused
from tests.planted import SECRET


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Serve an appliance that holds nothing of ours, and some of others'."""
    async with controller_world(tmp_path) as world:
        yield world


async def test_a_volume_is_made_once(world: World) -> None:
    """The same call again answers with the same volume: real size, an id of ours, nothing in its context."""
    first, second = await world.create(size_bytes=GIB + 1), await world.create(size_bytes=GIB + 1)
    assert first == second
    assert first.capacity_bytes == GIB + MIB
    assert find_volume_id(first.volume_id) is not None
    assert first.volume_id.startswith("rds1:")
    assert not first.volume_context
    assert [slot for slot in world.rds.volumes if first.volume_id.endswith(slot)] == [first.volume_id[5:]]


async def test_the_same_name_in_another_size_is_another_volume(world: World) -> None:
    """Which cannot be made as well (CSI 1.12, CreateVolume: ALREADY_EXISTS)."""
    await world.create(size_bytes=GIB)
    async with refused(Status.ALREADY_EXISTS):
        await world.create(size_bytes=2 * GIB)


async def test_a_whole_life(world: World) -> None:
    """Made, published, grown while published, unpublished, deleted."""
    volume_id = (await world.create()).volume_id
    answer = await world.client.controller_publish_volume(publication(volume_id))
    known = find_volume_id(volume_id)
    assert known is not None
    context = decode_publish_context(answer.publish_context, known, host_of(CLUSTER, NODE))
    assert (context.address, context.size_bytes, context.first_use) == ("10.0.0.1", GIB, True)
    grown = await world.client.controller_expand_volume(
        wire.ControllerExpandVolumeRequest(volume_id, wire.CapacityRange(2 * GIB))
    )
    assert (grown.capacity_bytes, grown.node_expansion_required) == (2 * GIB, True)
    got = await world.client.controller_get_volume(wire.ControllerGetVolumeRequest(volume_id))
    assert (got.volume.capacity_bytes, got.status.published_node_ids) == (2 * GIB, [NODE])
    assert not got.status.volume_condition.abnormal
    async with refused(Status.FAILED_PRECONDITION, NODE):
        await world.client.delete_volume(wire.DeleteVolumeRequest(volume_id))
    await world.client.controller_unpublish_volume(wire.ControllerUnpublishVolumeRequest(volume_id, NODE))
    await world.client.delete_volume(wire.DeleteVolumeRequest(volume_id))
    assert known.slot not in world.rds.volumes
    async with refused(Status.NOT_FOUND):
        await world.client.controller_get_volume(wire.ControllerGetVolumeRequest(volume_id))


async def test_what_is_done_twice_is_done_once(world: World) -> None:
    """Publish, expand, unpublish and delete, each again."""
    volume_id = (await world.create()).volume_id
    contexts = [await world.client.controller_publish_volume(publication(volume_id)) for _ in range(2)]
    assert contexts[0] == contexts[1]
    size = wire.CapacityRange(2 * GIB)
    for _ in range(2):
        await world.client.controller_expand_volume(wire.ControllerExpandVolumeRequest(volume_id, size))
    for _ in range(2):
        await world.client.controller_unpublish_volume(wire.ControllerUnpublishVolumeRequest(volume_id, NODE))
    for _ in range(2):
        await world.client.delete_volume(wire.DeleteVolumeRequest(volume_id))
    assert (world.rds.calls.count("change_volume"), world.rds.calls.count("remove_volume")) == (3, 1)


async def test_one_node_at_a_time(world: World) -> None:
    """The answer names the node that holds it (CSI 1.12, ControllerPublishVolume: FAILED_PRECONDITION)."""
    volume_id = (await world.create()).volume_id
    await world.client.controller_publish_volume(publication(volume_id))
    async with refused(Status.FAILED_PRECONDITION, NODE):
        await world.client.controller_publish_volume(publication(volume_id, node_id=OTHER_NODE))
    async with refused(Status.ALREADY_EXISTS):
        await world.client.controller_publish_volume(publication(volume_id, readonly=True))


async def test_unpublishing_without_a_node_is_from_every_node(world: World) -> None:
    """CSI 1.12, ControllerUnpublishVolume: an empty node id."""
    volume_id = (await world.create(volume_capabilities=[block("MULTI_NODE_MULTI_WRITER")])).volume_id
    for node_id in (NODE, OTHER_NODE):
        shared = publication(volume_id, node_id=node_id, volume_capability=block("MULTI_NODE_MULTI_WRITER"))
        await world.client.controller_publish_volume(shared)
    await world.client.controller_unpublish_volume(wire.ControllerUnpublishVolumeRequest(volume_id))
    got = await world.client.controller_get_volume(wire.ControllerGetVolumeRequest(volume_id))
    assert got.status.published_node_ids == []


async def test_equal_calls_join_and_others_come_back_later(world: World) -> None:
    """While a volume is being made, the same call waits for it; another one for the same volume is told ABORTED."""
    world.rds.may_go_on.clear()
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(world.create()) for _ in range(2)]
        await world.rds.begun.wait()
        async with refused(Status.ABORTED, "create"):
            await world.create(size_bytes=3 * GIB)
        async with refused(Status.ABORTED, "create"):
            await world.client.delete_volume(wire.DeleteVolumeRequest(f"rds1:{slot_of(CLUSTER, 'rds1', 'pvc-1')}"))
        async with refused(Status.ABORTED, "create"):
            await world.create(parameters={**CLASS, "pool": "another"})
        world.rds.may_go_on.set()
    assert calls[0].result() == calls[1].result()
    assert world.rds.calls.count("create_volume") == 1


async def test_a_call_that_gives_up_leaves_its_work_running(world: World) -> None:
    """The next one finds the volume made."""
    world.rds.may_go_on.clear()
    async with asyncio.TaskGroup() as group:
        call = group.create_task(world.create())
        await world.rds.begun.wait()
        call.cancel()
    before = set(world.rds.volumes)
    world.rds.may_go_on.set()
    assert (await world.create()).capacity_bytes == GIB
    assert len(set(world.rds.volumes) - before) == 1


async def test_an_unknown_outcome_is_never_final(world: World) -> None:
    """The appliance made the volume and its answer was lost: the provisioner has to ask again, and then finds it."""
    world.rds.fail_next(UnreachableError("cut off"), done=True)
    async with refused(Status.UNAVAILABLE, "cut off"):
        await world.create()
    assert (await world.create()).capacity_bytes == GIB


async def test_every_operation_is_counted(world: World) -> None:
    """Whatever became of it."""
    volume_id = (await world.create()).volume_id
    async with refused(Status.NOT_FOUND):
        await world.client.controller_publish_volume(publication(volume_id, node_id="nobody"))
    assert world.telemetry.count("volume_op", "create") == 1
    assert world.telemetry.count("volume_op", "controller_publish", failed=True) == 1
    assert ("/csi.v1.Controller/ControllerPublishVolume", "NOT_FOUND") in world.telemetry.grpc


async def test_no_secret_is_ever_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """On no path."""
    caplog.set_level(logging.DEBUG)
    volume_id = (await world.create(volume_capabilities=[mounted(flags=["noatime"])])).volume_id
    await world.client.controller_publish_volume(publication(volume_id))
    async with refused(Status.INVALID_ARGUMENT):
        await world.client.create_volume(creation(name=""))
    await world.client.controller_unpublish_volume(wire.ControllerUnpublishVolumeRequest(volume_id, NODE, SECRETS))
    await world.client.delete_volume(wire.DeleteVolumeRequest(volume_id, SECRETS))
    assert len(caplog.records) >= 5
    assert SECRET not in caplog.text
    assert SECRET not in str([vars(record) for record in caplog.records])


async def test_what_is_not_served_is_unimplemented(world: World) -> None:
    """By name."""
    async with refused(Status.UNIMPLEMENTED, "CreateSnapshot"):
        await world.client.create_snapshot(wire.CreateSnapshotRequest("x", "y"))
