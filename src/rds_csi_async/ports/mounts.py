"""The mount table, and the paths that kubelet names."""

from collections.abc import Sequence
from typing import Protocol

from rds_csi_async.domain.mounts import Mount, PathFact


class Mounts(Protocol):
    """Mounts and unmounts, by child processes with a deadline each; nothing here ever deletes recursively."""

    async def list_mounts(self) -> tuple[Mount, ...]:
        """Read the mount table, in its order. Unreadable is `HostError`, never "nothing is mounted"."""
        ...

    async def mount(self, device: str, path: str, file_system: str, options: Sequence[str]) -> None:
        """Mount the device's file system at the path."""
        ...

    async def bind(self, source: str, target: str, *, read_only: bool, options: Sequence[str] = ()) -> None:
        """Show one directory at a second path; `options` are per-mount flags (nosuid, nodev, noexec, noatime ...).

        When this fails nothing is mounted at the target.
        """
        ...

    async def unmount(self, path: str) -> None:
        """Take off the topmost mount at the path. Busy is `HostError`; no lazy unmount, ever."""
        ...

    async def inspect(self, path: str) -> PathFact:
        """Look what stands at the path, not following a link."""
        ...

    async def ensure_directory(self, path: str) -> None:
        """Make the directory unless it is there; its parents too.

        A symbolic link on the way to it is `HostError`: the mount table, by which all is found again, would show
        another path.
        """
        ...

    async def remove_directory(self, path: str) -> None:
        """Remove the directory if it is there and empty; anything in it is `HostError`."""
        ...

    async def ensure_access(self, device: str, *, read_only: bool) -> None:
        """Have the kernel let nobody write to the device, or let everybody, whoever opens it; proven when it returns.

        It keeps that for the life of the device. The caller has proven that the device is the volume's.
        """
        ...

    async def ensure_block_node(self, path: str, device_number: str, *, read_only: bool) -> None:
        """Make a block device node of this number, in place of a block device node or empty file that is there."""
        ...

    async def remove_node(self, path: str) -> None:
        """Remove the block device node or empty file, if it is there, and the draft of one whose making was cut off.

        Anything else is `HostError`.
        """
        ...
