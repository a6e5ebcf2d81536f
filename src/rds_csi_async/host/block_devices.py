"""Block devices beside what they hold: which is mounted, where the mount table has no number, and who may write to it.

A Btrfs may lie on several devices, so the kernel gives it a number of its own (0:minor), and tells the device by its
name (Linux, fs/btrfs/super.c, `btrfs_show_devname`). A device that is mounted keeps its name, even when it is gone.
"""

import asyncio
from dataclasses import replace
from pathlib import Path, PurePosixPath

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.mounts import UNNAMED, Mount
from rds_csi_async.host.process import Programs
from rds_csi_async.host.sysfs import read_block_device

_FOLDER = PurePosixPath("/dev")
_TIMEOUT_S = 10.0


def with_block_device(mount: Mount, sys: Path) -> Mount:
    """Give a mount of Btrfs the number of its device; one whose device is gone stays as the kernel shows it. Blocks.

    Raises:
        HostError: it cannot be told whether there is such a device.

    """
    if mount.file_system != "btrfs" or not mount.device_number.startswith(UNNAMED):
        return mount
    source = PurePosixPath(mount.source)
    if source.parent != _FOLDER:
        return mount
    device = read_block_device(sys / "class" / "block" / source.name)
    return mount if device is None else replace(mount, device_number=device.device_number)


async def ensure_access(programs: Programs, device: str, sys: Path, *, read_only: bool) -> None:
    """Have the kernel let nobody write to the device, or let everybody: it keeps that from one mount to the next.

    Raises:
        HostError: it cannot be set, or the kernel shows that it is not.

    """
    if await asyncio.to_thread(_find_access, device, sys) is read_only:
        return
    argv = ("blockdev", "--setro" if read_only else "--setrw", device)
    (await programs.run(argv, timeout_s=_TIMEOUT_S)).ensure_success()
    if await asyncio.to_thread(_find_access, device, sys) is not read_only:
        message = f"{device} was to be made {'read-only' if read_only else 'writable'}, and the kernel does not show it"
        raise HostError(message)


def _find_access(device: str, sys: Path) -> bool | None:
    """Tell whether the kernel shows the device to be read-only; None when it does not say."""
    try:
        word = (sys / "class" / "block" / PurePosixPath(device).name / "ro").read_text(encoding="ascii")
    except OSError:
        return None
    return {"0\n": False, "1\n": True}.get(word)
