"""The driver is killed in the middle of what it has the appliance do; the same call to the next one sets all right."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from grpclib.exceptions import GRPCError, StreamTerminatedError

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient
from tests.e2e.calls import VolumeCalls
from tests.e2e.rig import Rig
from tests.e2e.traces import find_image, list_disks, list_exports, list_left

pytestmark = pytest.mark.asyncio(loop_scope="module")

Call = Callable[[VolumeCalls, CsiClient], Awaitable[None]]
STEPS: dict[str, tuple[Call, str]] = {  # in the order of a life: the call, and what its changing line has in it
    "create": (VolumeCalls.create, "/disk/add"),
    "publish": (VolumeCalls.open, "nvme-tcp-export=yes"),
    "unpublish": (VolumeCalls.close, "/disk/set .*nvme-tcp-export=no"),
    "expand": (VolumeCalls.expand, "/disk/set .*file-size="),
    "delete": (VolumeCalls.delete, "/disk/remove"),
}
MOMENTS = [
    ("create", "hang", "pool1"),
    ("create", "hang-midway", "pool1"),  # its subvolume is there, its disk is not
    ("create", "hang-after", "pool1"),
    ("create", "hang-after", "plain"),
    ("publish", "hang", "pool1"),
    ("publish", "hang-after", "pool1"),
    ("unpublish", "hang", "pool1"),
    ("unpublish", "hang-after", "pool1"),
    ("expand", "hang", "pool1"),
    ("expand", "hang-after", "pool1"),
    ("delete", "hang", "pool1"),
    ("delete", "hang-midway", "pool1"),  # its disk is gone, its file and subvolume are there
    ("delete", "hang-midway", "plain"),  # its disk is gone, its file is there
    ("delete", "hang-after", "pool1"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def appliance(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Rig]:
    """Give an appliance with a Btrfs pool and a plain one, for volumes that have nothing to do with each other."""
    folder = await asyncio.to_thread(tmp_path_factory.mktemp, "e2e")
    rig = Rig(folder, ("pool1=btrfs:500G", "plain=xfs:500G"), mode="controller")
    try:
        await rig.start_simulator()
        yield rig
    finally:
        await rig.stop()


@pytest_asyncio.fixture(loop_scope="module")
async def rig(appliance: Rig) -> Rig:
    """Give it without faults, and with a driver."""
    await appliance.control({"do": "clear"})
    if appliance.driver is None:
        await appliance.start_driver()
    return appliance


async def _kill_in(rig: Rig, call: Callable[[CsiClient], Awaitable[None]], fault: str, match: str) -> None:
    """Begin the call, and kill the driver when the appliance says that its line has come as far as it should."""
    held = (await rig.control({"do": "counters"}))["held"]
    traces = await asyncio.to_thread(list_left, rig)
    await rig.control({"do": "fault", "kind": fault, "match": match})
    async with rig.client() as client, asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(_fails(call(client)))
        await rig.wait_held(held + 1)
        assert not calling.done()
        await rig.kill_driver()
    assert (await asyncio.to_thread(list_left, rig) == traces) == (fault == "hang")


async def _fails(call: Awaitable[None]) -> None:
    with pytest.raises((GRPCError, StreamTerminatedError, ConnectionError)):
        await call


async def _free_bytes(client: CsiClient, pool: str) -> int:
    answer = await client.controller.get_capacity(
        wire.GetCapacityRequest(parameters={"appliance": "mock", "pool": pool})
    )
    return answer.available_capacity


@pytest.mark.parametrize(("step", "fault", "pool"), MOMENTS)
async def test_killed(rig: Rig, step: str, fault: str, pool: str) -> None:
    """The call that was cut off, again, gives what it would have given; at the end of the life nothing is left."""
    calls, (cut_off, match) = VolumeCalls(rig.kubelet, pool=pool), STEPS[step]
    async with rig.client() as client:
        free_bytes = await _free_bytes(client, pool)
        for name, (call, _) in STEPS.items():
            if name == step:
                break
            await call(calls, client)
    await _kill_in(rig, lambda client: cut_off(calls, client), fault, match)
    await rig.start_driver()
    rest = list(STEPS)[list(STEPS).index(step) :]
    async with rig.client() as client:
        for name in rest:
            call = STEPS[name][0]
            await call(calls, client)
            await asyncio.to_thread(_ensure_as_after, rig, name, calls)
        assert await _free_bytes(client, pool) == free_bytes


def _ensure_as_after(rig: Rig, step: str, calls: VolumeCalls) -> None:
    """Insist that the appliance shows what it has to after a step of a life."""
    if step == "delete":
        assert list_left(rig, calls.slot, calls.name) == []
        return
    size_bytes = calls.size_bytes * (2 if step == "expand" else 1)
    (disk,) = [disk for disk in list_disks(rig) if disk["slot"] == calls.slot]
    image = find_image(rig, calls.slot)
    assert image is not None
    assert (disk["file-size"], image.stat().st_size) == (size_bytes, size_bytes)
    exports = [nqn for nqn in list_exports(rig) if calls.slot in nqn]
    assert exports == ([calls.context["nqn"]] if step == "publish" else [])
    if step == "publish":
        assert disk["nvme-tcp-server-nqn"] == calls.context["nqn"]
        assert (calls.context["sequence"], calls.context["firstUse"]) == ("1", "true")
