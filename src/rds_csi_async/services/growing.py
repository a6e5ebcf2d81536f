"""Growing on the node: the device's new size read, and its file system made to fill it."""

from rds_csi_async.domain.errors import VolumeNotFoundError
from rds_csi_async.domain.growth import decide_growth_on_node
from rds_csi_async.domain.identifiers import VolumeId
from rds_csi_async.domain.node_volumes import is_stale
from rds_csi_async.domain.paths import parse_path
from rds_csi_async.domain.sizes import SizeRange
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.metering import mount_op
from rds_csi_async.services.node_volumes import NodeVolumes


class Growing:
    """Follows on the node what the appliance has grown already."""

    def __init__(self, ports: NodePorts) -> None:
        self._connections = ports.connections
        self._filesystems = ports.filesystems
        self._telemetry = ports.telemetry
        self._volumes = NodeVolumes(ports)

    async def expand(self, volume_id: VolumeId | None, volume_path: str, wanted: SizeRange | None) -> int:
        """Grow the volume at a path; return the size of its device in bytes, as measured. Idempotent.

        `wanted` None: whatever size the appliance shows. A file system that is mounted read-only is left as it is.

        Raises:
            VolumeNotFoundError: the volume is not there.
            NotReadyError: the device does not show the wanted size, is gone, or its link is down.

        """
        path = parse_path(volume_path)
        if volume_id is None:
            message = f"no volume of this driver's is at {path}"
            raise VolumeNotFoundError(message)
        volume = await self._volumes.observe(volume_id.slot, path)
        if is_stale(volume):
            self._telemetry.record_stale_mount_detected()
        growth = decide_growth_on_node(volume, path)
        required_bytes = 0 if wanted is None else wanted.required_bytes
        seen = growth.connection
        connection = await self._connections.rescan(seen.nqn, max(seen.size_bytes, required_bytes))
        if growth.path:
            with mount_op(self._telemetry, "grow"):
                await self._filesystems.grow(connection.device, growth.path, growth.file_system)
        return connection.size_bytes
