"""Which block device is mounted, where the mount table does not say it by number. Blocks, shortly; touches no volume.

A Btrfs may lie on several devices, so the kernel gives it a number of its own (0:minor), and tells the device by its
name (Linux, fs/btrfs/super.c, `btrfs_show_devname`). A device that is mounted keeps its name, even when it is gone.
"""

from dataclasses import replace
from pathlib import Path, PurePosixPath

from rds_csi_async.domain.mounts import UNNAMED, Mount
from rds_csi_async.host.sysfs import read_block_device

_FOLDER = PurePosixPath("/dev")


def with_block_device(mount: Mount, sys: Path) -> Mount:
    """Give a mount of Btrfs the number of its device; one whose device is gone stays as the kernel shows it.

    Raises:
        HostError: it cannot be told whether there is such a device.

    """
    source = PurePosixPath(mount.source)
    if mount.file_system != "btrfs" or not mount.device_number.startswith(UNNAMED) or source.parent != _FOLDER:
        return mount
    device = read_block_device(sys / "class" / "block" / source.name)
    return mount if device is None else replace(mount, device_number=device.device_number)
