"""What the kernel shows of loop devices and of NVMe in sysfs.

NVMe is read by name of the subsystem (its NQN), never by a guessed device name. With native multipath the block device
is a child of the subsystem, `nvmeXnY`, X being the subsystem's instance; the paths to it, `nvmeXcCnY` below each
controller, are hidden. Without, it is a child of the controller, and the subsystem goes on naming a controller that is
gone while its device is mounted; that one has no state any more. Y counts, and is not the namespace's id.

An entry can go while it is read; then it is not there. For any other reason that it cannot be read it may well be
there, and that is an error: what is not seen would be taken for detached. All of it blocks, shortly.
"""

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rds_csi_async.domain.errors import HostError

SECTOR_BYTES = 512  # of sysfs, whatever the device's own
_MOST_BYTES = 1 << 16  # an attribute fits one page, and one read gives all of it (kernel documentation, sysfs)
_CONTROLLER = re.compile(r"nvme\d+")
_NAMESPACE = re.compile(r"nvme\d+n\d+")
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO})


@dataclass(frozen=True, slots=True)
class Controller:
    """One session with a target."""

    name: str
    state: str  # new, live, resetting, connecting, deleting ...


@dataclass(frozen=True, slots=True)
class Namespace:
    """One block device."""

    name: str
    device_number: str
    size_bytes: int
    identity: str = ""  # how the target names it: uuid., eui. or nvme. and digits


@dataclass(frozen=True, slots=True)
class Subsystem:
    """All that there is of one NQN. Without controllers it is only kept by who still has its device open."""

    nqn: str
    controllers: tuple[Controller, ...]
    namespaces: tuple[Namespace, ...]

    @property
    def live(self) -> bool:
        """A session works now."""
        return any(controller.state == "live" for controller in self.controllers)

    @property
    def is_connected(self) -> bool:
        """There is something to disconnect from."""
        return bool(self.controllers or self.namespaces)


def list_subsystems(sys: Path, only: str = "") -> list[Subsystem]:
    """Read all of them, or all there is of one NQN: of the others then nothing but their names."""
    found: dict[str, list[Path]] = {}
    for folder in _children(sys / "class" / "nvme-subsystem"):
        nqn = _read(folder / "subsysnqn")
        if nqn and only in {"", nqn}:
            found.setdefault(nqn, []).append(folder)
    return [_read_subsystem(nqn, folders) for nqn, folders in found.items()]


def list_backing_files(sys: Path) -> Iterator[tuple[str, str]]:
    """Give the name of each loop device in use, with its file as the kernel writes it.

    A machine can have hundreds that are not in use, so of those hardly more is touched than the name. /proc/partitions
    lists fewer, but leaves out one that is there when another goes while it is read in more than one piece.
    """
    folder = f"{sys}/block"
    for name in _names(folder):
        file = _read(f"{folder}/{name}/loop/backing_file") if name.startswith("loop") else ""
        if file:
            yield name, file


def read_block_device(folder: Path) -> Namespace | None:
    """Read one device from its folder in sysfs; None when it is gone."""
    number, sectors = _read(folder / "dev"), _read(folder / "size")
    if not (number and sectors):
        return None
    return Namespace(folder.name, number, int(sectors) * SECTOR_BYTES, _read(folder / "wwid"))


def _read_subsystem(nqn: str, folders: list[Path]) -> Subsystem:
    controllers = []
    namespaces: dict[str, Namespace] = {}
    for folder in folders:
        for child in _children(folder):
            if _CONTROLLER.fullmatch(child.name) and (state := _read(child / "state")):
                controllers.append(Controller(child.name, state))
                namespaces |= _namespaces(child)
        namespaces |= _namespaces(folder)
    return Subsystem(nqn, tuple(controllers), tuple(namespaces.values()))


def _namespaces(folder: Path) -> dict[str, Namespace]:
    devices = (read_block_device(child) for child in _children(folder) if _NAMESPACE.fullmatch(child.name))
    return {device.name: device for device in devices if device is not None}


def _children(folder: Path) -> list[Path]:
    return [folder / name for name in _names(folder)]


def _names(folder: Path | str) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - names are all that is wanted
    except OSError as error:
        _ensure_gone(folder, error)
        return []


def _read(path: Path | str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            content = os.read(descriptor, _MOST_BYTES)
        finally:
            os.close(descriptor)
    except OSError as error:
        _ensure_gone(path, error)
        return ""
    return content.decode(errors="surrogateescape").removesuffix("\n")


def _ensure_gone(path: Path | str, error: OSError) -> None:
    if error.errno not in _GONE:
        message = f"{path} cannot be read, so what this node has attached is not known: {error.strerror}"
        raise HostError(message) from error
