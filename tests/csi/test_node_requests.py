"""Whatever a node is asked, the answer is CSI's, and bad input touches nothing."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from grpclib.const import Status

from rds_csi_async.csi import wire
from rds_csi_async.domain.identifiers import VolumeId, slot_of
from rds_csi_async.domain.mounts import PathKind
from tests.csi.csi_node import CONTEXT, CsiNode, csi_node, publishing, staging
from tests.csi.serving import block, mounted, refused
from tests.services.node_world import OTHER_TARGET, STAGING, TARGET, VOLUME, nqn

Ask = Callable[[wire.NodeStub], Any]
INVALID, NOT_FOUND, REFUSED = Status.INVALID_ARGUMENT, Status.NOT_FOUND, Status.FAILED_PRECONDITION
READS = {"find", "find_record", "list_nqns", "list_mounts", "inspect", "probe", "get_usage"}
STRANGERS = str(VolumeId("rds-a", slot_of("another cluster", "rds-a", "pvc-1")))
NEVER_STAGED = str(VolumeId("rds-a", slot_of("cluster-1", "rds-a", "never staged")))
CHANGED = {
    "an address that is a name": {"address": "example.com"},
    "another NQN": {"nqn": str(nqn(2))},
    "another volume's NQN": {"nqn": str(nqn()).replace(VOLUME.slot, slot_of("cluster-1", "rds-a", "other"))},
    "an NQN that is a command": {"nqn": str(nqn()) + ";reboot"},
    "another host": {"hostNqn": "nqn.2014-08.org.nvmexpress:uuid:x"},
    "half a host": {"hostId": "00000000-0000-8000-8000-000000000000"},
    "another sequence": {"sequence": "2"},
    "no size": {"sizeBytes": "0"},
    "a negative size": {"sizeBytes": "-1"},
    "port 65536": {"port": "65536"},
    "a first use that is maybe": {"firstUse": "maybe"},
    "another version": {"v": "2"},
    "a key too many": {"extra": "1"},
}


def _stage(**changes: Any) -> Ask:
    return lambda client: client.node_stage_volume(staging(**changes))


def _publish(**changes: Any) -> Ask:
    return lambda client: client.node_publish_volume(publishing(**changes))


def _unstage(volume_id: str = str(VOLUME), path: str = STAGING) -> Ask:
    return lambda client: client.node_unstage_volume(wire.NodeUnstageVolumeRequest(volume_id, path))


def _unpublish(volume_id: str = str(VOLUME), path: str = TARGET) -> Ask:
    return lambda client: client.node_unpublish_volume(wire.NodeUnpublishVolumeRequest(volume_id, path))


def _stats(volume_id: str = str(VOLUME), path: str = STAGING) -> Ask:
    return lambda client: client.node_get_volume_stats(wire.NodeGetVolumeStatsRequest(volume_id, path))


def _expand(volume_id: str = str(VOLUME), path: str = STAGING, required_bytes: int = 0, limit_bytes: int = 0) -> Ask:
    size = wire.CapacityRange(required_bytes, limit_bytes)
    return lambda client: client.node_expand_volume(wire.NodeExpandVolumeRequest(volume_id, path, size))


BAD_INPUT: dict[str, tuple[Ask, Status]] = {
    "staging nothing": (_stage(volume_id=""), INVALID),
    "staging nowhere": (_stage(staging_target_path=""), INVALID),
    "staging without capability": (_stage(volume_capability=None), INVALID),
    "staging with half a capability": (_stage(volume_capability=wire.VolumeCapability()), INVALID),
    "staging zfs": (_stage(volume_capability=mounted(fs_type="zfs")), INVALID),
    "staging with options that are none": (_stage(volume_capability=mounted(flags=["loop=/dev/sda"])), INVALID),
    "staging for a group": (_stage(volume_capability=mounted(group="5")), INVALID),
    "staging as somebody's disk": (_stage(volume_id="nixos-var"), NOT_FOUND),
    "staging another cluster's": (_stage(volume_id=STRANGERS), REFUSED),
    "staging another volume": (_stage(volume_id=NEVER_STAGED), INVALID),
    "staging without context": (_stage(publish_context={}), INVALID),
    "staging with a stranger's volume context": (_stage(volume_context={"device": "/dev/sda"}), INVALID),
    "staging at a relative path": (_stage(staging_target_path="some/path"), INVALID),
    "staging outside": (_stage(staging_target_path="/kubelet/../etc"), INVALID),
    "staging at the root": (_stage(staging_target_path="//"), INVALID),
    "staging at a path with NUL": (_stage(staging_target_path="/a\0b"), INVALID),
    "staging at a path of 5000 bytes": (_stage(staging_target_path="/" + "a" * 5000), INVALID),
    "staging at a symbolic link": (_stage(staging_target_path="/link"), INVALID),
    "staging at a file": (_stage(staging_target_path="/file"), INVALID),
    "staging where another device is mounted": (_stage(staging_target_path="/foreign"), REFUSED),
    **{
        f"staging with {what}": (_stage(publish_context={**CONTEXT, **change}), INVALID)
        for what, change in CHANGED.items()
    },
    "staging with a context cut short": (_stage(publish_context=dict(list(CONTEXT.items())[:5])), INVALID),
    "publishing nothing": (_publish(volume_id=""), INVALID),
    "publishing nowhere": (_publish(target_path=""), INVALID),
    "publishing without capability": (_publish(volume_capability=None, staging_target_path=""), INVALID),
    "publishing without a stage": (_publish(staging_target_path=""), REFUSED),
    "publishing what is not staged": (_publish(), REFUSED),
    "publishing at a relative path": (_publish(target_path="some/path"), INVALID),
    "publishing outside": (_publish(target_path="/kubelet/../etc"), INVALID),
    "publishing from outside": (_publish(staging_target_path="/kubelet/../etc"), INVALID),
    "publishing over the stage": (_publish(target_path=STAGING), INVALID),
    "publishing somebody's disk": (_publish(volume_id="nixos-var"), NOT_FOUND),
    "publishing another cluster's": (_publish(volume_id=STRANGERS), REFUSED),
    "publishing with a changed context": (_publish(publish_context={**CONTEXT, "port": "0"}), INVALID),
    "publishing with a stranger's volume context": (_publish(volume_context={"device": "/dev/sda"}), INVALID),
    "unstaging nothing": (_unstage(""), INVALID),
    "unstaging from nowhere": (_unstage(path=""), INVALID),
    "unstaging from outside": (_unstage(path="/kubelet/../etc"), INVALID),
    "unstaging somebody's mount": (_unstage(path="/foreign"), REFUSED),
    "unstaging somebody's mount as somebody's": (_unstage("nixos-var", "/foreign"), REFUSED),
    "unpublishing nothing": (_unpublish(""), INVALID),
    "unpublishing from nowhere": (_unpublish(path=""), INVALID),
    "unpublishing from outside": (_unpublish(path="/kubelet/../etc"), INVALID),
    "unpublishing somebody's mount as somebody's": (_unpublish("nixos-var", "/foreign"), REFUSED),
    "measuring nothing": (_stats(""), INVALID),
    "measuring nowhere": (_stats(path=""), INVALID),
    "measuring somebody's disk": (_stats("nixos-var", "some/path"), NOT_FOUND),
    "measuring at a relative path": (_stats(path="some/path"), NOT_FOUND),
    "measuring what is not staged": (_stats(NEVER_STAGED), NOT_FOUND),
    "measuring somebody's mount": (_stats(path="/foreign"), NOT_FOUND),
    "growing nothing": (_expand(""), INVALID),
    "growing nowhere": (_expand(path=""), INVALID),
    "growing somebody's disk": (_expand("nixos-var", "some/path"), NOT_FOUND),
    "growing at a relative path": (_expand(path="some/path"), NOT_FOUND),
    "growing what is not staged": (_expand(NEVER_STAGED), NOT_FOUND),
    "growing to a negative size": (_expand(required_bytes=-1), INVALID),
    "growing to less than required": (_expand(required_bytes=5, limit_bytes=4), INVALID),
}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[CsiNode]:
    """Serve a node on which others have their things too."""
    async with csi_node(tmp_path) as node:
        node.world.stand("/link", PathKind.SYMLINK)
        node.world.stand("/file", PathKind.FILE)
        node.world.mount_foreign("/foreign")
        yield node


@pytest.mark.parametrize("case", BAD_INPUT)
async def test_bad_input_changes_nothing(node: CsiNode, case: str) -> None:
    """The code is CSI's, the message says why, and the node is as it was."""
    ask, status = BAD_INPUT[case]
    paths, mounts = dict(node.world.node.paths), list(node.world.node.mounts)
    async with refused(status):
        await ask(node.client)
    assert (node.world.node.paths, node.world.node.mounts) == (paths, mounts)
    assert not set(node.world.node.calls) - READS
    assert not node.world.texts


@pytest.mark.parametrize("volume_id", ["nixos-var", "rds-a:storage-pool", "x" * 10_000])
async def test_what_is_no_id_of_ours_is_gone_already(node: CsiNode, volume_id: str) -> None:
    """Where nothing is mounted, taking it away is done."""
    await _unstage(volume_id, "/nothing")(node.client)
    await _unpublish(volume_id, "/nothing")(node.client)
    assert not set(node.world.node.calls) - READS


async def test_a_stage_in_another_way_is_another_stage(node: CsiNode) -> None:
    """CSI 1.12, NodeStageVolume: ALREADY_EXISTS."""
    await node.stage()
    async with refused(Status.ALREADY_EXISTS):
        await node.stage(volume_capability=block())


async def test_a_path_is_taken_as_the_mount_table_writes_it(node: CsiNode) -> None:
    """A trailing slash makes no second stage and no second mount."""
    await node.stage(staging_target_path=STAGING + "/")
    await node.stage()
    await node.publish(target_path="/" + TARGET + "/./")
    await node.publish(target_path=OTHER_TARGET)
    assert node.world.paths_mounted() == ["/foreign", STAGING, TARGET, OTHER_TARGET]


async def test_growing_without_a_size_takes_what_is_there(node: CsiNode) -> None:
    """The range is optional (CSI 1.12, NodeExpandVolume)."""
    await node.stage()
    answer = await node.client.node_expand_volume(wire.NodeExpandVolumeRequest(str(VOLUME), STAGING))
    assert answer.capacity_bytes == node.world.disk.size_bytes
