"""The calls as messages, and the messages that answer them as what they claim."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from grpclib.exceptions import GRPCError, StreamTerminatedError

from rds_csi_async.csi import wire
from rds_csi_async.domain.capabilities import AccessMode
from tests.csi.serving import block, mounted
from tests.faults.drawing import KEY
from tests.faults.facts import Answer, Call, Kind, Told
from tests.faults.history import History

Telling = tuple[dict[str, Told], int]  # by slot, and a number of bytes


async def ask(client: wire.ControllerStub, call: Call, history: History) -> Answer:
    """Ask it, and take down when it began and ended."""
    begun = history.tick()
    try:
        told, number = await _ASK[call.kind](client, call)
    except GRPCError as error:
        return Answer(call, begun, history.tick(), error.status.name, error.message or "")
    except TimeoutError:
        return Answer(call, begun, history.tick(), "DEADLINE_EXCEEDED")
    except (StreamTerminatedError, OSError) as error:  # whoever was asked has died
        return Answer(call, begun, history.tick(), "UNAVAILABLE", str(error))
    return Answer(call, begun, history.tick(), "OK", told=told, number=number)


def _id(call: Call) -> str:
    return f"{KEY}:{call.slot}"


def _capability(call: Call, mode: str = "snw") -> wire.VolumeCapability:
    name = AccessMode(mode).name
    return block(name) if call.is_block else mounted(name)


def _parameters(call: Call) -> dict[str, str]:
    return {"appliance": KEY, "pool": call.pool}


async def _create(client: wire.ControllerStub, call: Call) -> Telling:
    request = wire.CreateVolumeRequest(
        name=call.name,
        capacity_range=wire.CapacityRange(call.size_bytes, 2 * call.size_bytes),
        volume_capabilities=[_capability(call)],
        parameters=_parameters(call),
    )
    made = (await client.create_volume(request, timeout=call.timeout_s)).volume
    return {_slot(made): Told(made.capacity_bytes)}, 0


async def _delete(client: wire.ControllerStub, call: Call) -> Telling:
    await client.delete_volume(wire.DeleteVolumeRequest(_id(call)), timeout=call.timeout_s)
    return {}, 0


async def _publish(client: wire.ControllerStub, call: Call) -> Telling:
    request = wire.ControllerPublishVolumeRequest(
        _id(call), call.node, _capability(call, call.mode), readonly=call.read_only
    )
    context = (await client.controller_publish_volume(request, timeout=call.timeout_s)).publish_context
    return {call.slot: _told_of(context)}, 0


def _told_of(context: Mapping[str, str]) -> Told:
    first_use, sole_node = (context[key] == "true" for key in ("firstUse", "soleNode"))
    return Told(int(context["sizeBytes"]), nqn=context["nqn"], first_use=first_use, sole_node=sole_node)


async def _unpublish(client: wire.ControllerStub, call: Call) -> Telling:
    request = wire.ControllerUnpublishVolumeRequest(_id(call), call.node)
    await client.controller_unpublish_volume(request, timeout=call.timeout_s)
    return {}, 0


async def _expand(client: wire.ControllerStub, call: Call) -> Telling:
    request = wire.ControllerExpandVolumeRequest(_id(call), wire.CapacityRange(call.size_bytes))
    grown = await client.controller_expand_volume(request, timeout=call.timeout_s)
    return {call.slot: Told(grown.capacity_bytes)}, 0


async def _get(client: wire.ControllerStub, call: Call) -> Telling:
    shown = await client.controller_get_volume(wire.ControllerGetVolumeRequest(_id(call)), timeout=call.timeout_s)
    return {_slot(shown.volume): _shown(shown)}, 0


async def _validate(client: wire.ControllerStub, call: Call) -> Telling:
    request = wire.ValidateVolumeCapabilitiesRequest(
        _id(call), volume_capabilities=[_capability(call)], parameters=_parameters(call)
    )
    answer = await client.validate_volume_capabilities(request, timeout=call.timeout_s)
    return {call.slot: Told(0, abnormal=answer.message)}, 0


async def _list(client: wire.ControllerStub, call: Call) -> Telling:
    shown: dict[str, Told] = {}
    token = ""
    while True:
        request = wire.ListVolumesRequest(max_entries=7, starting_token=token)
        page = await client.list_volumes(request, timeout=call.timeout_s)
        shown |= {_slot(entry.volume): _shown(entry) for entry in page.entries}
        token = page.next_token
        if not token:
            return shown, 0


async def _room(client: wire.ControllerStub, call: Call) -> Telling:
    request = wire.GetCapacityRequest(parameters=_parameters(call))
    return {}, (await client.get_capacity(request, timeout=call.timeout_s)).available_capacity


def _slot(volume: wire.Volume) -> str:
    return volume.volume_id.removeprefix(f"{KEY}:")


def _shown(entry: wire.ListVolumesResponseEntry | wire.ControllerGetVolumeResponse) -> Told:
    condition = entry.status.volume_condition
    message = (condition.message or "abnormal") if condition.abnormal else ""
    return Told(entry.volume.capacity_bytes, tuple(entry.status.published_node_ids), message)


_ASK: Final[Mapping[Kind, Callable[[wire.ControllerStub, Call], Awaitable[Any]]]] = {
    Kind.CREATE: _create,
    Kind.DELETE: _delete,
    Kind.PUBLISH: _publish,
    Kind.UNPUBLISH: _unpublish,
    Kind.EXPAND: _expand,
    Kind.GET: _get,
    Kind.VALIDATE: _validate,
    Kind.LIST: _list,
    Kind.ROOM: _room,
}
