"""Mounts and paths on this node, by `mount`, `umount` and `stat`.

Whatever may lie on a volume is touched by children alone, since it can hang. Folders and nodes beside the volumes are
on the node's own disk, and made in a thread.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from rds_csi_async.domain.errors import DriverError, HostError, InvalidRequestError
from rds_csi_async.domain.mounts import PER_MOUNT_FLAGS, Mount, PathFact, find_mount
from rds_csi_async.host import nodes
from rds_csi_async.host.block_devices import ensure_access, with_block_device
from rds_csi_async.host.mountinfo import parse_mountinfo
from rds_csi_async.host.process import Programs
from rds_csi_async.ports.deadlines import Deadline, working_under

MOUNT_TIMEOUT_S = 90.0  # a journal may have to be replayed
UNMOUNT_TIMEOUT_S = 90.0  # what is dirty has to reach the appliance
LOOK_TIMEOUT_S = 10.0


class HostMounts:
    """`Mounts` of this process's mount namespace, which has to be the node's own (bidirectional propagation)."""

    def __init__(
        self, programs: Programs, table: Path = Path("/proc/self/mountinfo"), sys: Path = Path("/sys")
    ) -> None:
        self._programs = programs
        self._table = table
        self._sys = sys

    async def list_mounts(self) -> tuple[Mount, ...]:
        """See `Mounts`."""
        return await asyncio.to_thread(self._list_mounts)

    async def mount(self, device: str, path: str, file_system: str, options: Sequence[str]) -> None:
        """See `Mounts`. A device that is mounted read-only is set read-only: then not even its journal is written."""
        there = find_mount(await self.list_mounts(), path)
        if there is not None and there.source == device:  # util-linux 2.41 would stack it, older ones refuse
            message = f"{device} is mounted at {path} already"
            raise HostError(message)
        chosen = ["-o", ",".join(options)] if options else []
        await self.ensure_access(device, read_only="ro" in options)
        await self._run("mount", "-t", file_system, *chosen, "--", device, path, timeout_s=MOUNT_TIMEOUT_S)

    async def bind(self, source: str, target: str, *, read_only: bool, options: Sequence[str] = ()) -> None:
        """See `Mounts`. Two steps, since the kernel ignores flags at the first (mount(2), MS_BIND)."""
        _ensure_per_mount(options)
        before = await self._depth(target)
        try:
            await self._run("mount", "--bind", "--", source, target, timeout_s=MOUNT_TIMEOUT_S)
            await self._restrict(target, read_only=read_only, options=options)
        except (DriverError, asyncio.CancelledError):
            with working_under(Deadline(LOOK_TIMEOUT_S)):  # undone even when the operation's time has run out
                if await self._depth(target) > before:
                    await self.unmount(target)
            raise

    async def unmount(self, path: str) -> None:
        """See `Mounts`. A stuck one has left the table, and is not released for all that."""
        await self._run("umount", "--", path, timeout_s=UNMOUNT_TIMEOUT_S)

    async def inspect(self, path: str) -> PathFact:
        """See `Mounts`. What is mounted may hang whoever looks at it; beside it is the node's own disk."""
        seen = await asyncio.to_thread(self._find_beside_mounts, path)
        if seen is not None:
            return seen
        argv = ("stat", "--printf", "%f %t:%T", "--", path)
        done = await self._programs.run(argv, timeout_s=LOOK_TIMEOUT_S)
        return nodes.parse_stat(done)

    async def ensure_directory(self, path: str) -> None:
        """See `Mounts`. A mount is there, or is looked at by a child first: it may hang."""
        if not await nodes.in_thread(self._ensure_directory_beside_mounts, Path(path)):
            await nodes.in_thread(nodes.ensure_directory, Path(path), await self.inspect(path))

    async def remove_directory(self, path: str) -> None:
        """See `Mounts`."""
        await nodes.in_thread(nodes.remove_directory, Path(path), await self.inspect(path))

    async def ensure_access(self, device: str, *, read_only: bool) -> None:
        """See `Mounts`."""
        await ensure_access(self._programs, device, self._sys, read_only=read_only)

    async def ensure_block_node(self, path: str, device_number: str, *, read_only: bool) -> None:
        """See `Mounts`."""
        await nodes.in_thread(nodes.ensure_block_node, Path(path), device_number, nodes.mode_of(read_only=read_only))

    async def remove_node(self, path: str) -> None:
        """See `Mounts`."""
        await nodes.in_thread(nodes.remove_node, Path(path))

    def _ensure_directory_beside_mounts(self, path: Path) -> bool:
        seen = self._find_beside_mounts(str(path))
        if seen is not None:
            nodes.ensure_directory(path, seen)
        return seen is not None

    def _find_beside_mounts(self, path: str) -> PathFact | None:
        return nodes.look(Path(path)) if find_mount(self._list_mounts(), path) is None else None

    def _list_mounts(self) -> tuple[Mount, ...]:
        try:
            content = self._table.read_bytes()
        except OSError as error:
            message = f"the mount table {self._table} cannot be read: {error.strerror}"
            raise HostError(message) from error
        return tuple(with_block_device(mount, self._sys) for mount in parse_mountinfo(content))

    async def _restrict(self, path: str, *, read_only: bool, options: Sequence[str]) -> None:
        flags = [*options, *(["ro"] if read_only else [])]
        if flags:
            wanted = ",".join(["remount", "bind", *flags])
            await self._run("mount", "-o", wanted, "--", path, timeout_s=MOUNT_TIMEOUT_S)

    async def _run(self, *argv: str, timeout_s: float) -> None:
        (await self._programs.run(argv, timeout_s=timeout_s)).ensure_success()

    async def _depth(self, path: str) -> int:
        return sum(mount.path == path for mount in await self.list_mounts())


def _ensure_per_mount(options: Sequence[str]) -> None:
    foreign = sorted(set(options) - PER_MOUNT_FLAGS)
    if foreign:
        message = f"{', '.join(foreign)} cannot be set for one mount of a volume alone"
        raise InvalidRequestError(message)
