"""Staging by the driver's own parts in this process, over NVMe/TCP: what needs neither an appliance nor a driver."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.identifiers import Nqn, VolumeId, slot_of
from rds_csi_async.domain.staging import StageRequest
from rds_csi_async.host.filesystems import HostFilesystems
from rds_csi_async.host.mounts import HostMounts
from rds_csi_async.host.nvme import NvmeConnections
from rds_csi_async.host.process import Programs
from rds_csi_async.host.state_files import StateFiles
from rds_csi_async.observability.metrics import Metrics
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.announcing import Announcing
from rds_csi_async.services.staging import Staging
from tests.contracts.connections import HOST
from tests.e2e.calls import SMALL_BYTES
from tests.host.nvmet import NvmetFabric, nvmet_fabric

_RANDOM = "0123456789abcdef"


@dataclass
class Stages:
    """A node, and volumes that are exported to it."""

    folder: Path
    fabric: NvmetFabric
    connections: NvmeConnections
    staging: Staging

    async def export(self, name: str, kind: str = "ext4") -> StageRequest:
        """Give what asks for the stage of a new volume of this kind."""
        nqn, size_bytes = Nqn(slot_of("stages", "vm", name), 1, _RANDOM), SMALL_BYTES[kind]
        await self.fabric.export(str(nqn), size_bytes)
        target = self.fabric.target(str(nqn), size_bytes)
        context = PublishContext(nqn, target.address, target.port, size_bytes, HOST, first_use=True, sole_node=True)
        capability = Capability(AccessMode.SINGLE_NODE_WRITER, None if kind == "block" else kind)
        return StageRequest(VolumeId("vm", nqn.slot), str(self.folder / name), capability, context)

    async def stage(self, requests: Sequence[StageRequest]) -> list[Path]:
        """Stage all at once; give where each is: its mount, or its device."""
        await asyncio.gather(*(self.staging.stage(request) for request in requests))
        places = []
        for request in requests:
            found = await self.connections.find(request.nqn)
            assert found is not None
            places.append(Path(found.device if request.capability.kind == "block" else request.staging_path))
        return places

    async def unstage(self, requests: Sequence[StageRequest]) -> None:
        """Take all of them off, one after the other; nothing stays attached."""
        for each in requests:
            await self.staging.unstage(each.volume_id, each.staging_path)
        assert await self.connections.list_nqns() == ()


@asynccontextmanager
async def staging_here(folder: Path) -> AsyncIterator[Stages]:
    """Give a node without volumes; what is exported is gone at the end."""
    programs, metrics = Programs(), Metrics(grpc_methods=())
    connections = NvmeConnections(programs)
    assert await connections.find_unready() is None
    mounts, filesystems, records = HostMounts(programs), HostFilesystems(programs), StateFiles(folder / "records")
    ports = NodePorts(connections, mounts, filesystems, records, metrics, Announcing(metrics))
    async with nvmet_fabric(folder) as fabric:
        yield Stages(folder, fabric, connections, Staging(ports))
