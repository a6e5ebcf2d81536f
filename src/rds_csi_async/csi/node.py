"""The Node service: each call is translated, done by one service, and translated back.

What changes a volume runs as an operation of that volume's; measuring one does not.
"""

from collections.abc import Coroutine, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from rds_csi_async.csi import node_requests, node_responses, wire
from rds_csi_async.domain.identifiers import VolumeId, host_of, node_id_of
from rds_csi_async.services.growing import Growing
from rds_csi_async.services.measuring import Measuring
from rds_csi_async.services.mounting import Mounting
from rds_csi_async.services.operations import Operations
from rds_csi_async.services.staging import Staging

T = TypeVar("T")

CAPABILITIES = (
    "STAGE_UNSTAGE_VOLUME",
    "GET_VOLUME_STATS",
    "VOLUME_CONDITION",
    "EXPAND_VOLUME",
    "SINGLE_NODE_MULTI_WRITER",
)


@dataclass(frozen=True, slots=True)
class NodeServices:
    """What the node does its work with."""

    staging: Staging
    mounting: Mounting
    growing: Growing
    measuring: Measuring


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Which node this is, and how many volumes it takes (0: as many as the orchestrator likes)."""

    cluster_id: str
    node_name: str
    most_volumes: int = 0


class Node(wire.NodeBase):
    """See CSI 1.12, Node Service. Errors are the services'; the guard makes statuses of them."""

    def __init__(self, settings: NodeSettings, operations: Operations, services: NodeServices) -> None:
        """Take up the node's identity.

        Raises:
            InvalidRequestError: no node can have this name.

        """
        self._settings = settings
        self._node_id = node_id_of(settings.cluster_id, settings.node_name)
        self._host = host_of(settings.cluster_id, self._node_id)
        self._operations = operations
        self._services = services

    async def node_stage_volume(self, request: wire.NodeStageVolumeRequest) -> wire.NodeStageVolumeResponse:
        """Attach a volume and mount its file system."""
        asked = node_requests.parse_stage_request(request, self._settings.cluster_id, self._host)
        await self._run(asked.volume_id, partial(self._services.staging.stage, asked), asked)
        return wire.NodeStageVolumeResponse()

    async def node_unstage_volume(self, request: wire.NodeUnstageVolumeRequest) -> wire.NodeUnstageVolumeResponse:
        """Unmount a volume's file system and detach it."""
        volume_id, path = node_requests.parse_unstage_request(request)
        await self._run(volume_id, partial(self._services.staging.unstage, volume_id, path), path)
        return wire.NodeUnstageVolumeResponse()

    async def node_publish_volume(self, request: wire.NodePublishVolumeRequest) -> wire.NodePublishVolumeResponse:
        """Show a staged volume to a pod."""
        asked = node_requests.parse_publish_request(request, self._settings.cluster_id, self._host)
        await self._run(asked.volume_id, partial(self._services.mounting.publish, asked), asked)
        return wire.NodePublishVolumeResponse()

    async def node_unpublish_volume(self, request: wire.NodeUnpublishVolumeRequest) -> wire.NodeUnpublishVolumeResponse:
        """Take a volume from a pod."""
        volume_id, path = node_requests.parse_unpublish_request(request)
        await self._run(volume_id, partial(self._services.mounting.unpublish, volume_id, path), path)
        return wire.NodeUnpublishVolumeResponse()

    async def node_get_volume_stats(self, request: wire.NodeGetVolumeStatsRequest) -> wire.NodeGetVolumeStatsResponse:
        """Tell how full a volume is, and how it fares."""
        volume_id, path = node_requests.parse_stats_request(request)
        return node_responses.measured(await self._services.measuring.measure(volume_id, path))

    async def node_expand_volume(self, request: wire.NodeExpandVolumeRequest) -> wire.NodeExpandVolumeResponse:
        """Make a volume's file system as large as the volume has become."""
        volume_id, path, size = node_requests.parse_expand_request(request)
        work = partial(self._services.growing.expand, volume_id, path, size)
        return wire.NodeExpandVolumeResponse(await self._run(volume_id, work, (path, size)))

    async def node_get_capabilities(
        self,
        request: wire.NodeGetCapabilitiesRequest,  # noqa: ARG002 - it asks nothing; so below
    ) -> wire.NodeGetCapabilitiesResponse:
        """Tell what this node can do."""
        return node_responses.node_capabilities(CAPABILITIES)

    async def node_get_info(
        self,
        request: wire.NodeGetInfoRequest,  # noqa: ARG002 - it is empty
    ) -> wire.NodeGetInfoResponse:
        """Tell which node this is. Every volume can be reached from everywhere, so there is no topology."""
        return wire.NodeGetInfoResponse(self._node_id, self._settings.most_volumes)

    async def _run(self, volume_id: VolumeId | None, work: partial[Coroutine[Any, Any, T]], arguments: Hashable) -> T:
        """Do the work as an operation of the volume's; whatever is done to one volume has one key."""
        if volume_id is None:
            return await work()
        return await self._operations.run(volume_id.slot, (work.func.__name__, volume_id, arguments), work)
