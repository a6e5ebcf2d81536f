"""Attachments by loop devices, to the exports of a simulator on this machine: `--fabric loop:<exports>`, for trials.

The simulator keeps `<exports>/<nqn>.json` while it exports. To attach, the backing file gets a second name,
`<exports>.attached/<nqn>`, and a loop device is made on that: so the kernel itself remembers under which NQN a device
was attached (`/sys/block/loopN/loop/backing_file`), whatever happens to the driver.
"""

import asyncio
import json
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote, unquote

from rds_csi_async.domain.connections import Connection, Target
from rds_csi_async.domain.errors import DriverError, HostError, NotReadyError, UnreachableError
from rds_csi_async.domain.identifiers import NQN_PREFIX
from rds_csi_async.host.block_devices import ensure_access
from rds_csi_async.host.claims import ensure_unclaimed
from rds_csi_async.host.polling import poll
from rds_csi_async.host.process import NODE_PROGRAMS, Programs
from rds_csi_async.host.sysfs import Namespace, list_backing_files, read_block_device
from rds_csi_async.ports.deadlines import remaining_s

COMMAND_TIMEOUT_S = 20.0
CHANGE_TIMEOUT_S = 5.0
_SYS = Path("/sys")
_DELETED = " (deleted)"  # as the kernel marks a file whose name is gone


class LoopConnections:
    """`Connections` to files of this machine."""

    def __init__(self, programs: Programs, exports: Path, *, change_timeout_s: float = CHANGE_TIMEOUT_S) -> None:
        self._programs = programs
        self._exports = exports
        self._change_timeout_s = change_timeout_s
        self._lock = asyncio.Lock()  # one attachment at a time: they take milliseconds

    async def find(self, nqn: str) -> Connection | None:
        """See `Connections`."""
        devices, live = await asyncio.to_thread(self._look, nqn)
        if len(devices) > 1:
            message = f"{nqn} is attached more than once: {', '.join(device.name for device in devices)}"
            raise NotReadyError(message)
        return next((Connection(nqn, f"/dev/{d.name}", d.device_number, d.size_bytes, live) for d in devices), None)

    async def connect(self, target: Target) -> Connection:
        """See `Connections`."""
        remaining_s(COMMAND_TIMEOUT_S)
        async with self._lock:
            if await asyncio.to_thread(self._prepare, target):
                await self._attach(target.nqn)
        found = await self.find(target.nqn)
        if found is None or not found.live or found.size_bytes < target.size_bytes:
            message = f"{target.nqn}: a live device of {target.size_bytes} bytes is wanted, there is {found or 'none'}"
            raise NotReadyError(message)
        return found

    async def disconnect(self, nqn: str) -> None:
        """See `Connections`.

        A loop device that is detached while it is in use stays until it is not, and then goes by itself: also from
        under whoever was given it in between. So it is asked for first.
        """
        for device in (await asyncio.to_thread(self._scan)).get(nqn, []):
            wait_s = remaining_s(self._change_timeout_s)
            await ensure_unclaimed(self._programs, f"/dev/{device.name}", wait_s=wait_s)
        async with self._lock:
            # The name goes first: the kernel remembers it even so, and a driver that is killed now leaves nothing else.
            await asyncio.to_thread(self._link(nqn).unlink, missing_ok=True)
            for device in (await asyncio.to_thread(self._scan)).get(nqn, []):
                await self._run("losetup", "-d", f"/dev/{device.name}")
            left = await poll(
                lambda: asyncio.to_thread(self._scan),
                until=lambda seen: nqn not in seen,
                timeout_s=remaining_s(self._change_timeout_s),
            )
            if nqn in left:
                names = ", ".join(device.name for device in left[nqn])
                message = f"{nqn} was detached, and {names} is still there: something uses it"
                raise HostError(message)

    async def rescan(self, nqn: str, size_bytes: int) -> Connection:
        """See `Connections`."""
        seen = await self.find(nqn)
        if seen is None or not seen.live:
            message = f"{nqn} is not attached, or exported no more: its size cannot be read"
            raise NotReadyError(message)
        await self._run("losetup", "-c", seen.device)
        grown = await poll(
            lambda: self.find(nqn),
            until=lambda now: now is not None and now.size_bytes >= size_bytes,
            timeout_s=remaining_s(self._change_timeout_s),
        )
        if grown is None or grown.size_bytes < size_bytes:
            message = f"{nqn}: a device of {size_bytes} bytes is wanted, there is {grown or 'none'}"
            raise NotReadyError(message)
        return grown

    async def list_nqns(self) -> tuple[str, ...]:
        """See `Connections`."""
        return tuple(sorted(nqn for nqn in await asyncio.to_thread(self._scan) if nqn.startswith(NQN_PREFIX)))

    async def find_unready(self) -> str | None:
        """See `Connections`."""
        missing = await self._programs.list_missing(("losetup", *NODE_PROGRAMS))
        if missing:
            return f"this node lacks {', '.join(missing)}"
        for path in (Path("/dev/loop-control"), self._exports):
            if not await asyncio.to_thread(path.exists):
                return f"{path} is not there: no simulator's exports can be attached"
        return None

    def _prepare(self, target: Target) -> bool:
        """Give the file of a target that is not attached its second name; tell whether there is something to attach."""
        held = self._scan()
        if target.nqn in held:
            return False
        file = self._get_file(target)
        try:
            self._make_link(file, target.nqn, held)
        except OSError as error:
            message = f"{file} cannot be named {self._link(target.nqn)} too: {error.strerror}"
            raise HostError(message) from error
        return True

    def _get_file(self, target: Target) -> Path:
        """Read where the export's backing file is, and whether this host may have it."""
        try:
            document = json.loads(self._document(target.nqn).read_bytes())
            file = Path(document["file"])
            size_bytes = file.stat().st_size
        except FileNotFoundError:
            message = f"no simulator exports {target.nqn} in {self._exports}: is it published, and the fabric the same?"
            raise UnreachableError(message) from None
        except (OSError, ValueError) as error:
            message = f"the export of {target.nqn} cannot be read: {error}"
            raise HostError(message) from error
        if document["allowed_host"] not in {"", target.host.nqn}:
            message = f"the target does not let {target.host.nqn} use {target.nqn}"
            raise UnreachableError(message)
        if not size_bytes:
            message = f"the file of {target.nqn} is empty: the kernel would show no device for it"
            raise NotReadyError(message)
        return file

    def _make_link(self, file: Path, nqn: str, held: Collection[str]) -> None:
        """Give the file its second name, and take away those that a killed driver left without a device."""
        link = self._link(nqn)
        link.parent.mkdir(mode=0o700, exist_ok=True)
        for other in link.parent.iterdir():
            name = unquote(other.name)
            if name not in held and (name == nqn or not self._document(name).exists()):
                other.unlink()
        link.hardlink_to(file)

    async def _attach(self, nqn: str) -> None:
        link = self._link(nqn)
        try:
            device = (await self._run("losetup", "--find", "--show", str(link))).strip()
            # It may have been read-only for whoever had it before.
            await ensure_access(self._programs, device, _SYS, read_only=False)
        except (DriverError, asyncio.CancelledError):
            if nqn not in await asyncio.to_thread(self._scan):
                await asyncio.to_thread(link.unlink, missing_ok=True)
            raise

    def _scan(self) -> dict[str, list[Path]]:
        """List by NQN the folders of the loop devices on files below our folder."""
        folder = f"{self._link('').resolve()}/"
        found: dict[str, list[Path]] = {}
        for name, marked in list_backing_files(_SYS):
            if marked.startswith(folder):
                nqn = unquote(marked.removeprefix(folder).removesuffix(_DELETED))
                found.setdefault(nqn, []).append(_SYS / "block" / name)
        return found

    def _look(self, nqn: str) -> tuple[list[Namespace], bool]:
        devices = [read_block_device(path) for path in self._scan().get(nqn, [])]
        return [device for device in devices if device is not None], self._document(nqn).exists()

    def _document(self, nqn: str) -> Path:
        return self._exports / f"{quote(nqn, safe=':')}.json"

    def _link(self, nqn: str) -> Path:
        return self._exports.with_name(f"{self._exports.name}.attached") / quote(nqn, safe=":")

    async def _run(self, *argv: str) -> str:
        return (await self._programs.run(argv, timeout_s=COMMAND_TIMEOUT_S)).ensure_success().stdout
