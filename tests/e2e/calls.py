"""The calls that an orchestrator makes for one volume, one after another, with what it remembers in between."""

from dataclasses import dataclass, field
from pathlib import Path

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient
from rds_csi_async.domain.identifiers import node_id_of, slot_of
from tests.csi.serving import SECRETS, block, mounted
from tests.e2e.rig import CLUSTER_ID, NODE_NAME, new_name
from tests.planted import SECRET

MIB = 1 << 20
TIMEOUT_S = 60.0
SMALL_BYTES = {"ext4": 64 * MIB, "xfs": 320 * MIB, "btrfs": 256 * MIB, "block": 16 * MIB}
NODE_ID = node_id_of(CLUSTER_ID, NODE_NAME)


@dataclass
class VolumeCalls:
    """One volume. `kind` is its file system, or `block`; whoever talks to the driver is given with each call."""

    kubelet: Path
    kind: str = "ext4"
    pool: str = "pool1"
    read_only: bool = False
    node_name: str = NODE_NAME
    name: str = field(default_factory=new_name)
    volume_id: str = ""
    context: dict[str, str] = field(default_factory=dict)

    @property
    def node_id(self) -> str:
        """Which node is to hold it."""
        return node_id_of(CLUSTER_ID, self.node_name)

    @property
    def size_bytes(self) -> int:
        """The size that it is made with."""
        return SMALL_BYTES[self.kind]

    @property
    def slot(self) -> str:
        """Where the appliance has it."""
        return slot_of(CLUSTER_ID, "mock", self.name)

    @property
    def capability(self) -> wire.VolumeCapability:
        """What it is used as."""
        return block() if self.kind == "block" else mounted(fs_type=self.kind)

    @property
    def staging(self) -> Path:
        """Where it is staged."""
        return self.kubelet / "staging" / self.name

    @property
    def target(self) -> Path:
        """Where its pod sees it."""
        return self.kubelet / "pods" / self.name / "volume"

    def prepare(self) -> None:
        """Make the folders that kubelet makes. Blocks."""
        for path in (self.staging, self.target.parent):
            path.mkdir(parents=True, exist_ok=True)

    @property
    def creation(self) -> wire.CreateVolumeRequest:
        """What is asked for when it is made."""
        return wire.CreateVolumeRequest(
            name=self.name,
            capacity_range=wire.CapacityRange(required_bytes=self.size_bytes),
            volume_capabilities=[self.capability],
            parameters={"appliance": "mock", "pool": self.pool},
            secrets=SECRETS,
        )

    async def create(self, client: CsiClient) -> None:
        """Make it."""
        answer = await client.controller.create_volume(self.creation, timeout=TIMEOUT_S)
        assert answer.volume.capacity_bytes == self.size_bytes
        self.volume_id = answer.volume.volume_id

    async def open(self, client: CsiClient) -> None:
        """Let the node hold it."""
        request = wire.ControllerPublishVolumeRequest(
            volume_id=self.volume_id, node_id=self.node_id, volume_capability=self.capability, secrets=SECRETS
        )
        answer = await client.controller.controller_publish_volume(request, timeout=TIMEOUT_S)
        self.context = answer.publish_context

    async def close(self, client: CsiClient) -> None:
        """Let the node hold it no more."""
        request = wire.ControllerUnpublishVolumeRequest(volume_id=self.volume_id, node_id=self.node_id)
        await client.controller.controller_unpublish_volume(request, timeout=TIMEOUT_S)

    async def get(self, client: CsiClient) -> wire.ControllerGetVolumeResponse:
        """Ask what the appliance has of it."""
        request = wire.ControllerGetVolumeRequest(volume_id=self.volume_id)
        return await client.controller.controller_get_volume(request, timeout=TIMEOUT_S)

    async def stage(self, client: CsiClient) -> None:
        """Attach it, and mount its file system."""
        request = wire.NodeStageVolumeRequest(
            volume_id=self.volume_id,
            publish_context=self.context,
            staging_target_path=str(self.staging),
            volume_capability=self.capability,
            secrets=SECRETS,
        )
        await client.node.node_stage_volume(request, timeout=TIMEOUT_S)

    async def unstage(self, client: CsiClient) -> None:
        """Unmount and detach it."""
        request = wire.NodeUnstageVolumeRequest(volume_id=self.volume_id, staging_target_path=str(self.staging))
        await client.node.node_unstage_volume(request, timeout=TIMEOUT_S)

    async def publish(self, client: CsiClient) -> None:
        """Show it to its pod."""
        request = wire.NodePublishVolumeRequest(
            volume_id=self.volume_id,
            publish_context=self.context,
            staging_target_path=str(self.staging),
            target_path=str(self.target),
            volume_capability=self.capability,
            readonly=self.read_only,
            secrets=SECRETS,
            volume_context={"csi.storage.k8s.io/serviceAccount.tokens": SECRET},
        )
        await client.node.node_publish_volume(request, timeout=TIMEOUT_S)

    async def unpublish(self, client: CsiClient) -> None:
        """Take it from its pod."""
        request = wire.NodeUnpublishVolumeRequest(volume_id=self.volume_id, target_path=str(self.target))
        await client.node.node_unpublish_volume(request, timeout=TIMEOUT_S)

    async def expand(self, client: CsiClient) -> None:
        """Make it twice as large on the appliance."""
        request = wire.ControllerExpandVolumeRequest(
            volume_id=self.volume_id, capacity_range=wire.CapacityRange(required_bytes=2 * self.size_bytes)
        )
        answer = await client.controller.controller_expand_volume(request, timeout=TIMEOUT_S)
        assert (answer.capacity_bytes, answer.node_expansion_required) == (2 * self.size_bytes, True)

    async def expand_on_node(self, client: CsiClient) -> None:
        """Let device and file system follow."""
        request = wire.NodeExpandVolumeRequest(
            volume_id=self.volume_id,
            volume_path=str(self.target),
            staging_target_path=str(self.staging),
            capacity_range=wire.CapacityRange(required_bytes=2 * self.size_bytes),
        )
        answer = await client.node.node_expand_volume(request, timeout=TIMEOUT_S)
        assert answer.capacity_bytes == 2 * self.size_bytes

    async def measure(self, client: CsiClient) -> wire.NodeGetVolumeStatsResponse:
        """Ask how full it is, and how it fares."""
        request = wire.NodeGetVolumeStatsRequest(volume_id=self.volume_id, volume_path=str(self.target))
        return await client.node.node_get_volume_stats(request, timeout=TIMEOUT_S)

    async def delete(self, client: CsiClient) -> None:
        """Remove it and its data."""
        request = wire.DeleteVolumeRequest(volume_id=self.volume_id, secrets=SECRETS)
        await client.controller.delete_volume(request, timeout=TIMEOUT_S)
