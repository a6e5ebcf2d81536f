"""No device is taken from who uses it: the kernel would do it without a word, and lose what is not written yet."""

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from tests.e2e import pods
from tests.vm.rig import ENTER, MAY_STILL_RUN, VmRig

pytestmark = pytest.mark.vm


async def test_a_volume_that_a_pod_uses_stays(rig: VmRig, kind: str) -> None:
    """Unstaging it is refused for as long, and changes nothing."""
    life = await rig.begin(kind)
    before = await rig.find(life.volume)
    async with rig.client() as client:
        with pytest.raises(GRPCError) as refusal:
            await life.volume.unstage(client)
    assert refusal.value.status is Status.FAILED_PRECONDITION
    assert await rig.find(life.volume) == before
    await rig.end(life)


async def test_a_volume_mounted_where_the_driver_does_not_see_stays(rig: VmRig) -> None:
    """In another mount namespace: what the driver has unmounted is not detached before that one ends."""
    life = await rig.begin("ext4")
    async with rig.client() as client:
        async with _other_namespace():
            await life.volume.unpublish(client)
            with pytest.raises(GRPCError, match="still in use") as refusal:
                await life.volume.unstage(client)
            assert refusal.value.status is Status.UNAVAILABLE
            assert await rig.find(life.volume) is not None
        await life.live(["unstage", *ENTER])
    await rig.end(life)


async def test_a_volume_that_is_unstaged_while_its_target_is_away_loses_nothing(rig: VmRig) -> None:
    """The unmount hangs, and has left the mount table; the device is detached only when all is written."""
    life = await rig.begin("ext4")
    await asyncio.to_thread(Path("/proc/sys/vm/dirty_writeback_centisecs").write_text, "0")  # pages stay dirty
    life.written = await asyncio.to_thread(_write_dirty, life.volume.target)
    await rig.take_exports_away()
    await rig.wait_state(life.volume, "connecting")
    await life.live(["unpublish"])
    async with rig.client() as client:
        with pytest.raises(GRPCError) as refusal:
            await life.volume.unstage(client)
        assert refusal.value.status in MAY_STILL_RUN
        assert await rig.find(life.volume) is not None
        await rig.bring_exports_back()
    await rig.insist(partial(life.live, ["unstage"]))
    assert await rig.find(life.volume) is None
    await life.live(["close", *ENTER])
    await rig.end(life)


def _write_dirty(target: Path) -> str:
    """Overwrite what is there, into memory alone; give the checksum."""
    data = os.urandom(pods.DATA_BYTES)
    with (target / "data").open("r+b") as file:
        file.write(data)
    return hashlib.sha256(data).hexdigest()


@asynccontextmanager
async def _other_namespace() -> AsyncIterator[None]:
    """Have a process with a copy of all mounts, as any container has when it starts."""
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - nobody's program but the test's
        *("unshare", "--mount", "--propagation", "private", "sh", "-c", "echo ready; exec sleep infinity"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
