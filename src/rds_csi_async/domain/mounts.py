"""The mount table, and what stands at a path."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

# What a second mount of the same file system may have of its own (mount(2), MS_REMOUNT with MS_BIND).
PER_MOUNT_FLAGS = frozenset(
    {"nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime", "atime", "relatime", "strictatime"}
    | {"nodiratime", "diratime", "nosymfollow"}
)
UNNAMED = "0:"  # the major number of what is not one block device (Linux, Documentation/admin-guide/devices.txt)


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of mountinfo (proc_pid_mountinfo(5)); the last one at a path is the one that is seen."""

    path: str
    device_number: str  # major:minor; of a Btrfs whose device is gone, that of the file system (0:minor)
    root: str
    file_system: str
    source: str
    read_only: bool


class PathKind(StrEnum):
    """What stands at a path, its last component not followed."""

    ABSENT = "absent"
    DIRECTORY = "directory"
    FILE = "file"
    BLOCK_DEVICE = "block device"
    SYMLINK = "symbolic link"
    OTHER = "something else"


@dataclass(frozen=True, slots=True)
class PathFact:
    """What stands at a path just now."""

    kind: PathKind
    device_number: str = ""  # of a block device node: major:minor


def find_mount(mounts: Iterable[Mount], path: str) -> Mount | None:
    """Find what is seen at exactly this path; None when nothing is mounted there."""
    found = [mount for mount in mounts if mount.path == path]
    return found[-1] if found else None


def with_number(mounts: Iterable[Mount], device: str, device_number: str) -> tuple[Mount, ...]:
    """Give mounts of a device that is gone, and is known by its name alone, the number that the device had.

    The name is no other device's meanwhile: the kernel keeps a device that is mounted, and with it its name.
    """
    return tuple(
        replace(mount, device_number=device_number)
        if device_number and mount.source == device and mount.device_number.startswith(UNNAMED)
        else mount
        for mount in mounts
    )


def mounts_of(mounts: Iterable[Mount], device_number: str) -> list[Mount]:
    """List where a device is mounted, binds included."""
    return [mount for mount in mounts if mount.device_number == device_number]
