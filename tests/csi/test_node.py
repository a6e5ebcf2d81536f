"""The Node service over its socket: what it does, once, however often it is asked."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from grpclib.const import Status

from rds_csi_async.csi import wire
from rds_csi_async.csi.node import Node, NodeServices, NodeSettings
from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.identifiers import node_id_of
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.services.operations import Operations, Supervisor
from tests.csi.csi_node import CLUSTER, CsiNode, csi_node
from tests.csi.serving import block, mounted, refused
from tests.planted import SECRET
from tests.services.node_world import DEVICE_TARGET, OTHER_TARGET, SIZE_BYTES, STAGING, TARGET, VOLUME, NodeWorld

UNSTAGE = wire.NodeUnstageVolumeRequest(str(VOLUME), STAGING)
UNPUBLISH = wire.NodeUnpublishVolumeRequest(str(VOLUME), TARGET)


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[CsiNode]:
    """Serve a node with nothing on it."""
    async with csi_node(tmp_path) as node:
        yield node


async def test_a_whole_life(node: CsiNode) -> None:
    """Staged, published, measured, grown, unpublished, unstaged: each twice, each done once, and nothing stays."""
    for _ in range(2):
        await node.stage()
    for _ in range(2):
        await node.publish()
    assert node.world.paths_mounted() == [STAGING, TARGET]
    assert node.world.disk.formats == 1
    node.world.disk.size_bytes = 2 * SIZE_BYTES
    grown = wire.NodeExpandVolumeRequest(str(VOLUME), TARGET, wire.CapacityRange(2 * SIZE_BYTES), STAGING)
    for _ in range(2):
        assert (await node.client.node_expand_volume(grown)).capacity_bytes == 2 * SIZE_BYTES
    assert node.world.disk.file_system_bytes == 2 * SIZE_BYTES
    for _ in range(2):
        await node.client.node_unpublish_volume(UNPUBLISH)
    for _ in range(2):
        await node.client.node_unstage_volume(UNSTAGE)
    assert node.world.is_clean()


async def test_raw_block_is_shown_as_a_device(node: CsiNode) -> None:
    """Staged and published without a mount."""
    await node.stage(volume_capability=block())
    await node.publish(volume_capability=block(), target_path=DEVICE_TARGET)
    assert node.world.node.paths[DEVICE_TARGET].device_number == "259:0"
    assert node.world.paths_mounted() == []


async def test_a_pod_that_may_only_read(node: CsiNode) -> None:
    """Gets a mount that is read-only; the same target asked for otherwise is another publication."""
    await node.stage()
    await node.publish(readonly=True)
    assert node.world.node.mounts[-1].read_only
    async with refused(Status.ALREADY_EXISTS):
        await node.publish()


async def test_what_only_one_pod_may_have(node: CsiNode) -> None:
    """CSI 1.12, NodePublishVolume: FAILED_PRECONDITION at a second target."""
    alone = mounted("SINGLE_NODE_SINGLE_WRITER")
    await node.stage(volume_capability=alone)
    await node.publish(volume_capability=alone)
    async with refused(Status.FAILED_PRECONDITION):
        await node.publish(volume_capability=alone, target_path=OTHER_TARGET)


async def test_equal_calls_join_and_others_come_back_later(node: CsiNode) -> None:
    """While a volume is being staged, the same call waits for it; another one for it is told ABORTED."""
    node.gate.open.clear()
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(node.stage()) for _ in range(2)]
        await node.gate.waiting.wait()
        async with refused(Status.ABORTED, "stage"):
            await node.client.node_unstage_volume(UNSTAGE, timeout=10)
        async with refused(Status.ABORTED, "stage"):
            await node.stage(volume_capability=mounted(fs_type="xfs"))
        node.gate.open.set()
    assert all(call.exception() is None for call in calls)
    assert node.world.node.calls.count("connect") == 1


async def test_measuring_does_not_wait_for_what_is_under_way(node: CsiNode) -> None:
    """It only reads, and kubelet asks often."""
    await node.stage()
    await node.publish()
    node.gate.open.clear()
    node.gate.waiting.clear()
    async with asyncio.TaskGroup() as group:
        unpublishing = group.create_task(node.client.node_unpublish_volume(UNPUBLISH))
        await node.gate.waiting.wait()
        measuring = group.create_task(
            node.client.node_get_volume_stats(wire.NodeGetVolumeStatsRequest(str(VOLUME), STAGING))
        )
        await asyncio.sleep(0)
        node.gate.open.set()
    assert unpublishing.exception() is None
    assert measuring.result().usage


async def test_a_call_that_gives_up_leaves_its_work_running(node: CsiNode) -> None:
    """The next one finds the volume staged, and mkfs ran once."""
    node.gate.open.clear()
    async with asyncio.TaskGroup() as group:
        call = group.create_task(node.stage())
        await node.gate.waiting.wait()
        call.cancel()
    node.gate.open.set()
    await node.stage()
    assert (node.world.disk.formats, node.world.paths_mounted()) == (1, [STAGING])


async def test_every_operation_is_counted(node: CsiNode) -> None:
    """Whatever became of it."""
    async with refused(Status.FAILED_PRECONDITION):
        await node.publish()
    await node.stage()
    await node.publish()
    assert node.telemetry.count("volume_op", "stage") == 1
    assert node.telemetry.count("volume_op", "publish") == 1
    assert node.telemetry.count("volume_op", "publish", failed=True) == 1


async def test_no_secret_is_ever_logged(node: CsiNode, caplog: pytest.LogCaptureFixture) -> None:
    """On no path: neither secrets nor the tokens that kubelet puts into the volume context."""
    caplog.set_level(logging.DEBUG)
    token = {"csi.storage.k8s.io/serviceAccount.tokens": SECRET}
    await node.stage()
    await node.publish(volume_context=token)
    async with refused(Status.INVALID_ARGUMENT):
        await node.publish(volume_context=token, target_path="relative")
    assert len(caplog.records) >= 3
    assert SECRET not in caplog.text
    assert SECRET not in str([vars(record) for record in caplog.records])


async def test_the_node_says_who_it_is(node: CsiNode) -> None:
    """An id that nobody else can have made, the most volumes it takes, and no topology."""
    info = await node.client.node_get_info(wire.NodeGetInfoRequest())
    assert (info.node_id, info.max_volumes_per_node) == (node_id_of(CLUSTER, "worker-1"), 42)
    assert not info.accessible_topology.segments


async def test_no_node_has_a_name_that_no_node_can_have() -> None:
    """The process does not start with one."""
    world = NodeWorld()
    services = NodeServices(world.staging, world.mounting, world.growing, world.measuring)
    with pytest.raises(InvalidRequestError):
        Node(NodeSettings(CLUSTER, "Not a node"), Operations(Supervisor()), services)


async def test_a_volume_that_does_not_fill_its_device_is_measured(node: CsiNode) -> None:
    """Total, used and available, as the file system has them."""
    await node.stage()
    answer = await node.client.node_get_volume_stats(wire.NodeGetVolumeStatsRequest(str(VOLUME), STAGING))
    assert (answer.usage[0].total, answer.usage[0].used) == (SIZE_BYTES, MIB)
