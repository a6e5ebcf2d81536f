"""What nobody should ask of a controller, asked through the real socket: the appliance stays as it was."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from grpclib.const import Status

from rds_csi_async.csi import wire
from rds_csi_async.csi.framing import encode_frame
from rds_csi_async.csi.methods import list_methods
from rds_csi_async.domain.identifiers import slot_of
from tests.csi.bad_controller_input import BAD_INPUT
from tests.csi.controller_world import CLASS, NODE, STRANGERS, creation
from tests.csi.raw_client import call_headers, connected
from tests.csi.serving import CLUSTER, refused
from tests.e2e import admin
from tests.e2e.rig import Rig
from tests.e2e.traces import list_disks, list_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOREIGN_SLOTS = ("storage-pool", "nixos-var", STRANGERS.partition(":")[2])
ODD_NAMES = [
    'a;/disk/remove [find];"',
    '"};/system/reboot;{"',
    "$name",
    "[/disk/remove [find]]",
    "\\22\\0A\\00",
    "two\nlines",
    "..",
    "../../etc/passwd",
    "数据卷",
    "n" * 128,
]
SERVED = [method.path for method in list_methods([]) if method.path.split("/")[1] != "csi.v1.Node"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    """Give a driver in front of an appliance on which others have disks too, and one volume of the driver's."""
    rig = Rig(await asyncio.to_thread(tmp_path_factory.mktemp, "e2e"), ("pool1=btrfs:100G",), mode="controller")
    try:
        await rig.start_simulator()
        await admin.run(rig, *(_render_add(slot) for slot in FOREIGN_SLOTS))
        config = await asyncio.to_thread(_rename_appliance, rig)
        await rig.start_driver(config=str(config), cluster_id=CLUSTER)
        async with rig.client() as client:
            await client.controller.create_volume(creation())
        yield rig
    finally:
        await rig.stop()


def _render_add(slot: str) -> str:
    return f"/disk/add type=file file-path=pool1/{slot}.img file-size=16M slot={slot}"


def _rename_appliance(rig: Rig) -> Path:
    """Write settings in which the appliance has the key that the requests name. Blocks."""
    config = rig.folder / "settings.toml"
    config.write_text(rig.config.read_text().replace("[appliances.mock", "[appliances.rds1"))
    return config


def _own_id() -> str:
    return f"rds1:{slot_of(CLUSTER, 'rds1', 'pvc-1')}"


async def _look(rig: Rig) -> tuple[int, list[dict[str, object]], list[str]]:
    """Give how much was changed on the appliance so far, its disks, and all its files."""
    folders = (rig.appliance / "pools", rig.appliance / "exports")
    trees = [await asyncio.to_thread(list_tree, folder) for folder in folders]
    return await rig.count_changes(), await asyncio.to_thread(list_disks, rig), [*trees[0], *trees[1]]


@pytest.mark.parametrize("case", BAD_INPUT)
async def test_bad_input_changes_nothing(rig: Rig, case: str) -> None:
    """The code is CSI's, and the appliance is as it was."""
    ask, status, _ = BAD_INPUT[case]
    before = await _look(rig)
    async with rig.client() as client, refused(status):
        await ask(client.controller, _own_id())
    assert await _look(rig) == before


@pytest.mark.parametrize("volume_id", ["storage-pool", "nixos-var", "rds1:nixos-var", '";/disk/remove [find]', ".."])
async def test_what_is_no_id_of_ours_is_gone_already(rig: Rig, volume_id: str) -> None:
    """Deleting and unpublishing it is done, whatever disk bears that name."""
    before = await _look(rig)
    async with rig.client() as client:
        await client.controller.delete_volume(wire.DeleteVolumeRequest(volume_id))
        await client.controller.controller_unpublish_volume(wire.ControllerUnpublishVolumeRequest(volume_id, NODE))
    assert await _look(rig) == before


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("key", ["name", "title"])
async def test_any_name_makes_a_volume_and_nothing_else(rig: Rig, key: str, name: str) -> None:
    """As CSI's name, or as the claim's that an administrator is to read in the record."""
    titled = creation(
        name="titled",
        parameters={**CLASS, "csi.storage.k8s.io/pvc/name": name, "csi.storage.k8s.io/pvc/namespace": name},
    )
    request = creation(name=name) if key == "name" else titled
    _, disks, tree = await _look(rig)
    async with rig.client() as client:
        made = [(await client.controller.create_volume(request)).volume.volume_id for _ in range(2)]
        _, grown, _ = await _look(rig)
        assert made == [f"rds1:{slot_of(CLUSTER, 'rds1', request.name)}"] * 2
        assert [disk["slot"] for disk in grown if disk not in disks] == [made[0].partition(":")[2]]
        there = await client.controller.controller_get_volume(wire.ControllerGetVolumeRequest(made[0]))
        assert not there.status.volume_condition.abnormal
        await client.controller.delete_volume(wire.DeleteVolumeRequest(made[0]))
    assert (await _look(rig))[1:] == (disks, tree)


@pytest.mark.parametrize("path", SERVED)
async def test_a_malformed_body_is_refused(rig: Rig, path: str) -> None:
    """In each call, whatever it would do: a field that is cut short, and no fields at all."""
    before = await _look(rig)
    async with connected(rig.socket) as client:
        for body in (b"\x0a\xff", b"\x0e", b"\xff" * 12):
            answer = await client.call(call_headers(path), encode_frame(body))
            assert answer.status in {Status.INVALID_ARGUMENT.value, Status.UNIMPLEMENTED.value}
            assert answer.reason
    assert await _look(rig) == before
