"""What is answered: domain to wire."""

import asyncio
from collections.abc import Iterable, Sequence

from rds_csi_async.csi import wire
from rds_csi_async.domain.capabilities import Capability, find_unsupported, smallest_bytes
from rds_csi_async.domain.pools import Capacity
from rds_csi_async.domain.volume_contexts import VolumeContext, encode_volume_context
from rds_csi_async.domain.volumes import Claim, Volume
from rds_csi_async.services.listing import Entry, Page

_STEP = 50  # entries built before others get a turn on the loop


def created(claim: Claim, volume: Volume) -> wire.CreateVolumeResponse:
    """Tell of the volume that is there, with its real size, and what its nodes should know of it."""
    context = encode_volume_context(VolumeContext(claim.title, claim.making, claim.session))
    return wire.CreateVolumeResponse(wire.Volume(volume.size_bytes, str(claim.volume_id), context))


def confirmed(request: wire.ValidateVolumeCapabilitiesRequest) -> wire.ValidateVolumeCapabilitiesResponse:
    """Confirm everything that was asked."""
    return wire.ValidateVolumeCapabilitiesResponse(
        wire.ValidateVolumeCapabilitiesResponseConfirmed(
            volume_context=request.volume_context,
            volume_capabilities=request.volume_capabilities,
            parameters=request.parameters,
        )
    )


def got(entry: Entry) -> wire.ControllerGetVolumeResponse:
    """Tell of one volume."""
    status = wire.ControllerGetVolumeResponseVolumeStatus(list(entry.node_ids), _condition(entry))
    return wire.ControllerGetVolumeResponse(_volume(entry), status)


async def listed(page: Page) -> wire.ListVolumesResponse:
    """Tell of a page of volumes; the loop is let go every few entries, since building them takes a while."""
    entries = []
    for number, entry in enumerate(page.entries):
        status = wire.ListVolumesResponseVolumeStatus(list(entry.node_ids), _condition(entry))
        entries.append(wire.ListVolumesResponseEntry(_volume(entry), status))
        if number % _STEP == _STEP - 1:
            await asyncio.sleep(0)
    return wire.ListVolumesResponse(entries, page.next_token)


def room(capacity: Capacity, capabilities: Sequence[Capability]) -> wire.GetCapacityResponse:
    """Tell how much room there is, the largest volume, and, where the use is known, the smallest."""
    known = bool(capabilities) and not any(find_unsupported(capability) for capability in capabilities)
    return wire.GetCapacityResponse(
        capacity.available_bytes, capacity.largest_bytes, smallest_bytes(capabilities) if known else None
    )


def controller_capabilities(names: Iterable[str]) -> wire.ControllerGetCapabilitiesResponse:
    """Tell what the controller can do, by the protocol's names."""
    kinds = [wire.ControllerServiceCapabilityRpcType.from_string(name) for name in names]
    rpcs = [wire.ControllerServiceCapabilityRpc(kind) for kind in kinds]
    return wire.ControllerGetCapabilitiesResponse([wire.ControllerServiceCapability(rpc=rpc) for rpc in rpcs])


def _volume(entry: Entry) -> wire.Volume:
    return wire.Volume(capacity_bytes=entry.size_bytes, volume_id=entry.volume_id)


def _condition(entry: Entry) -> wire.VolumeCondition:
    return wire.VolumeCondition(entry.condition.abnormal, entry.condition.message)
