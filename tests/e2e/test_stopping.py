"""The driver is told to end, and does so in time, whatever is under way."""

import asyncio
import os
import signal

import pytest
from grpclib.const import Status

from rds_csi_async.csi import wire
from rds_csi_async.host.polling import poll
from tests.csi.raw_client import EMPTY, Answer, RawClient, call_headers, connected
from tests.e2e.calls import VolumeCalls
from tests.e2e.rig import Rig

GRACE_S = 25


async def test_told_to_end_it_lets_calls_end(rig: Rig) -> None:
    """What is under way is answered; then the socket is gone, and the exit status is 0, all within the grace time."""
    rig.mode = "controller"
    await rig.start_simulator()
    await rig.start_driver(grace_s=str(GRACE_S))
    changes = await rig.count_changes()
    await rig.control({"do": "fault", "kind": "delay", "ms": 200})
    async with connected(rig.socket) as client:
        answer = await _begin_creating(client, VolumeCalls(rig.kubelet))
        assert await poll(rig.count_changes, until=lambda count: count > changes, timeout_s=60) > changes
        async with asyncio.timeout(GRACE_S), asyncio.TaskGroup() as tasks:
            stopping = tasks.create_task(rig.stop_driver())
            await client.parted.wait()  # it has said that it ends
            assert not answer.ended.is_set()
            await rig.control({"do": "clear"})
            await answer.ended.wait()
        assert stopping.result() == 0
    assert answer.status == Status.OK.value
    assert wire.CreateVolumeResponse().parse(answer.data[len(EMPTY) :]).volume.volume_id
    assert not await asyncio.to_thread(rig.socket.exists)


async def test_told_to_end_it_waits_no_longer_than_it_may(rig: Rig) -> None:
    """A call that does not end within the grace time is answered so that it comes again."""
    rig.mode = "controller"
    await rig.start_simulator()
    await rig.start_driver(grace_s="1")
    await rig.control({"do": "fault", "kind": "hang", "match": "/disk/add"})
    async with connected(rig.socket) as client:
        answer = await _begin_creating(client, VolumeCalls(rig.kubelet))
        await rig.wait_held(1)
        assert not answer.ended.is_set()
        async with asyncio.timeout(GRACE_S):
            assert await rig.stop_driver() == 0
            await answer.ended.wait()
    assert answer.status == Status.UNAVAILABLE.value


@pytest.mark.root
async def test_told_to_end_it_ends_although_a_disk_hangs(rig: Rig) -> None:
    """A read that never returns holds its thread, and the thread the process: the kernel ends it then."""
    rig.mode = "node"
    await rig.start_simulator()
    await rig.start_driver(grace_s="0", state_dir=str(rig.folder))
    volume = VolumeCalls(rig.kubelet)
    volume.volume_id = f"mock:{volume.slot}"
    await asyncio.to_thread(os.mkfifo, rig.folder / f"{volume.slot}.json")
    async with connected(rig.socket) as client:
        request = wire.NodeUnpublishVolumeRequest(volume_id=volume.volume_id, target_path=str(volume.target))
        answer = await _begin(client, "/csi.v1.Node/NodeUnpublishVolume", bytes(request))
        async with asyncio.timeout(GRACE_S):
            assert await rig.stop_driver() == -signal.SIGALRM
            await answer.ended.wait()
    assert answer.status == Status.UNAVAILABLE.value


async def _begin_creating(client: RawClient, volume: VolumeCalls) -> Answer:
    return await _begin(client, "/csi.v1.Controller/CreateVolume", bytes(volume.creation))


async def _begin(client: RawClient, path: str, message: bytes) -> Answer:
    """Call by hand: grpclib's client hangs up when it hears that the server ends, others do not."""
    await client.greeted.wait()
    return client.begin(call_headers(path), b"\0" + len(message).to_bytes(4) + message)
