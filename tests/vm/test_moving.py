"""A volume that moves on while the node that held it is cut off."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.e2e import pods
from tests.e2e.lives import Life
from tests.e2e.traces import find_image, list_left
from tests.vm.rig import VmRig

pytestmark = pytest.mark.vm
_MARK = b"written by the node that was cut off"


async def test_moved_on_while_partitioned(rig: VmRig) -> None:
    """Not one byte that the old node had not written yet reaches the volume, whatever it does when it is back."""
    await asyncio.to_thread(Path("/proc/sys/vm/dirty_writeback_centisecs").write_text, "0")  # pages stay dirty
    life = await rig.begin("ext4")
    await asyncio.to_thread(_write_dirty, life.volume.target)
    await rig.take_exports_away()
    await rig.wait_state(life.volume, "connecting")
    moved = replace(life.volume, node_name="worker-2")
    async with rig.client() as client:
        await life.volume.close(client)  # the cluster believes the node dead, and detaches by force
        await moved.open(client)
        await rig.bring_exports_back()
        async with rig.mounted_elsewhere(moved) as folder:
            assert sorted(await asyncio.to_thread(os.listdir, folder)) == ["data", "lost+found"]
            assert await asyncio.to_thread(pods.checksum, folder) == life.written
            written = await asyncio.to_thread(pods.write, folder)
            await _come_back(rig, life)
            image = await asyncio.to_thread(find_image, rig, life.volume.slot)
            assert image is not None
            assert _MARK not in await asyncio.to_thread(image.read_bytes)
            await rig.drop_caches()
            assert await asyncio.to_thread(pods.checksum, folder) == written
        await life.live(["unpublish", "unstage"])
        await moved.close(client)
        await moved.delete(client)
    assert await asyncio.to_thread(list_left, rig) == []


def _write_dirty(target: Path) -> None:
    """Overwrite what is there, and write a new file: into memory alone."""
    pages = (_MARK + bytes(4096 - len(_MARK))) * 512
    with (target / "data").open("r+b") as file:
        file.write(pages)
    (target / "new").write_bytes(pages)


async def _come_back(rig: VmRig, life: Life) -> None:
    """Be the old node, which asks for its volume again and again, and at last lets go of it."""
    kernel = await rig.run("uname", "-r")
    await rig.wait_state(life.volume, "connecting" if kernel.startswith("6.1.") else "gone")
    syncing = await asyncio.create_subprocess_exec("sync", "-f", str(life.volume.target))  # noqa: TID251 - may hang
    await rig.run("nvme", "disconnect", f"--nqn={life.volume.context['nqn']}")
    await syncing.wait()
    await rig.wait_state(life.volume, "gone")
    with pytest.raises(OSError, match=r"Input/output error|Read-only"):
        await asyncio.to_thread(pods.write, life.volume.target)
