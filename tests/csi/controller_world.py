"""An appliance in memory, and a client of the controller in front of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rds_csi_async.csi import wire
from rds_csi_async.csi.controller import Controller, ControllerServices
from rds_csi_async.domain.identifiers import node_id_of, slot_of
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.domain.volumes import NewVolume, Volume
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.attachment_metering import AttachmentMetering
from rds_csi_async.services.expanding import Expanding
from rds_csi_async.services.listing import Listing
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.provisioning import Provisioning
from rds_csi_async.services.publishing import Publishing
from rds_csi_async.services.validating import Validating
from tests.csi.serving import CLUSTER, SECRETS, CallLog, mounted, serving
from tests.fakes.events import FakeEvents
from tests.fakes.rds import FakeRds
from tests.fakes.telemetry import FakeTelemetry

CLASS = {"appliance": "rds1", "pool": "pool1"}
NODE = node_id_of(CLUSTER, "worker-1")
OTHER_NODE = node_id_of(CLUSTER, "worker-2")
STRANGERS = f"rds1:{slot_of('another cluster', 'rds1', 'pvc-1')}"


class SlowRds(FakeRds):
    """An appliance that takes as long over making a volume as a test likes."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self.begun = asyncio.Event()

    async def create_volume(self, new: NewVolume) -> Volume:
        """See `Rds`."""
        self.begun.set()
        await self.may_go_on.wait()
        return await super().create_volume(new)


@dataclass
class World:
    """An appliance, and a client of the driver in front of it."""

    rds: SlowRds
    client: wire.ControllerStub
    telemetry: CallLog = field(default_factory=CallLog)

    async def create(self, name: str = "pvc-1", size_bytes: int = GIB, **changes: Any) -> wire.Volume:
        """Make a volume."""
        request = creation(name=name, capacity_range=wire.CapacityRange(size_bytes), **changes)
        return (await self.client.create_volume(request)).volume


def creation(**changes: Any) -> wire.CreateVolumeRequest:
    """Ask for a usual volume, but for the changes."""
    usual = {
        "name": "pvc-1",
        "capacity_range": wire.CapacityRange(GIB),
        "volume_capabilities": [mounted()],
        "parameters": CLASS,
        "secrets": SECRETS,
    }
    return wire.CreateVolumeRequest(**{**usual, **changes})


def publication(volume_id: str, **changes: Any) -> wire.ControllerPublishVolumeRequest:
    """Ask for a usual publication, but for the changes."""
    usual = {"volume_id": volume_id, "node_id": NODE, "volume_capability": mounted(), "secrets": SECRETS}
    return wire.ControllerPublishVolumeRequest(**{**usual, **changes})


@asynccontextmanager
async def controller_world(folder: Path) -> AsyncIterator[World]:
    """Serve an appliance that holds nothing of ours, and some of others'."""
    rds, telemetry = SlowRds(), CallLog()
    for slot in ("storage-pool", "nixos-var", STRANGERS.partition(":")[2]):
        rds.volumes[slot] = Volume(slot, None, "", 10 * GIB, "", "", 4420, exported=False, disk_type="partition")
    appliances = Appliances(CLUSTER, [Appliance("rds1", rds, "10.0.0.1", ("pool1",))])
    supervisor = Supervisor()
    services = ControllerServices(
        Provisioning(appliances, "w1"),
        Publishing(
            appliances, "w1", lambda: f"{len(rds.calls):016x}", FakeEvents(), AttachmentMetering(FakeTelemetry())
        ),
        Expanding(appliances, "w1"),
        Listing(appliances),
        Validating(appliances),
    )
    controller = Controller(CLUSTER, Operations(supervisor), services)
    async with serving(folder / "csi.sock", [controller], telemetry) as client:
        yield World(rds, client.controller, telemetry)
    await supervisor.drain(0)
