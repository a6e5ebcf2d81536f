"""A volume's whole life over real processes, and what the driver does when what it depends on goes away."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient
from rds_csi_async.host.polling import poll
from tests.e2e import pods
from tests.e2e.calls import VolumeCalls
from tests.e2e.lives import NO_GROWTH, Life, can_grow
from tests.e2e.rig import Rig
from tests.e2e.traces import list_left
from tests.host.loop_devices import copied_mounts

LEAVE = ("unpublish", "unstage", "close")
COME_BACK = ("open", "stage", "publish")


@pytest.mark.root
@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "block"])
async def test_a_whole_life(rig: Rig, kind: str) -> None:
    """Made, used, measured, left, used again with its data and deleted: nothing is left."""
    await rig.start_simulator()
    await rig.start_driver()
    volume = VolumeCalls(rig.kubelet, kind)
    await asyncio.to_thread(volume.prepare)
    life = Life(rig, volume)
    await life.live(["create", *COME_BACK])
    await _measure(rig, volume, volume.size_bytes)
    first = volume.context["nqn"]
    await life.live([*LEAVE, *COME_BACK])
    assert volume.context["nqn"] != first
    assert volume.context["sequence"] == "2"
    await life.live([*LEAVE, "delete"])
    assert await asyncio.to_thread(list_left, rig) == []


@pytest.mark.root
@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "block"])
async def test_growing_while_a_pod_uses_it(rig: Rig, kind: str) -> None:
    """Device and file system have the new size at once, and the old data."""
    if not await asyncio.to_thread(can_grow, kind):
        pytest.skip(NO_GROWTH)
    await rig.start_simulator()
    await rig.start_driver()
    volume = VolumeCalls(rig.kubelet, kind)
    await asyncio.to_thread(volume.prepare)
    await Life(rig, volume).live(["create", *COME_BACK, "expand", "expand on node"])
    await _measure(rig, volume, 2 * volume.size_bytes)


@pytest.mark.root
async def test_growing_while_nothing_uses_it(rig: Rig) -> None:
    """The file system follows when it is staged the next time."""
    await rig.start_simulator()
    await rig.start_driver()
    volume = VolumeCalls(rig.kubelet, "xfs")
    await asyncio.to_thread(volume.prepare)
    await Life(rig, volume).live(["create", *COME_BACK, *LEAVE, "expand", *COME_BACK])
    await _measure(rig, volume, 2 * volume.size_bytes)


@pytest.mark.root
async def test_a_copy_of_the_mounts_only_delays_unstaging(rig: Rig) -> None:
    """A container that starts has one; kubelet is told to come back, and why, and the next call does it."""
    await rig.start_simulator()
    await rig.start_driver()
    volume = VolumeCalls(rig.kubelet, "ext4")
    await asyncio.to_thread(volume.prepare)
    life = Life(rig, volume)
    await life.live(["create", *COME_BACK])
    async with copied_mounts(), rig.client() as client:
        await life.live(["unpublish"])
        with pytest.raises(GRPCError, match="another mount namespace") as refused:
            await volume.unstage(client)
        assert refused.value.status is Status.UNAVAILABLE
    await life.live(["unstage", "close", *COME_BACK, *LEAVE, "delete"])
    assert await asyncio.to_thread(list_left, rig) == []


async def _measure(rig: Rig, volume: VolumeCalls, size_bytes: int) -> None:
    """Insist on what NodeGetVolumeStats tells."""
    async with rig.client() as client:
        stats = await volume.measure(client)
    usage = {each.unit.name: each for each in stats.usage}
    assert not stats.volume_condition.abnormal
    assert size_bytes * 3 // 4 < usage["BYTES"].total <= size_bytes
    if volume.kind == "block":
        return
    assert usage["BYTES"].used >= pods.DATA_BYTES
    assert usage["BYTES"].available <= usage["BYTES"].total - usage["BYTES"].used
    if volume.kind != "btrfs":
        assert usage["INODES"].used >= 1


async def test_one_driver_a_socket(rig: Rig) -> None:
    """A second one says why it does not start; the first one does not notice."""
    rig.mode = "controller"
    await rig.start_simulator()
    await rig.start_driver()
    second = await rig.launch_driver()
    async with asyncio.timeout(60):
        assert await second.wait() == 2
    log = await asyncio.to_thread((rig.folder / "driver.log").read_text)
    assert "another process serves there" in log
    assert "Traceback" not in log
    async with rig.client() as client:
        assert (await client.identity.probe(wire.ProbeRequest())).ready


async def test_an_appliance_that_goes_and_comes_back(rig: Rig) -> None:
    """While it is away calls are answered UNAVAILABLE, in time; when it is back, with all it had, so is the driver."""
    rig.mode = "controller"
    await rig.start_simulator()
    await rig.start_driver()
    volume = VolumeCalls(rig.kubelet)
    async with rig.client() as client:
        await volume.create(client)
        await rig.kill_simulator()
        await _ensure_unavailable(client, volume)
        assert await poll(lambda: _is_ready(client), until=lambda ready: not ready, timeout_s=60) is False
        assert [await _get_status(rig, path) for path in ("/healthz", "/readyz")] == [200, 503]
        await rig.start_simulator(port=await asyncio.to_thread(_port_of, rig))
        assert await poll(lambda: _is_ready(client), until=bool, timeout_s=60)
        assert [await _get_status(rig, path) for path in ("/healthz", "/readyz")] == [200, 200]
        await volume.open(client)
        await volume.close(client)
        await volume.delete(client)
    assert await asyncio.to_thread(list_left, rig) == []


async def test_a_pool_that_is_not_mounted(rig: Rig) -> None:
    """Nothing on it is there, and nothing is absent: UNAVAILABLE until it is mounted, and nothing is changed."""
    rig.mode = "controller"
    await rig.start_simulator()
    await rig.start_driver()
    volume = VolumeCalls(rig.kubelet)
    async with rig.client() as client:
        await volume.create(client)
        changes = await rig.count_changes()
        await rig.control({"do": "fault", "kind": "pool-unmounted", "pool": "pool1"})
        await _ensure_unavailable(client, volume)
        assert await rig.count_changes() == changes
        await rig.control({"do": "clear"})
        await volume.open(client)
        await volume.close(client)
        await volume.delete(client)
    assert await asyncio.to_thread(list_left, rig) == []


async def _ensure_unavailable(client: CsiClient, there: VolumeCalls) -> None:
    """Insist that whatever needs the appliance is answered UNAVAILABLE, for volumes that are there and others."""
    steps: list[Callable[[VolumeCalls, CsiClient], Awaitable[object]]] = [
        *(VolumeCalls.open, VolumeCalls.close, VolumeCalls.expand, VolumeCalls.get, VolumeCalls.delete)
    ]
    new = [VolumeCalls(there.kubelet) for _ in range(len(steps) + 1)]
    calls: list[Awaitable[object]] = [new.pop().create(client)]
    for volume, step in zip(new, steps, strict=True):
        volume.volume_id = f"mock:{volume.slot}"
        calls.append(step(volume, client))
    statuses = await asyncio.gather(*(_status_of(call) for call in calls))
    statuses += [await _status_of(step(there, client)) for step in steps]  # one at a time: the others would be ABORTED
    statuses.append(await _status_of(client.controller.list_volumes(wire.ListVolumesRequest(), timeout=60)))
    assert set(statuses) == {Status.UNAVAILABLE}


async def _status_of(call: Awaitable[object]) -> Status:
    try:
        await call
    except GRPCError as error:
        return error.status
    return Status.OK


async def _is_ready(client: CsiClient) -> bool:
    return bool((await client.identity.probe(wire.ProbeRequest())).ready)


async def _get_status(rig: Rig, path: str) -> int:
    """Ask the driver over HTTP; give the status."""
    host, _, port = (await asyncio.to_thread(lambda: rig.metrics_address)).rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


def _port_of(rig: Rig) -> int:
    """Read where the driver looks for the appliance. Blocks."""
    match = re.search(r"^port = (\d+)$", rig.config.read_text(), re.MULTILINE)
    assert match is not None
    return int(match[1])
