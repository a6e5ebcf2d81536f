"""What the controller answers is whole, bounded, and by the protocol's names."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.csi import wire
from rds_csi_async.csi.controller import CAPABILITIES
from rds_csi_async.csi.responses import listed
from rds_csi_async.domain.conditions import Condition
from rds_csi_async.domain.identifiers import slot_of
from rds_csi_async.domain.sizes import GIB, MIB
from rds_csi_async.services.listing import Entry, Page
from tests.csi.controller_world import CLASS, NODE, World, controller_world, creation, publication
from tests.csi.serving import CLUSTER, SECRETS, mounted


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Serve an appliance that holds nothing of ours, and some of others'."""
    async with controller_world(tmp_path) as world:
        yield world


async def test_a_listing_is_whole_in_pages(world: World) -> None:
    """Each volume once, with who holds it; only this cluster's."""
    ids = {(await world.create(f"pvc-{number}", MIB * 16)).volume_id for number in range(7)}
    held = min(ids)
    await world.client.controller_publish_volume(publication(held))
    entries, token = [], ""
    while True:
        page = await world.client.list_volumes(wire.ListVolumesRequest(3, token))
        entries += page.entries
        token = page.next_token
        if not token:
            break
    assert len(entries) == len({entry.volume.volume_id for entry in entries}) == len(ids)
    assert {entry.volume.volume_id: entry.status.published_node_ids for entry in entries} == {
        each: [NODE] if each == held else [] for each in ids
    }


@pytest.mark.parametrize("namespace", ["home", "Not a namespace"])
async def test_the_claim_is_told_to_the_nodes(world: World, namespace: str) -> None:
    """In the context that every later call brings; a name that no claim can have is left out."""
    claim = {"csi.storage.k8s.io/pvc/namespace": namespace, "csi.storage.k8s.io/pvc/name": "photos"}
    made = await world.client.create_volume(creation(parameters={**CLASS, **claim}))
    assert made.volume.volume_context == ({"claim": "home/photos"} if namespace == "home" else {})


async def test_a_page_has_500_entries_at_most(world: World) -> None:
    """However many are asked for: a client takes no more than 4 MiB."""
    volume = await world.create()
    made = world.rds.volumes[volume.volume_id.partition(":")[2]]
    for number in range(600):
        slot = slot_of(CLUSTER, "rds1", str(number))
        world.rds.volumes[slot] = replace(made, slot=slot)
    page = await world.client.list_volumes(wire.ListVolumesRequest(10_000))
    assert len(page.entries) == 500
    assert page.next_token


async def test_capacity_is_told(world: World) -> None:
    """Of one pool, or of all; with the largest and the smallest volume that can be made; none of what cannot."""
    await world.create(size_bytes=10 * GIB)
    for parameters in (CLASS, {}):
        answer = await world.client.get_capacity(wire.GetCapacityRequest([mounted(fs_type="xfs")], parameters))
        assert answer.available_capacity == answer.maximum_volume_size == 90 * GIB
        assert answer.minimum_volume_size == 320 * MIB
    bare = await world.client.get_capacity(wire.GetCapacityRequest())
    assert (bare.available_capacity, bare.minimum_volume_size) == (90 * GIB, None)
    unsupported = await world.client.get_capacity(wire.GetCapacityRequest([mounted(fs_type="zfs")], CLASS))
    assert unsupported.available_capacity == 0


async def test_what_is_confirmed_is_told_back(world: World) -> None:
    """So that the caller sees that each part was understood."""
    volume_id = (await world.create()).volume_id
    request = wire.ValidateVolumeCapabilitiesRequest(
        volume_id, {}, [mounted(), mounted("MULTI_NODE_READER_ONLY", "xfs", ["noatime"])], CLASS, SECRETS
    )
    answer = await world.client.validate_volume_capabilities(request)
    assert answer.confirmed.volume_capabilities == request.volume_capabilities
    assert answer.confirmed.parameters == CLASS


async def test_the_capabilities_are_told(world: World) -> None:
    """By number, as the protocol has them."""
    answer = await world.client.controller_get_capabilities(wire.ControllerGetCapabilitiesRequest())
    kinds = wire.ControllerServiceCapabilityRpcType
    assert [kinds.try_value(one.rpc.type).name for one in answer.capabilities] == list(CAPABILITIES)


async def test_others_get_their_turn_while_a_page_is_built() -> None:
    """A page of 500 takes tens of milliseconds, and Probe does not wait for it."""
    entry = Entry(f"rds1:{slot_of(CLUSTER, 'rds1', 'pvc-1')}", GIB, (NODE,), Condition(abnormal=False, message="well"))
    async with asyncio.TaskGroup() as group:
        building, turns = group.create_task(listed(Page((entry,) * 500, ""))), 0
        while not building.done():
            turns += 1
            await asyncio.sleep(0)
    assert turns >= 10
    assert len(building.result().entries) == 500


async def test_an_odd_volume_is_told_of(world: World) -> None:
    """A volume whose record somebody erased is listed, with words for the person who has to see to it."""
    slot = (await world.create()).volume_id.partition(":")[2]
    world.rds.volumes[slot] = replace(world.rds.volumes[slot], comment="")
    (entry,) = (await world.client.list_volumes(wire.ListVolumesRequest())).entries
    assert entry.status.volume_condition.abnormal
    assert "erased" in entry.status.volume_condition.message
