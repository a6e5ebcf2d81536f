"""Whatever the controller is asked, the answer is CSI's, and bad input touches nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.csi import wire
from rds_csi_async.domain.identifiers import slot_of
from rds_csi_async.domain.sizes import GIB, MIB
from tests.csi.bad_controller_input import BAD_INPUT
from tests.csi.controller_world import CLASS, NODE, World, controller_world
from tests.csi.serving import CLUSTER, block, mounted, refused

# The last one takes only what an earlier try for the same name left behind, where there is no disk.
HARMLESS = {"find_volume", "get_listing", "get_pool", "ensure_reachable", "remove_leftovers"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Serve an appliance that holds nothing of ours, and some of others'."""
    async with controller_world(tmp_path) as world:
        yield world


@pytest.mark.parametrize("name", ["n" * 128, "ü" * 64, 'a;b"c$d[e]', "two\nlines", "..", "../../etc", "数据卷", "\t"])
async def test_any_name_that_csi_allows_makes_a_volume(world: World, name: str) -> None:
    """None of it reaches the appliance but as a hash."""
    volume = await world.create(name)
    (made,) = [there for slot, there in world.rds.volumes.items() if slot in volume.volume_id]
    assert made.slot == slot_of(CLUSTER, "rds1", name)
    assert name not in made.comment


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"volume_capabilities": [mounted(), block()]}, "block"),
        ({"volume_capabilities": [mounted(fs_type="zfs")]}, "zfs"),
        ({"volume_capabilities": [mounted("MULTI_NODE_MULTI_WRITER")]}, "Block"),
        ({"volume_capabilities": [mounted(flags=["suid_dumpable=2"])]}, "mount option"),
        ({"parameters": {**CLASS, "pool": "pool2"}}, "pool2"),
        ({"parameters": {**CLASS, "colour": "blue"}}, "colour"),
        ({"volume_context": {"colour": "blue"}}, "colour"),
        ({"mutable_parameters": {"colour": "blue"}}, "mutable_parameters"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_cannot_be_had_is_not_confirmed(world: World, changes: dict[str, Any], words: str) -> None:
    """With the reason, and no error: the question was a good one."""
    volume_id = (await world.create()).volume_id
    usual: dict[str, Any] = {"volume_id": volume_id, "volume_capabilities": [mounted()]}
    answer = await world.client.validate_volume_capabilities(
        wire.ValidateVolumeCapabilitiesRequest(**{**usual, **changes})
    )
    assert not answer.confirmed.volume_capabilities
    assert words in answer.message


@pytest.mark.parametrize("case", BAD_INPUT)
async def test_bad_input_changes_nothing(world: World, case: str) -> None:
    """The code is CSI's, the message says why, and nothing is done to the appliance, or even asked of it."""
    ask, status, may_read = BAD_INPUT[case]
    own = (await world.create()).volume_id
    before = dict(world.rds.volumes)
    world.rds.calls.clear()
    async with refused(status):
        await ask(world.client, own)
    assert world.rds.volumes == before
    assert not set(world.rds.calls) - HARMLESS
    assert may_read or not world.rds.calls


@pytest.mark.parametrize("volume_id", ["storage-pool", "nixos-var", "rds1:nixos-var", "../..", "x" * 10_000, '";/disk'])
async def test_what_is_no_id_of_ours_is_gone_already(world: World, volume_id: str) -> None:
    """Deleting and unpublishing it is done, and nothing is sent."""
    await world.client.delete_volume(wire.DeleteVolumeRequest(volume_id))
    await world.client.controller_unpublish_volume(wire.ControllerUnpublishVolumeRequest(volume_id, NODE))
    assert world.rds.calls == []


async def test_a_limit_alone_asks_for_no_growth(world: World) -> None:
    """What is large enough stays as it is, and is told with its own size."""
    volume_id = (await world.create(size_bytes=16 * MIB)).volume_id
    request = wire.ControllerExpandVolumeRequest(volume_id, wire.CapacityRange(0, 5 * GIB))
    assert (await world.client.controller_expand_volume(request)).capacity_bytes == 16 * MIB
