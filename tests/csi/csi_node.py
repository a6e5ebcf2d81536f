"""A node in memory, a volume that was published to it, and a client of the Node service in front."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rds_csi_async.csi import wire
from rds_csi_async.csi.node import Node, NodeServices, NodeSettings
from rds_csi_async.domain.contexts import encode_publish_context
from rds_csi_async.domain.identifiers import host_of, node_id_of
from rds_csi_async.services.operations import Operations, Supervisor
from tests.csi.serving import SECRETS, CallLog, mounted, serving
from tests.fakes.faults import Faults
from tests.services.node_world import STAGING, TARGET, VOLUME, NodeWorld, context

CLUSTER = "cluster-1"
NODE_ID = node_id_of(CLUSTER, "worker-1")
CONTEXT = encode_publish_context(replace(context(), host=host_of(CLUSTER, NODE_ID)))


class Gate(Faults):
    """A node whose kernel takes as long as a test likes."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()
        self.waiting = asyncio.Event()

    async def call(self, method: Callable[..., Awaitable[object]], *args: object, **options: object) -> object:
        """See `Faults`."""
        self.waiting.set()
        await self.open.wait()
        return await super().call(method, *args, **options)


@dataclass
class CsiNode:
    """The node, what it did, and who asks it."""

    world: NodeWorld
    gate: Gate
    client: wire.NodeStub
    telemetry: CallLog = field(default_factory=CallLog)

    async def stage(self, **changes: Any) -> None:
        """Stage the volume, as usual but for the changes."""
        await self.client.node_stage_volume(staging(**changes))

    async def publish(self, **changes: Any) -> None:
        """Publish the volume, as usual but for the changes."""
        await self.client.node_publish_volume(publishing(**changes))


def staging(**changes: Any) -> wire.NodeStageVolumeRequest:
    """Ask for a usual stage, but for the changes."""
    usual = {
        "volume_id": str(VOLUME),
        "publish_context": CONTEXT,
        "staging_target_path": STAGING,
        "volume_capability": mounted(),
        "secrets": SECRETS,
        "volume_context": {"storage.kubernetes.io/csiProvisionerIdentity": "someone"},
    }
    return wire.NodeStageVolumeRequest(**{**usual, **changes})


def publishing(**changes: Any) -> wire.NodePublishVolumeRequest:
    """Ask for a usual publication, but for the changes."""
    usual = {
        "volume_id": str(VOLUME),
        "publish_context": CONTEXT,
        "staging_target_path": STAGING,
        "target_path": TARGET,
        "volume_capability": mounted(),
        "secrets": SECRETS,
    }
    return wire.NodePublishVolumeRequest(**{**usual, **changes})


@asynccontextmanager
async def csi_node(folder: Path) -> AsyncIterator[CsiNode]:
    """Serve a node with nothing on it."""
    world, gate, telemetry, supervisor = NodeWorld(), Gate(), CallLog(), Supervisor()
    world.restart(gate)
    services = NodeServices(world.staging, world.mounting, world.growing, world.measuring)
    node = Node(NodeSettings(CLUSTER, "worker-1", 42), Operations(supervisor), services)
    async with serving(folder / "csi.sock", [node], telemetry) as client:
        yield CsiNode(world, gate, client.node, telemetry)
    await supervisor.drain(0)
