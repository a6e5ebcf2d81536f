"""File systems as marks on a disk in memory."""

from collections.abc import Awaitable, Callable

from rds_csi_async.domain.errors import HostError, RefusedError, UnsupportedError
from rds_csi_async.domain.filesystems import DeviceContent, Usage
from rds_csi_async.domain.making import MakeOptions
from rds_csi_async.domain.mounts import PathKind, find_mount
from rds_csi_async.domain.sizes import MIB
from tests.fakes.node import FakeOnNode

KNOWN = ("btrfs", "ext4", "xfs")


class FakeFilesystems(FakeOnNode):
    """Sits the exam in `tests/contracts/filesystems.py`, as `HostFilesystems` does."""

    async def probe(self, device: str, size_bytes: int, *, thorough: bool) -> DeviceContent:
        """See `Filesystems`."""
        self._begin("probe")
        attachment = self.node.get_attachment(device)
        if attachment.connection.size_bytes < size_bytes:
            message = f"{device} has {attachment.connection.size_bytes} bytes, not {size_bytes}"
            raise HostError(message)
        disk = attachment.disk
        if disk.signatures and not disk.unfinished and disk.signatures != ("xfs",):
            thorough = False  # nothing is read then
        blank = disk.blank and (disk.thoroughly_blank or not thorough)
        self._end()
        return DeviceContent(disk.signatures, blank, thorough, disk.unfinished)

    async def format(  # noqa: PLR0913 - as the port has it
        self,
        device: str,
        file_system: str,
        making: MakeOptions,
        *,
        over_own_leftovers: bool,
        thorough: bool,
        ensure_same: Callable[[], Awaitable[None]],
    ) -> None:
        """See `Filesystems`."""
        self._begin("format")
        if file_system not in KNOWN:
            message = f"{file_system} is not made here"
            raise UnsupportedError(message)
        disk = self.node.get_attachment(device).disk
        blank = disk.blank and not disk.signatures and (disk.thoroughly_blank or not thorough)
        if not blank and not (over_own_leftovers and disk.unfinished == file_system):
            message = f"{device} is not blank ({disk.signatures}): nothing was written"
            raise RefusedError(message)
        await ensure_same()
        disk.signatures, disk.unfinished = (file_system,), ""
        disk.blank = disk.thoroughly_blank = False
        disk.file_system_bytes = disk.size_bytes
        disk.formats += 1
        disk.making = making
        self._end()

    async def grow(self, device: str, path: str, file_system: str) -> None:
        """See `Filesystems`."""
        self._begin("grow")
        if file_system not in KNOWN:
            message = f"{file_system} is not grown here"
            raise UnsupportedError(message)
        mount = self.node.get_mounted(path)
        attachment = self.node.get_attachment(device)
        if mount.device_number != attachment.connection.device_number or mount.file_system != file_system:
            message = f"{device} is not mounted at {path} as {file_system}"
            raise HostError(message)
        attachment.disk.file_system_bytes = attachment.connection.size_bytes
        self._end()

    async def get_usage(self, path: str) -> Usage:
        """See `Filesystems`."""
        self._begin("get_usage")
        if path not in self.node.paths or self.node.paths[path].kind is not PathKind.DIRECTORY:
            message = f"stat: cannot read file system information for {path}: No such file or directory"
            raise HostError(message)
        mount = find_mount(self.node.mounts, path)
        found = self.node.find_attachment(mount.device_number) if mount is not None else None
        total_bytes = found.disk.file_system_bytes if found is not None else 1024 * MIB
        inodes = 0 if mount is not None and mount.file_system == "btrfs" else 1000
        self._end()
        return Usage(total_bytes, MIB, total_bytes - MIB, inodes, inodes and 11, inodes and 989)
