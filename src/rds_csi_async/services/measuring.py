"""Measuring volumes on the node, without being hung by one that is dead."""

from rds_csi_async.domain.conditions import condition_of
from rds_csi_async.domain.errors import DeadlineError, DriverError, VolumeNotFoundError
from rds_csi_async.domain.findings import VolumeStats, decide_finding
from rds_csi_async.domain.identifiers import VolumeId
from rds_csi_async.domain.paths import parse_path
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.node_volumes import NodeVolumes


class Measuring:
    """Tells how full a volume is, and what is wrong with it."""

    def __init__(self, ports: NodePorts) -> None:
        self._filesystems = ports.filesystems
        self._telemetry = ports.telemetry
        self._volumes = NodeVolumes(ports)

    async def measure(self, volume_id: VolumeId | None, volume_path: str) -> VolumeStats:
        """Measure the volume at a path. What is wrong is told as its condition, not raised.

        Raises:
            VolumeNotFoundError: it is not there.

        """
        path = parse_path(volume_path)
        if volume_id is None:
            message = f"no volume of this driver's is at {path}"
            raise VolumeNotFoundError(message)
        finding = decide_finding(await self._volumes.observe(volume_id.slot, path), path)
        if finding.stale:
            self._telemetry.record_stale_mount_detected()
        condition = condition_of(finding.trouble)
        if not finding.measurable:
            return VolumeStats(None, finding.size_bytes, condition)
        try:
            usage = await self._filesystems.get_usage(path)
        except DeadlineError:
            raise
        except DriverError as error:
            return VolumeStats(None, finding.size_bytes, condition_of(f"{path} cannot be measured: {error}"))
        return VolumeStats(usage, finding.size_bytes, condition)
