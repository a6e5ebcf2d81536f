"""A volume that moves on while the node that held it is cut off."""

import asyncio
import hashlib
from contextlib import ExitStack, suppress
from dataclasses import replace
from io import RawIOBase
from pathlib import Path

import pytest

from tests.e2e import pods
from tests.e2e.lives import Life
from tests.e2e.traces import find_image, list_left
from tests.vm.rig import VmRig

pytestmark = pytest.mark.vm
_MARK = b"written by the node that was cut off"


@pytest.mark.kind("ext4", without=("btrfs",))
async def test_moved_on_while_partitioned(rig: VmRig, kind: str) -> None:
    """Not one byte that the old node had not written yet reaches the volume, whatever it does when it is back."""
    life = await _cut_off(rig, kind)
    moved = replace(life.volume, node_name="worker-2")
    with ExitStack() as files:
        await asyncio.to_thread(_write_dirty, life.volume.target, files)
        await rig.take_exports_away()
        await rig.wait_state(life.volume, "connecting")
        async with rig.client() as client:
            await life.volume.close(client)  # the cluster believes the node dead, and detaches by force
            await moved.open(client)
            await rig.bring_exports_back()
            async with rig.mounted_elsewhere(moved) as place:
                assert await asyncio.to_thread(pods.checksum, place) == life.written
                written = await asyncio.to_thread(pods.write, place)
                await _come_back(rig, life)
                assert _MARK not in await asyncio.to_thread((await _find_image(rig, life)).read_bytes)
                await rig.drop_caches()
                assert await asyncio.to_thread(pods.checksum, place) == written
    await _leave(rig, life)


@pytest.mark.kind("btrfs", without=("ext4", "xfs", "block"))
async def test_moved_on_while_partitioned_and_not_used_yet(rig: VmRig, kind: str) -> None:
    """The file behind it is the same, bit by bit, before and after the old node has been back."""
    life = await _cut_off(rig, kind)
    moved = replace(life.volume, node_name="worker-2")
    with ExitStack() as files:
        await asyncio.to_thread(_write_dirty, life.volume.target, files)
        await rig.take_exports_away()
        await rig.wait_state(life.volume, "connecting")
        async with rig.client() as client:
            await life.volume.close(client)
            await moved.open(client)
        image = await _find_image(rig, life)
        before = await asyncio.to_thread(_checksum, image)
        await rig.bring_exports_back()
        await _come_back(rig, life)
        assert await asyncio.to_thread(_checksum, image) == before
    await _leave(rig, life)


async def _cut_off(rig: VmRig, kind: str) -> Life:
    """Begin a life in which what is written stays in memory, until somebody asks for more."""
    await asyncio.to_thread(Path("/proc/sys/vm/dirty_writeback_centisecs").write_text, "0")
    return await rig.begin(kind)


def _write_dirty(target: Path, files: ExitStack) -> None:
    """Overwrite what is there, and write a new file: into memory alone. A raw device stays open: closing it writes."""
    pages = (_MARK + bytes(4096 - len(_MARK))) * 512
    file = (target / "data" if target.is_dir() else target).open("r+b", buffering=0)
    files.callback(_close, file)
    file.write(pages)
    if target.is_dir():
        (target / "new").write_bytes(pages)


def _close(file: RawIOBase) -> None:
    with suppress(OSError):  # what it has not written is lost
        file.close()


async def _come_back(rig: VmRig, life: Life) -> None:
    """Be the old node, which asks for its volume again and again, and at last lets go of it."""
    await rig.wait_state(life.volume, "gone" if await rig.is_newer() else "connecting")
    syncing = await asyncio.create_subprocess_exec("sync", "-f", str(life.volume.target))  # noqa: TID251 - may hang
    await rig.run("nvme", "disconnect", f"--nqn={life.volume.context['nqn']}")
    await syncing.wait()
    await rig.wait_state(life.volume, "gone")
    with pytest.raises(OSError, match=r"Input/output error|Read-only|No such device"):
        await asyncio.to_thread(pods.write, life.volume.target)


async def _leave(rig: VmRig, life: Life) -> None:
    """Have both nodes let go of it: nothing is left."""
    moved = replace(life.volume, node_name="worker-2")
    await life.live(["unpublish", "unstage"])
    async with rig.client() as client:
        await moved.close(client)
        await moved.delete(client)
    assert await asyncio.to_thread(list_left, rig) == []


async def _find_image(rig: VmRig, life: Life) -> Path:
    image = await asyncio.to_thread(find_image, rig, life.volume.slot)
    assert image is not None
    return image


def _checksum(file: Path) -> str:
    with file.open("rb") as image:
        return hashlib.file_digest(image, "sha256").hexdigest()
