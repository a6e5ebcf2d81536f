"""The Controller service: each call is translated, done by one service, and translated back.

What changes a volume runs as an operation of that volume's; what only reads does not.
"""

from collections.abc import Coroutine, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from rds_csi_async.csi import requests, responses, wire
from rds_csi_async.csi.capabilities import parse_required
from rds_csi_async.domain.contexts import encode_publish_context
from rds_csi_async.domain.identifiers import find_volume_id
from rds_csi_async.services.expanding import Expanding
from rds_csi_async.services.listing import Listing
from rds_csi_async.services.operations import Operations
from rds_csi_async.services.provisioning import Provisioning
from rds_csi_async.services.publishing import Publishing
from rds_csi_async.services.validating import Validating

T = TypeVar("T")

CAPABILITIES = (
    "CREATE_DELETE_VOLUME",
    "PUBLISH_UNPUBLISH_VOLUME",
    "LIST_VOLUMES",
    "LIST_VOLUMES_PUBLISHED_NODES",
    "GET_CAPACITY",
    "EXPAND_VOLUME",
    "GET_VOLUME",
    "VOLUME_CONDITION",
    "SINGLE_NODE_MULTI_WRITER",
)


@dataclass(frozen=True, slots=True)
class ControllerServices:
    """What the controller does its work with."""

    provisioning: Provisioning
    publishing: Publishing
    expanding: Expanding
    listing: Listing
    validating: Validating


class Controller(wire.ControllerBase):
    """See CSI 1.12, Controller Service. Errors are the services'; the guard makes statuses of them."""

    def __init__(self, cluster_id: str, operations: Operations, services: ControllerServices) -> None:
        self._cluster_id = cluster_id
        self._operations = operations
        self._services = services

    async def create_volume(self, request: wire.CreateVolumeRequest) -> wire.CreateVolumeResponse:
        """Make a volume unless it is there."""
        claim = requests.parse_claim(request, self._cluster_id)
        work = partial(self._services.provisioning.create, claim)
        return responses.created(claim, await self._run(str(claim.volume_id), work, claim))

    async def delete_volume(self, request: wire.DeleteVolumeRequest) -> wire.DeleteVolumeResponse:
        """Remove a volume and its data."""
        volume_id = parse_required(request.volume_id, "volume_id")
        await self._run(volume_id, partial(self._services.provisioning.delete, volume_id))
        return wire.DeleteVolumeResponse()

    async def controller_publish_volume(
        self, request: wire.ControllerPublishVolumeRequest
    ) -> wire.ControllerPublishVolumeResponse:
        """Let a node hold a volume."""
        asked = requests.parse_publication(request)
        publish = self._services.publishing.publish
        work = partial(publish, asked.volume_id, asked.node_id, asked.capability, read_only=asked.read_only)
        context = await self._run(asked.volume_id, work, asked)
        return wire.ControllerPublishVolumeResponse(encode_publish_context(context))

    async def controller_unpublish_volume(
        self, request: wire.ControllerUnpublishVolumeRequest
    ) -> wire.ControllerUnpublishVolumeResponse:
        """Let a node, or every node, hold a volume no more."""
        volume_id = parse_required(request.volume_id, "volume_id")
        work = partial(self._services.publishing.unpublish, volume_id, request.node_id)
        await self._run(volume_id, work, request.node_id)
        return wire.ControllerUnpublishVolumeResponse()

    async def controller_expand_volume(
        self, request: wire.ControllerExpandVolumeRequest
    ) -> wire.ControllerExpandVolumeResponse:
        """Grow a volume; the node always has something to do then, for a block volume too."""
        asked = requests.parse_growth(request)
        work = partial(self._services.expanding.expand, asked.volume_id, asked.size)
        size_bytes = await self._run(asked.volume_id, work, asked)
        return wire.ControllerExpandVolumeResponse(size_bytes, node_expansion_required=True)

    async def validate_volume_capabilities(
        self, request: wire.ValidateVolumeCapabilitiesRequest
    ) -> wire.ValidateVolumeCapabilitiesResponse:
        """Tell whether a volume can be used in every one of some ways."""
        asked = requests.parse_validation(request)
        validating = self._services.validating
        found = await validating.find_objection(asked.volume_id, asked.capabilities, asked.placement)
        objection = asked.objection or found
        if objection is not None:
            return wire.ValidateVolumeCapabilitiesResponse(message=objection)
        return responses.confirmed(request)

    async def list_volumes(self, request: wire.ListVolumesRequest) -> wire.ListVolumesResponse:
        """Tell of this cluster's volumes, page by page."""
        wanted = requests.parse_page_request(request)
        return await responses.listed(await self._services.listing.list_volumes(wanted.most, wanted.token))

    async def get_capacity(self, request: wire.GetCapacityRequest) -> wire.GetCapacityResponse:
        """Tell how much room there is."""
        asked = requests.parse_room_question(request)
        capacity = await self._services.listing.measure(asked.appliance, asked.pool, asked.capabilities)
        return responses.room(capacity, asked.capabilities)

    async def controller_get_volume(self, request: wire.ControllerGetVolumeRequest) -> wire.ControllerGetVolumeResponse:
        """Tell of one volume, who holds it, and how it fares."""
        return responses.got(await self._services.listing.get(parse_required(request.volume_id, "volume_id")))

    async def controller_get_capabilities(
        self,
        request: wire.ControllerGetCapabilitiesRequest,  # noqa: ARG002 - it asks nothing
    ) -> wire.ControllerGetCapabilitiesResponse:
        """Tell what this controller can do."""
        return responses.controller_capabilities(CAPABILITIES)

    async def _run(self, text: str, work: partial[Coroutine[Any, Any, T]], arguments: Hashable = None) -> T:
        """Do the work in its appliance's lane, as an operation of the volume's; all that is done to one has one key."""
        volume_id = find_volume_id(text)
        key, lane = (text[:200], "") if volume_id is None else (volume_id.slot, volume_id.appliance)
        return await self._operations.run(key, (work.func.__name__, text, arguments), work, lane)
