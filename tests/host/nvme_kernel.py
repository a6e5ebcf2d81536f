"""A kernel's NVMe initiator in a folder: `nvme` changes a sysfs tree there, as Linux 6.1 does (measured)."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.host.claims import render_claim
from rds_csi_async.host.process import Completed, Programs
from rds_csi_async.ports.deadlines import remaining_s
from tests.contracts.connections import Fabric

_REFUSED = (
    "Failed to write to /dev/nvme-fabrics: {}\ncould not add new controller: failed to write to nvme-fabrics device\n"
)


@dataclass
class Exported:
    """A subsystem of the target."""

    size_bytes: int
    allowed_host: str
    namespaces: int = 1


@dataclass
class NvmeKernel(Programs, Fabric):
    """Programs of which `nvme` and `modprobe` are played, and the target that they reach.

    With `multipath` the device belongs to the subsystem, else to the controller. `missing` programs are not there,
    `connect_says` is what a connect answers in place of doing anything, and a `deaf` one says yes to a disconnect only.
    """

    root: Path
    multipath: bool = True
    missing: list[str] = field(default_factory=list)
    exports: dict[str, Exported] = field(default_factory=dict)
    argvs: list[tuple[str, ...]] = field(default_factory=list)
    logs: str = ""  # what the kernel says when somebody connects; {controller} is the one that is made
    waiting: int = 0
    most_waiting: int = 0  # connects at the same time
    connect_says: Completed | None = None
    modprobe_works: bool = True
    deaf: bool = False
    held: set[str] = field(default_factory=set)  # devices that the kernel holds for itself
    subsystems: int = 0
    controllers: int = 7  # never equal to the subsystem's number
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # the kernel makes one subsystem at a time

    @property
    def sys(self) -> Path:
        """What stands for /sys."""
        return self.root / "sys"

    @property
    def dev(self) -> Path:
        """What stands for /dev."""
        return self.root / "dev"

    def load(self) -> None:
        """Have nvme-tcp there."""
        (self.sys / "module" / "nvme_tcp").mkdir(parents=True)
        self.dev.mkdir()
        (self.dev / "nvme-fabrics").touch()
        (self.dev / "kmsg").touch()

    async def run(self, argv: Sequence[str], *, timeout_s: float, most_bytes: int = 0) -> Completed:
        """See `Programs`."""
        del most_bytes
        remaining_s(timeout_s)
        self.argvs.append(tuple(argv))
        connects = argv[1] == "connect"
        self.waiting += connects
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            async with self.turn:
                return await asyncio.to_thread(self._play, tuple(argv))
        finally:
            self.waiting -= connects

    async def list_missing(self, names: object) -> list[str]:
        """See `Programs`."""
        del names
        return self.missing

    async def export(self, nqn: str, size_bytes: int, *, allowed_host: str = "") -> None:
        """See `Fabric`."""
        self.exports[nqn] = Exported(size_bytes, allowed_host)

    async def withdraw(self, nqn: str) -> None:
        """See `Fabric`. As in Linux 6.1 the controller goes on trying."""
        del self.exports[nqn]
        await self.set_state(nqn, "connecting")

    async def grow(self, nqn: str, size_bytes: int) -> None:
        """See `Fabric`."""
        self.exports[nqn].size_bytes = size_bytes

    async def set_state(self, nqn: str, state: str) -> None:
        """Set the state of every controller of a subsystem."""

        def change() -> None:
            for folder in self._subsystems(nqn):
                for file in folder.glob("nvme*/state"):
                    file.write_text(state + "\n")

        await asyncio.to_thread(change)

    async def lose_device(self, nqn: str) -> None:
        """Take the device away from under a live controller."""

        def change() -> None:
            for folder in self._subsystems(nqn):
                for device in [*folder.glob("nvme*n*"), *folder.glob("nvme*/nvme*n*")]:
                    if re.fullmatch(r"nvme\d+n\d+", device.name):
                        _remove(device)

        await asyncio.to_thread(change)

    async def change_identity(self, nqn: str) -> None:
        """Have another device answer under the same name."""

        def change() -> None:
            for folder in self._subsystems(nqn):
                for file in [*folder.glob("nvme*n*/wwid"), *folder.glob("nvme*/nvme*n*/wwid")]:
                    file.write_text("uuid.another\n")

        await asyncio.to_thread(change)

    async def lose_controllers(self, nqn: str) -> None:
        """Give up: what is left of the subsystem is its name."""

        def change() -> None:
            for folder in self._subsystems(nqn):
                for child in folder.iterdir():
                    if child.is_dir():
                        _remove(child)

        await asyncio.to_thread(change)

    async def connect_by_hand(self, nqn: str) -> None:
        """Have somebody else attach it."""
        await asyncio.to_thread(self._connect, nqn)

    def _play(self, argv: tuple[str, ...]) -> Completed:
        options = dict(word.removeprefix("--").partition("=")[::2] for word in argv if word.startswith("--"))
        if argv[0] == "modprobe":
            if not self.modprobe_works:
                message = "modprobe: FATAL: Module nvme-tcp not found"
                raise NotReadyError(message)
            self.load()
            return Completed(argv, 0, "", "")
        if argv == render_claim(argv[-1]):
            busy = f"OSError: [Errno 16] Device or resource busy: {argv[-1]!r}\n" if argv[-1] in self.held else ""
            return Completed(argv, int(bool(busy)), "", busy)
        if argv[:2] == ("nvme", "connect"):
            return self._play_connect(argv, options["nqn"], options["hostnqn"])
        if argv[:2] == ("nvme", "disconnect"):
            return self._play_disconnect(argv, options["nqn"])
        assert argv[:2] == ("nvme", "ns-rescan")
        self._play_rescan(argv[2].removeprefix("/dev/"))
        return Completed(argv, 0, "", "")

    def _play_connect(self, argv: tuple[str, ...], nqn: str, host_nqn: str) -> Completed:
        if self.logs:
            with (self.dev / "kmsg").open("a") as log:
                log.write(f"3,1,1,-;{self.logs.format(controller=self.controllers)}\n")
        if self.connect_says is not None:
            return self.connect_says
        if self._subsystems(nqn):
            return Completed(argv, 1, "", "already connected\n")
        export = self.exports.get(nqn)
        if export is None or export.allowed_host not in {"", host_nqn}:
            return Completed(argv, 1, "", _REFUSED.format("Input/output error"))
        self._connect(nqn)
        return Completed(argv, 0, "", "")

    def _connect(self, nqn: str) -> None:
        number, controller = self.subsystems, self.controllers
        self.subsystems, self.controllers = number + 1, controller + 1
        subsystem = self.sys / "class" / "nvme-subsystem" / f"nvme-subsys{number}"
        path = subsystem / f"nvme{controller}"
        path.mkdir(parents=True)
        (subsystem / "subsysnqn").write_text(nqn + "\n")
        (path / "state").write_text("live\n")
        (subsystem / f"ng{number}n1").mkdir()
        for index in range(1, self.exports[nqn].namespaces + 1):
            device = subsystem / f"nvme{number}n{index}" if self.multipath else path / f"nvme{controller}n{index}"
            self._add_device(device, number * 10 + index, self.exports[nqn].size_bytes)
            if self.multipath:
                self._add_device(path / f"nvme{number}c{controller}n{index}", 999, self.exports[nqn].size_bytes)

    def _add_device(self, folder: Path, minor: int, size_bytes: int) -> None:
        folder.mkdir()
        (folder / "dev").write_text(f"259:{minor}\n")
        (folder / "size").write_text(f"{size_bytes // 512}\n")
        (folder / "wwid").write_text(f"uuid.{minor}\n")

    def _play_disconnect(self, argv: tuple[str, ...], nqn: str) -> Completed:
        folders = self._subsystems(nqn)
        for folder in [] if self.deaf else folders:
            _remove(folder)
        return Completed(argv, 0, f"NQN:{nqn} disconnected {len(folders)} controller(s)\n", "")

    def _play_rescan(self, controller: str) -> None:
        (path,) = self.sys.glob(f"class/nvme-subsystem/*/{controller}")
        nqn = (path.parent / "subsysnqn").read_text().strip()
        for size in [*path.parent.glob("nvme*n*/size"), *path.glob("nvme*n*/size")]:
            size.write_text(f"{self.exports[nqn].size_bytes // 512}\n")

    def _subsystems(self, nqn: str) -> list[Path]:
        folders = self.sys.glob("class/nvme-subsystem/*")
        return [folder for folder in folders if (folder / "subsysnqn").read_text().strip() == nqn]


def _remove(folder: Path) -> None:
    for child in folder.iterdir():
        _remove(child) if child.is_dir() else child.unlink()
    folder.rmdir()
