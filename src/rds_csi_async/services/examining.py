"""Looking at one volume of the node, whatever state it is in. Part of scanning; what it means is `domain.scans`'."""

from rds_csi_async.domain.errors import DeadlineError, HostError, StuckError
from rds_csi_async.domain.node_volumes import NodeVolume
from rds_csi_async.domain.scans import WELL, Diagnosis, Trouble, diagnose, is_mounted
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.node_volumes import NodeVolumes


class Examining:
    """Reads, and changes nothing."""

    def __init__(self, ports: NodePorts) -> None:
        self._volumes = NodeVolumes(ports)
        self._stage_records = ports.stage_records
        self._filesystems = ports.filesystems

    async def list_slots(self) -> tuple[str, ...]:
        """List the volumes of which this node has a state file."""
        return await self._stage_records.list_slots()

    async def observe(self, slot: str) -> NodeVolume:
        """Read what the node has of a volume, without touching what is on it."""
        record = await self._stage_records.find(slot)
        return await self._volumes.observe(slot, record.staging_path if record and record.staging_path else "/")

    async def examine(self, slot: str) -> tuple[NodeVolume, Diagnosis]:
        """Tell how a volume fares; a file system that looks well is asked, by a child that may hang instead of us."""
        volume = await self.observe(slot)
        found = diagnose(volume)
        if found is not WELL or not is_mounted(volume):
            return volume, found
        try:
            await self._filesystems.get_usage(volume.staged_path)
        except (HostError, StuckError, DeadlineError) as error:
            return volume, Diagnosis(Trouble.HUNG, f"{volume.staged_path} does not answer: {error}")
        return volume, WELL
