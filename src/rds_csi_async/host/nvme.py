"""Attachments over NVMe/TCP: `nvme` does, sysfs tells."""

import asyncio
from pathlib import Path
from weakref import WeakValueDictionary

from rds_csi_async.domain.connections import Connection, Target
from rds_csi_async.domain.errors import DriverError, HostError, NotReadyError
from rds_csi_async.domain.identifiers import NQN_PREFIX
from rds_csi_async.host.claims import ensure_unclaimed
from rds_csi_async.host.kernel_log import KernelLog
from rds_csi_async.host.nvme_cli import (
    NvmeSettings,
    find_connect_error,
    find_scan_reason,
    render_connect,
    render_disconnect,
    render_rescan,
)
from rds_csi_async.host.polling import poll
from rds_csi_async.host.process import NODE_PROGRAMS, Programs
from rds_csi_async.host.sysfs import Subsystem, list_subsystems
from rds_csi_async.ports.deadlines import remaining_s

COMMAND_TIMEOUT_S = 30.0  # the kernel itself gives up a first connect after some seconds
CHANGE_TIMEOUT_S = 12.0  # devices come and go within milliseconds; a link that is down tries again every 10 seconds
_DEFAULT_SETTINGS = NvmeSettings()


class NvmeConnections:
    """`Connections` of the kernel's NVMe/TCP initiator."""

    def __init__(
        self,
        programs: Programs,
        settings: NvmeSettings = _DEFAULT_SETTINGS,
        *,
        root: Path = Path("/"),
        wait_s: float = CHANGE_TIMEOUT_S,
    ) -> None:
        self._programs = programs
        self._settings = settings
        self._root = root
        self._wait_s = wait_s
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._connecting = asyncio.Semaphore(settings.parallel_connects)
        self._identities: dict[str, str] = {}  # by NQN, as first seen in the life of its connection
        self._log = KernelLog(root / "dev" / "kmsg")

    async def find(self, nqn: str) -> Connection | None:
        """See `Connections`."""
        subsystem = await self._find_subsystem(nqn)
        if subsystem is None:
            self._identities.pop(nqn, None)
            return None
        if len(subsystem.namespaces) != 1 or not subsystem.namespaces[0].size_bytes:
            states = ", ".join(f"{each.name} {each.state}" for each in subsystem.controllers)
            devices = ", ".join(f"{each.name} of {each.size_bytes} bytes" for each in subsystem.namespaces)
            message = f"{nqn} is connected ({states}) and has not exactly one usable device: {devices or 'none'}"
            raise NotReadyError(message)
        device = subsystem.namespaces[0]
        if device.identity != self._identities.get(nqn, device.identity):
            message = (
                f"{device.name} of {nqn} is {device.identity}, and was {self._identities[nqn]} when it was attached"
            )
            raise NotReadyError(message)
        name, number = f"/dev/{device.name}", device.device_number
        return Connection(nqn, name, number, device.size_bytes, subsystem.live, device.identity)

    async def connect(self, target: Target) -> Connection:
        """See `Connections`. A session that is there is waited for, never doubled."""
        async with self._locks.setdefault(target.nqn, asyncio.Lock()):
            found = await self._attach(target)
            self._identities.setdefault(target.nqn, found.identity)
            if found.size_bytes < target.size_bytes:  # it may have grown since this node last looked
                found = await self._read_anew(target.nqn, target.size_bytes)
            return found

    async def disconnect(self, nqn: str) -> None:
        """See `Connections`."""
        async with self._locks.setdefault(nqn, asyncio.Lock()):
            seen = await self._find_subsystem(nqn)
            if seen is None:
                return
            await self._ensure_unused(seen)
            done = await self._programs.run(render_disconnect(nqn), timeout_s=COMMAND_TIMEOUT_S)
            left = await poll(
                lambda: self._find_subsystem(nqn),
                until=lambda seen: seen is None,
                timeout_s=remaining_s(self._wait_s),
            )
            if left is not None:
                done.ensure_success()
                states = ", ".join(f"{each.name} {each.state}" for each in left.controllers)
                message = f"{nqn} was disconnected, and the kernel still shows {states or 'its subsystem'}"
                raise HostError(message)

    async def rescan(self, nqn: str, size_bytes: int) -> Connection:
        """See `Connections`."""
        async with self._locks.setdefault(nqn, asyncio.Lock()):
            seen = await self.find(nqn)
            if seen is None or not seen.live:
                message = f"{nqn} is not attached, or its link is down: its size cannot be read"
                raise NotReadyError(message)
            return await self._read_anew(nqn, size_bytes)

    async def list_nqns(self) -> tuple[str, ...]:
        """See `Connections`."""
        return tuple(sorted(each.nqn for each in await self._list() if each.nqn.startswith(NQN_PREFIX)))

    async def find_unready(self) -> str | None:
        """See `Connections`."""
        missing = await self._programs.list_missing(("nvme", *NODE_PROGRAMS))
        if missing:
            return f"this node lacks {', '.join(missing)}"
        if not await self._has_fabrics():
            try:
                await self._programs.run(("modprobe", "nvme-tcp"), timeout_s=COMMAND_TIMEOUT_S)
            except DriverError as error:
                return f"this node has no NVMe over TCP, and nvme-tcp could not be loaded: {error}"
        return None if await self._has_fabrics() else "this node has no NVMe over TCP (modprobe nvme-tcp)"

    async def _attach(self, target: Target) -> Connection:
        """Have a session, and its device."""
        async with self._log.following() as list_said:
            if await self._find_subsystem(target.nqn) is None:
                self._identities.pop(target.nqn, None)
                command = render_connect(target, self._settings)
                async with self._connecting:
                    done = await self._programs.run(command, timeout_s=COMMAND_TIMEOUT_S)
                error = find_connect_error(done, target, await asyncio.to_thread(list_said) if done.exit_status else ())
                if error is not None:
                    raise error
            try:
                return await self._wait_for(target.nqn, 0)
            except NotReadyError as error:
                seen = await self._find_subsystem(target.nqn)
                names = [each.name for each in seen.controllers] if seen is not None else []
                reason = find_scan_reason(await asyncio.to_thread(list_said), names)
                if reason is None:
                    raise
                message = f"{error}: {reason}"
                raise NotReadyError(message) from error

    async def _ensure_unused(self, seen: Subsystem) -> None:
        """Insist, over a link that works, that the kernel has let go of each device; else nothing can be lost."""
        for device in seen.namespaces if seen.live else ():
            await ensure_unclaimed(self._programs, f"/dev/{device.name}", wait_s=remaining_s(self._wait_s))

    async def _has_fabrics(self) -> bool:
        wanted = (self._root / "sys" / "module" / "nvme_tcp", self._root / "dev" / "nvme-fabrics")
        return await asyncio.to_thread(lambda: all(path.exists() for path in wanted))

    async def _list(self, only: str = "") -> list[Subsystem]:
        seen = await asyncio.to_thread(list_subsystems, self._root / "sys", only)
        return [each for each in seen if each.is_connected]

    async def _find_subsystem(self, nqn: str) -> Subsystem | None:
        return next(iter(await self._list(nqn)), None)

    async def _read_anew(self, nqn: str, size_bytes: int) -> Connection:
        subsystem = await self._find_subsystem(nqn)
        for controller in subsystem.controllers if subsystem is not None else ():
            if controller.state == "live":
                await self._programs.run(render_rescan(controller.name), timeout_s=COMMAND_TIMEOUT_S)
        return await self._wait_for(nqn, size_bytes)

    async def _wait_for(self, nqn: str, size_bytes: int) -> Connection:
        """Wait for a live device of this size: the scan goes on after connect and rescan have returned."""

        async def look() -> Connection | NotReadyError | None:
            try:
                return await self.find(nqn)
            except NotReadyError as error:
                return error

        def is_whole(seen: Connection | NotReadyError | None) -> bool:
            return isinstance(seen, Connection) and seen.live and seen.size_bytes >= size_bytes

        seen = await poll(look, until=is_whole, timeout_s=remaining_s(self._wait_s))
        if isinstance(seen, Connection) and is_whole(seen):
            return seen
        if isinstance(seen, NotReadyError):
            raise seen
        message = f"{nqn}: a live device of {size_bytes} bytes did not come, there is {seen or 'no connection'}"
        raise NotReadyError(message)
