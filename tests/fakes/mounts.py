"""A mount table and paths in memory."""

from collections.abc import Sequence
from pathlib import PurePosixPath

from rds_csi_async.domain.errors import HostError, InvalidRequestError
from rds_csi_async.domain.mounts import PER_MOUNT_FLAGS, Mount, PathFact, PathKind, find_mount
from tests.fakes.node import FakeOnNode

_ABSENT = PathFact(PathKind.ABSENT)
_DIRECTORY = PathFact(PathKind.DIRECTORY)


class FakeMounts(FakeOnNode):
    """Sits the exam in `tests/contracts/mounts.py`, as `HostMounts` does."""

    async def list_mounts(self) -> tuple[Mount, ...]:
        """See `Mounts`."""
        self._begin("list_mounts")
        self._end()
        return tuple(self.node.mounts)

    async def mount(self, device: str, path: str, file_system: str, options: Sequence[str]) -> None:
        """See `Mounts`."""
        self._begin("mount")
        self._ensure_is_directory(path)
        attachment = self.node.get_attachment(device)
        disk, number = attachment.disk, attachment.connection.device_number
        if disk.signatures != (file_system,) or disk.unfinished:
            message = f"mount: {path}: wrong fs type, bad option, bad superblock on {device}"
            raise HostError(message)
        there = find_mount(self.node.mounts, path)
        if there is not None and there.device_number == number:
            message = f"mount: {path}: {device} already mounted on {path}"
            raise HostError(message)
        attachment.read_only = "ro" in options
        self.node.mounts.append(Mount(path, number, "/", file_system, device, "ro" in options))
        self._end()

    async def bind(self, source: str, target: str, *, read_only: bool, options: Sequence[str] = ()) -> None:
        """See `Mounts`."""
        self._begin("bind")
        _ensure_per_mount(options)
        self._ensure_is_directory(source)
        self._ensure_is_directory(target)
        there = find_mount(self.node.mounts, source)
        read_only = read_only or (there is not None and there.read_only)
        shown = there or Mount(source, "8:1", source, "ext4", "/dev/sda1", read_only=False)
        self.node.mounts.append(
            Mount(target, shown.device_number, shown.root, shown.file_system, shown.source, read_only)
        )
        self._end()

    async def unmount(self, path: str) -> None:
        """See `Mounts`."""
        self._begin("unmount")
        top = self.node.get_mounted(path)
        if path in self.node.busy:
            message = f"umount: {path}: target is busy."
            raise HostError(message)
        position = max(i for i, mount in enumerate(self.node.mounts) if mount is top)
        del self.node.mounts[position]
        self._end()

    async def inspect(self, path: str) -> PathFact:
        """See `Mounts`."""
        self._begin("inspect")
        self._end()
        return self._at(path)

    async def ensure_directory(self, path: str) -> None:
        """See `Mounts`."""
        self._begin("ensure_directory")
        for each in [*reversed(PurePosixPath(path).parents), PurePosixPath(path)]:
            if self.node.paths.setdefault(str(each), _DIRECTORY).kind is not PathKind.DIRECTORY:
                message = f"{each} is a {self._at(str(each)).kind}, not a directory"
                raise HostError(message)
        self._end()

    async def remove_directory(self, path: str) -> None:
        """See `Mounts`."""
        self._begin("remove_directory")
        if self._at(path) != _ABSENT:
            self._ensure_is_directory(path)
            if find_mount(self.node.mounts, path) or any(str(PurePosixPath(p).parent) == path for p in self.node.paths):
                message = f"{path} is mounted or not empty"
                raise HostError(message)
            del self.node.paths[path]
        self._end()

    async def ensure_access(self, device: str, *, read_only: bool) -> None:
        """See `Mounts`."""
        self._begin("ensure_access")
        self.node.get_attachment(device).read_only = read_only
        self._end()

    async def ensure_block_node(self, path: str, device_number: str, *, read_only: bool) -> None:
        """See `Mounts`."""
        self._begin("ensure_block_node")
        del read_only  # shows in the mode, which nothing here has
        self._ensure_is_directory(str(PurePosixPath(path).parent))
        self._ensure_node_or_empty(path)
        self.node.paths[path] = PathFact(PathKind.BLOCK_DEVICE, device_number)
        self._end()

    async def remove_node(self, path: str) -> None:
        """See `Mounts`."""
        self._begin("remove_node")
        at = PurePosixPath(path)
        for each in (str(at.with_name(f".{at.name}.new")), path):
            self._ensure_node_or_empty(each)
            self.node.paths.pop(each, None)
        self._end()

    def _at(self, path: str) -> PathFact:
        return self.node.paths.get(path, _ABSENT)

    def _ensure_is_directory(self, path: str) -> None:
        if self._at(path) != _DIRECTORY:
            message = f"{path} is {self._at(path).kind}, a directory is wanted"
            raise HostError(message)

    def _ensure_node_or_empty(self, path: str) -> None:
        kinds = {PathKind.ABSENT, PathKind.FILE, PathKind.BLOCK_DEVICE}
        if self._at(path).kind not in kinds or path in self.node.filled:
            message = f"{path} is {self._at(path).kind}, and neither a block device node nor an empty file"
            raise HostError(message)


def _ensure_per_mount(options: Sequence[str]) -> None:
    if not PER_MOUNT_FLAGS.issuperset(options):
        message = f"{sorted(set(options) - PER_MOUNT_FLAGS)} cannot be set on a bind mount"
        raise InvalidRequestError(message)
