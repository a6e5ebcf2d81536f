"""The kernel says whether it holds a device, whatever the mount table shows."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.claims import ensure_unclaimed
from rds_csi_async.host.process import Programs
from tests.host.loop_devices import LoopDevices, copied_mounts, loop_devices


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[LoopDevices]:
    """Make devices that are gone when the test is."""
    with loop_devices(tmp_path) as made:
        yield made


@pytest.mark.root
async def test_a_mounted_device_is_held_until_it_is_unmounted(devices: LoopDevices) -> None:
    """No look at a mount table is part of the answer."""
    device = await devices.attach(64 * MIB)
    await devices.run("mkfs.ext4", "-q", device)
    await ensure_unclaimed(Programs(), device)
    path = await devices.mount(device, "ext4")
    with pytest.raises(HostError, match="still in use"):
        await ensure_unclaimed(Programs(), device)
    await devices.run("umount", path)
    await ensure_unclaimed(Programs(), device)


@pytest.mark.root
async def test_a_device_that_somebody_opened_for_himself_is_held(devices: LoopDevices) -> None:
    """Whoever it is; a reader that shares is none."""
    device = await devices.attach(64 * MIB)
    shared = await asyncio.to_thread(os.open, device, os.O_RDONLY)
    await ensure_unclaimed(Programs(), device)
    alone = await asyncio.to_thread(os.open, device, os.O_RDONLY | os.O_EXCL)
    with pytest.raises(HostError, match="still in use"):
        await ensure_unclaimed(Programs(), device)
    for descriptor in (shared, alone):
        os.close(descriptor)


@pytest.mark.root
async def test_a_device_that_is_held_for_a_moment_is_waited_for(devices: LoopDevices) -> None:
    """As by the copy of the mounts that a container has while it starts."""
    device = await devices.attach(64 * MIB)
    await devices.run("mkfs.ext4", "-q", device)
    path = await devices.mount(device, "ext4")
    async with asyncio.TaskGroup() as tasks, copied_mounts():
        await devices.run("umount", path)
        waiting = tasks.create_task(ensure_unclaimed(Programs(), device, wait_s=60))
        with pytest.raises(HostError, match="another mount namespace"):
            await ensure_unclaimed(Programs(), device)
        assert not waiting.done()


async def test_what_cannot_be_told_is_not_taken_for_free(tmp_path: Path) -> None:
    """A device that is not there says nothing about one that was."""
    with pytest.raises(HostError, match="No such file"):
        await ensure_unclaimed(Programs(), str(tmp_path / "gone"))
