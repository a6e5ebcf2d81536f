"""No device is taken from who uses it: the kernel would do it without a word, and lose what is not written yet."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from tests.vm.rig import ENTER, VmRig

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
