"""What the controller is asked for: wire to domain, everything checked, nothing decided."""

import re
from dataclasses import dataclass

from rds_csi_async.csi import wire
from rds_csi_async.csi.capabilities import (
    LONGEST_TEXT_BYTES,
    parse_capabilities,
    parse_capability,
    parse_required,
    parse_supported,
)
from rds_csi_async.csi.presence import find_sent
from rds_csi_async.domain.capabilities import Capability, ensure_supported, smallest_bytes
from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.identifiers import VolumeId, name_hash, slot_of
from rds_csi_async.domain.making import ensure_fitting
from rds_csi_async.domain.sizes import SizeRange, parse_size_range
from rds_csi_async.domain.storage_classes import Placement, parse_parameters
from rds_csi_async.domain.volume_contexts import decode_volume_context, find_foreign_key
from rds_csi_async.domain.volumes import Claim

# CSI 1.12, CreateVolumeRequest.name: any Unicode but these control characters.
_BANNED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Publication:
    """What ControllerPublishVolume asks for."""

    volume_id: str
    node_id: str
    capability: Capability
    read_only: bool


@dataclass(frozen=True, slots=True)
class Growth:
    """What ControllerExpandVolume asks for."""

    volume_id: str
    size: SizeRange


@dataclass(frozen=True, slots=True)
class Validation:
    """What ValidateVolumeCapabilities asks about; `objection` is what the request alone already rules out."""

    volume_id: str
    capabilities: tuple[Capability, ...]
    placement: Placement | None
    objection: str | None


@dataclass(frozen=True, slots=True)
class RoomQuestion:
    """What GetCapacity asks about; empty names mean all."""

    appliance: str
    pool: str
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of a listing is wanted; `most` 0 is any number."""

    most: int
    token: str


def parse_claim(request: wire.CreateVolumeRequest, cluster_id: str) -> Claim:
    """Read what volume is wanted.

    Raises:
        InvalidRequestError: the request is not whole, contradicts itself, or asks for what this driver does not do.

    """
    name = _parse_name(request.name)
    capabilities = parse_capabilities(request.volume_capabilities)
    ensure_supported(capabilities)
    _refuse_extras(request)
    placement = parse_parameters(request.parameters)
    ensure_fitting(placement.making, capabilities)
    return Claim(
        VolumeId(placement.appliance, slot_of(cluster_id, placement.appliance, name)),
        placement.pool,
        cluster_id,
        name_hash(cluster_id, name),
        capabilities[0].kind,
        _parse_range(request.capacity_range),
        smallest_bytes(capabilities),
        placement.title,
        placement.making,
        placement.session,
    )


def parse_publication(request: wire.ControllerPublishVolumeRequest) -> Publication:
    """Read which node is to hold which volume, and how."""
    volume_id = parse_required(request.volume_id, "volume_id")
    node_id = parse_required(request.node_id, "node_id")
    capability = parse_supported(request.volume_capability)
    decode_volume_context(request.volume_context)
    return Publication(volume_id, node_id, capability, request.readonly or capability.mode.read_only)


def parse_growth(request: wire.ControllerExpandVolumeRequest) -> Growth:
    """Read how large a volume is to become.

    The capability that may come with it is not looked at: a volume grows whatever it is used for.
    """
    volume_id = parse_required(request.volume_id, "volume_id")
    size = find_sent(request.capacity_range)
    if size is None or not (size.required_bytes or size.limit_bytes):
        message = "capacity_range is missing"
        raise InvalidRequestError(message)
    checked = parse_size_range(size.required_bytes, size.limit_bytes)
    return Growth(volume_id, SizeRange(size.required_bytes, checked.limit_bytes))


def parse_validation(request: wire.ValidateVolumeCapabilitiesRequest) -> Validation:
    """Read whether what can be had of a volume."""
    volume_id = parse_required(request.volume_id, "volume_id")
    capabilities = parse_capabilities(request.volume_capabilities)
    foreign = find_foreign_key(request.volume_context)
    objection = f"volume_context has {foreign[:80]!r}, which this driver never puts there" if foreign else None
    if request.mutable_parameters:
        objection = "mutable_parameters are not supported"
    try:
        placement = parse_parameters(request.parameters) if request.parameters else None
    except InvalidRequestError as error:
        return Validation(volume_id, capabilities, None, objection or str(error))
    return Validation(volume_id, capabilities, placement, objection)


def parse_page_request(request: wire.ListVolumesRequest) -> PageRequest:
    """Read which part of the listing is wanted."""
    if request.max_entries < 0:
        message = f"max_entries cannot be {request.max_entries}: 0 is any number"
        raise InvalidRequestError(message)
    return PageRequest(request.max_entries, request.starting_token)


def parse_room_question(request: wire.GetCapacityRequest) -> RoomQuestion:
    """Read whose capacity is asked for. Without parameters it is that of all pools together."""
    topology = find_sent(request.accessible_topology)
    if topology is not None and topology.segments:
        message = "accessible_topology is not supported: every volume can be reached from every node"
        raise InvalidRequestError(message)
    capabilities = tuple(parse_capability(capability) for capability in request.volume_capabilities)
    placement = parse_parameters(request.parameters) if request.parameters else Placement("", "")
    return RoomQuestion(placement.appliance, placement.pool, capabilities)


def _parse_name(name: str) -> str:
    parse_required(name, "name")
    if len(name.encode()) > LONGEST_TEXT_BYTES:
        message = f"name {name[:40]!r}... has {len(name.encode())} bytes; {LONGEST_TEXT_BYTES} are allowed"
        raise InvalidRequestError(message)
    if _BANNED.search(name):
        message = f"name {name!r} has a control character"
        raise InvalidRequestError(message)
    return name


def _parse_range(capacity_range: wire.CapacityRange) -> SizeRange:
    size = find_sent(capacity_range)
    return parse_size_range(0, 0) if size is None else parse_size_range(size.required_bytes, size.limit_bytes)


def _refuse_extras(request: wire.CreateVolumeRequest) -> None:
    topology = find_sent(request.accessibility_requirements)
    extras = {
        "volume_content_source (snapshots and clones)": find_sent(request.volume_content_source) is not None,
        "accessibility_requirements": topology is not None and bool(topology.requisite or topology.preferred),
        "mutable_parameters": bool(request.mutable_parameters),
    }
    asked = [name for name, is_asked in extras.items() if is_asked]
    if asked:
        message = f"{' and '.join(asked)} cannot be asked of this driver"
        raise InvalidRequestError(message)
