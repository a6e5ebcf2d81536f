"""What nobody should ask of a node, asked through the real socket: nothing is attached, mounted or written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio
from grpclib.const import Status

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient
from rds_csi_async.csi.framing import encode_frame
from rds_csi_async.csi.methods import list_methods
from rds_csi_async.domain.identifiers import slot_of
from tests.csi.raw_client import call_headers, connected
from tests.csi.serving import refused
from tests.e2e import pods
from tests.e2e.calls import VolumeCalls
from tests.e2e.lives import Life
from tests.e2e.rig import CLUSTER_ID, Rig
from tests.e2e.traces import list_left, list_tree
from tests.host.loop_devices import clean_up

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]

SERVED = [method.path for method in list_methods([]) if method.path.startswith("/csi.v1.Node/")]
INVALID, REFUSED, NOT_FOUND = Status.INVALID_ARGUMENT, Status.FAILED_PRECONDITION, Status.NOT_FOUND


@dataclass
class World:
    """A volume that a pod uses, and one that was published to the node and is not staged."""

    rig: Rig
    used: VolumeCalls
    fresh: VolumeCalls
    written: str

    async def look(self) -> tuple[int, list[str], list[str]]:
        """Give how much was changed on the appliance, all that is there because of volumes, and all paths."""
        left = await asyncio.to_thread(list_left, self.rig)
        return await self.rig.count_changes(), left, await asyncio.to_thread(list_tree, self.rig.kubelet)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Give a node with both volumes."""
    folder = await asyncio.to_thread(tmp_path_factory.mktemp, "e2e")
    rig = Rig(folder)
    used, fresh = VolumeCalls(rig.kubelet), VolumeCalls(rig.kubelet)
    try:
        await rig.start_simulator()
        await rig.start_driver()
        for volume in (used, fresh):
            await asyncio.to_thread(volume.prepare)
        life = Life(rig, used)
        await life.live(["create", "open", "stage", "publish"])
        await Life(rig, fresh).live(["create", "open"])
        await asyncio.to_thread(_make_obstacles, rig.kubelet)
        yield World(rig, used, fresh, life.written)
    finally:
        await rig.stop()
        await asyncio.to_thread(clean_up, folder)


def _make_obstacles(kubelet: Path) -> None:
    (kubelet / "link").symlink_to(kubelet / "staging")
    (kubelet / "file").write_text("precious")


@dataclass
class AtPath(VolumeCalls):
    """A volume's calls with other paths than kubelet's."""

    place: Path = Path()

    @property
    def staging(self) -> Path:
        """Where somebody wants it to be staged."""
        return self.place


def _at(volume: VolumeCalls, place: str | Path) -> VolumeCalls:
    return AtPath(
        volume.kubelet,
        name=volume.name,
        volume_id=volume.volume_id,
        context=volume.context,
        place=Path(place),
    )


def _with(volume: VolumeCalls, **changes: str) -> VolumeCalls:
    return replace(volume, context={**volume.context, **changes})


def _named(volume: VolumeCalls, volume_id: str) -> VolumeCalls:
    return replace(volume, volume_id=volume_id)


STRANGERS = f"mock:{slot_of('another cluster', 'mock', 'pvc-1')}"
Ask = Callable[[World, CsiClient], Awaitable[object]]
CASES: dict[str, tuple[Ask, Status]] = {
    "staging at a symbolic link": (lambda w, c: _at(w.fresh, w.rig.kubelet / "link").stage(c), INVALID),
    "staging at a file": (lambda w, c: _at(w.fresh, w.rig.kubelet / "file").stage(c), INVALID),
    "staging where another volume is": (lambda w, c: _at(w.fresh, w.used.staging).stage(c), REFUSED),
    "staging where the system is": (lambda w, c: _at(w.fresh, "/proc").stage(c), REFUSED),
    "staging outside": (lambda w, c: _at(w.fresh, w.rig.kubelet / ".." / "elsewhere").stage(c), INVALID),
    "staging at a second path": (lambda w, c: _at(w.used, w.rig.kubelet / "staging" / "second").stage(c), REFUSED),
    "staging as xfs what is ext4": (lambda w, c: replace(w.used, kind="xfs").stage(c), Status.ALREADY_EXISTS),
    "staging another's device": (lambda w, c: _with(w.fresh, nqn=w.used.context["nqn"]).stage(c), INVALID),
    "staging from another address": (lambda w, c: _with(w.fresh, address="localhost;reboot").stage(c), INVALID),
    "staging under another sequence": (lambda w, c: _with(w.fresh, sequence="2").stage(c), INVALID),
    "staging as another host": (lambda w, c: _with(w.fresh, hostNqn="nqn.2014-08.org:x").stage(c), INVALID),
    "staging no bytes": (lambda w, c: _with(w.fresh, sizeBytes="0").stage(c), INVALID),
    "staging more than there is": (
        lambda w, c: _with(w.fresh, sizeBytes=str(1 << 40)).stage(c),
        Status.UNAVAILABLE,
    ),
    "staging under a name that is no more": (
        lambda w, c: _with(w.fresh, nqn=f"{w.fresh.context['nqn'][:-16]}{'0' * 16}").stage(c),
        Status.UNAVAILABLE,
    ),
    "staging somebody's disk": (lambda w, c: _named(w.fresh, "nixos-var").stage(c), NOT_FOUND),
    "staging another cluster's": (lambda w, c: _named(w.fresh, STRANGERS).stage(c), REFUSED),
    "publishing what is not staged": (lambda w, c: w.fresh.publish(c), REFUSED),
    "publishing from another's stage": (lambda w, c: _at(w.fresh, w.used.staging).publish(c), REFUSED),
    "publishing as somebody's disk": (lambda w, c: _named(w.used, "storage-pool").publish(c), NOT_FOUND),
    "unstaging while a pod uses it": (lambda w, c: w.used.unstage(c), REFUSED),
    "unstaging another's stage": (lambda w, c: _at(w.fresh, w.used.staging).unstage(c), REFUSED),
    "unstaging another's stage as nobody's": (
        lambda w, c: _named(_at(w.fresh, w.used.staging), "nixos-var").unstage(c),
        REFUSED,
    ),
    "unpublishing another's mount as nobody's": (lambda w, c: _named(w.used, "nixos-var").unpublish(c), REFUSED),
    "unpublishing the stage": (
        lambda w, c: c.node.node_unpublish_volume(
            wire.NodeUnpublishVolumeRequest(w.used.volume_id, str(w.used.staging))
        ),
        INVALID,
    ),
    "measuring what is not there": (lambda w, c: w.fresh.measure(c), NOT_FOUND),
    "growing what is not there": (lambda w, c: w.fresh.expand_on_node(c), NOT_FOUND),
    "growing beyond the device": (lambda w, c: w.used.expand_on_node(c), Status.UNAVAILABLE),
}


@pytest.mark.parametrize("case", CASES)
async def test_bad_input_changes_nothing(world: World, case: str) -> None:
    """The code is CSI's; devices, mounts, state files, paths and the pod's data are as they were."""
    ask, status = CASES[case]
    before = await world.look()
    async with world.rig.client() as client, refused(status):
        await ask(world, client)
    assert await world.look() == before
    assert await asyncio.to_thread(pods.checksum, world.used.target) == world.written


@pytest.mark.parametrize(
    "volume_id", ["nixos-var", "mock:storage-pool", '$(reboot);"', f"mock:{slot_of(CLUSTER_ID, 'mock', 'no')}"]
)
async def test_what_is_not_here_is_gone_already(world: World, volume_id: str) -> None:
    """Where nothing is mounted, unstaging and unpublishing are done."""
    before = await world.look()
    nowhere = replace(world.fresh, name="nowhere", volume_id=volume_id)
    async with world.rig.client() as client:
        await nowhere.unpublish(client)
        await nowhere.unstage(client)
    assert await world.look() == before


@pytest.mark.parametrize("path", SERVED)
async def test_a_malformed_body_is_refused(world: World, path: str) -> None:
    """In each call, whatever it would do."""
    before = await world.look()
    async with connected(world.rig.socket) as client:
        for body in (b"\x0a\xff", b"\x0e", b"\xff" * 12):
            assert (await client.call(call_headers(path), encode_frame(body))).status in {
                Status.INVALID_ARGUMENT.value,
                Status.UNIMPLEMENTED.value,
            }
    assert await world.look() == before
