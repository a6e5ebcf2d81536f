"""The calls that an orchestrator makes for one volume, as the demo makes them."""

from pathlib import Path

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient

TIMEOUT_S = 120.0
_MODE = wire.VolumeCapabilityAccessModeMode.from_string("SINGLE_NODE_WRITER")


class Calls:
    """One volume's calls. `volume_id` and `context` are known once it was created, and published."""

    def __init__(self, client: CsiClient, kubelet: Path, node_id: str, file_system: str = "ext4") -> None:
        self._client = client
        self._node_id = node_id
        self.file_system = file_system
        self._capability = wire.VolumeCapability(
            mount=wire.VolumeCapabilityMountVolume(fs_type=file_system),
            access_mode=wire.VolumeCapabilityAccessMode(_MODE),
        )
        self.staging = kubelet / "plugins" / "staging"
        self.target = kubelet / "pods" / "target"
        self.volume_id = ""
        self.context: dict[str, str] = {}

    def prepare(self) -> None:
        """Make the folders that kubelet makes."""
        for path in (self.staging, self.target.parent):
            path.mkdir(parents=True, exist_ok=True)

    async def create(self, name: str, size_bytes: int, parameters: dict[str, str]) -> int:
        """Make the volume; give its size in bytes."""
        request = wire.CreateVolumeRequest(
            name=name,
            capacity_range=wire.CapacityRange(required_bytes=size_bytes),
            volume_capabilities=[self._capability],
            parameters=parameters,
        )
        volume = (await self._client.controller.create_volume(request, timeout=TIMEOUT_S)).volume
        self.volume_id = volume.volume_id
        return volume.capacity_bytes

    async def publish_to_node(self) -> None:
        """Let the node hold it."""
        request = wire.ControllerPublishVolumeRequest(
            volume_id=self.volume_id, node_id=self._node_id, volume_capability=self._capability
        )
        answer = await self._client.controller.controller_publish_volume(request, timeout=TIMEOUT_S)
        self.context = answer.publish_context

    async def unpublish_from_node(self) -> None:
        """Let the node hold it no more."""
        request = wire.ControllerUnpublishVolumeRequest(volume_id=self.volume_id, node_id=self._node_id)
        await self._client.controller.controller_unpublish_volume(request, timeout=TIMEOUT_S)

    async def stage(self) -> None:
        """Attach it, make a file system if there is none, and mount it."""
        request = wire.NodeStageVolumeRequest(
            volume_id=self.volume_id,
            publish_context=self.context,
            staging_target_path=str(self.staging),
            volume_capability=self._capability,
        )
        await self._client.node.node_stage_volume(request, timeout=TIMEOUT_S)

    async def unstage(self) -> None:
        """Unmount and detach it."""
        request = wire.NodeUnstageVolumeRequest(volume_id=self.volume_id, staging_target_path=str(self.staging))
        await self._client.node.node_unstage_volume(request, timeout=TIMEOUT_S)

    async def publish_to_pod(self) -> None:
        """Show it to a pod."""
        request = wire.NodePublishVolumeRequest(
            volume_id=self.volume_id,
            publish_context=self.context,
            staging_target_path=str(self.staging),
            target_path=str(self.target),
            volume_capability=self._capability,
        )
        await self._client.node.node_publish_volume(request, timeout=TIMEOUT_S)

    async def unpublish_from_pod(self) -> None:
        """Take it from the pod."""
        request = wire.NodeUnpublishVolumeRequest(volume_id=self.volume_id, target_path=str(self.target))
        await self._client.node.node_unpublish_volume(request, timeout=TIMEOUT_S)

    async def measure(self) -> wire.NodeGetVolumeStatsResponse:
        """Ask how full it is."""
        request = wire.NodeGetVolumeStatsRequest(volume_id=self.volume_id, volume_path=str(self.target))
        return await self._client.node.node_get_volume_stats(request, timeout=TIMEOUT_S)

    async def expand(self, size_bytes: int) -> int:
        """Grow it on the appliance; give its size in bytes."""
        request = wire.ControllerExpandVolumeRequest(
            volume_id=self.volume_id, capacity_range=wire.CapacityRange(required_bytes=size_bytes)
        )
        answer = await self._client.controller.controller_expand_volume(request, timeout=TIMEOUT_S)
        return answer.capacity_bytes

    async def expand_on_node(self) -> int:
        """Grow device and file system on the node; give the device's size in bytes."""
        request = wire.NodeExpandVolumeRequest(
            volume_id=self.volume_id, volume_path=str(self.target), staging_target_path=str(self.staging)
        )
        return (await self._client.node.node_expand_volume(request, timeout=TIMEOUT_S)).capacity_bytes

    async def delete(self) -> None:
        """Remove it and its data."""
        await self._client.controller.delete_volume(
            wire.DeleteVolumeRequest(volume_id=self.volume_id), timeout=TIMEOUT_S
        )
