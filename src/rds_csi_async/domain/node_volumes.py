"""What a node has of one volume: its state file, its connections, the mount table. Facts, and what they mean."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import NotReadyError, RefusedError
from rds_csi_async.domain.identifiers import Nqn
from rds_csi_async.domain.mounts import Mount, PathFact, find_mount
from rds_csi_async.domain.stage_records import StageRecord


@dataclass(frozen=True, slots=True)
class Held:
    """One connection of the volume; `connection` is None while it has no usable device."""

    nqn: Nqn
    connection: Connection | None

    @property
    def device_number(self) -> str:
        """The device's major:minor; empty while there is none."""
        return "" if self.connection is None else self.connection.device_number


@dataclass(frozen=True, slots=True)
class NodeVolume:
    """One volume as this node showed it just now."""

    record: StageRecord | None
    held: tuple[Held, ...]  # every connection to an NQN of the volume's slot
    mounts: tuple[Mount, ...]  # the whole table
    path: PathFact  # at the path that the request names; a mount there is a directory
    block_targets: tuple[str, ...] = ()  # recorded targets where a block device node stands

    @property
    def staged_path(self) -> str:
        """Where the state file says that the volume is staged; empty: nowhere."""
        return "" if self.record is None else self.record.staging_path

    @property
    def recorded_nqn(self) -> str:
        """The name that the state file knows; empty: there is no state file."""
        return "" if self.record is None else self.record.nqn

    def find_held(self, nqn: str) -> Held | None:
        """Find the connection to this NQN."""
        return next((held for held in self.held if str(held.nqn) == nqn), None)


def recorded_number(volume: NodeVolume) -> str:
    """Give the device number of the state file while it can still mean this volume's device; else nothing.

    The kernel gives a number away again only when neither the device nor a mount of it is left. So it counts while
    the connection stands from which it was taken (and shows no other), or while the mount stands that was made of it:
    after a reboot neither does, and another volume may have it.
    """
    record = volume.record
    if record is None or not record.device_number:
        return ""
    mounted = any(mount.device_number == record.device_number for mount in at_path(volume, record.staging_path))
    held = volume.find_held(record.nqn)
    connected = held is not None and held.device_number in {"", record.device_number}
    return record.device_number if mounted or connected else ""


def possible_numbers(volume: NodeVolume) -> frozenset[str]:
    """Give every device number that a mount of the volume may show; none when any may.

    That of the state file counts here whatever became of its device: what is left of that is the volume's.
    """
    if any(held.connection is None for held in volume.held):
        return frozenset()
    recorded = "" if volume.record is None else volume.record.device_number
    return frozenset({held.device_number for held in volume.held} | {recorded}) - {""}


def device_numbers(volume: NodeVolume) -> frozenset[str]:
    """Give every device number under which the volume can be mounted here.

    Raises:
        NotReadyError: a connection shows no device and the state file does not know its number, so nothing can be
            proven about its mounts.

    """
    for held in volume.held:
        if held.connection is None and str(held.nqn) != volume.recorded_nqn:
            message = f"{held.nqn} is connected without a usable device: what uses it cannot be told"
            raise NotReadyError(message)
    return frozenset({held.device_number for held in volume.held} | {recorded_number(volume)}) - {""}


def at_path(volume: NodeVolume, path: str) -> list[Mount]:
    """List what is mounted at exactly this path, the one that is seen last."""
    return [mount for mount in volume.mounts if mount.path == path]


def find_number(volume: NodeVolume, path: str) -> str:
    """Give the device number of what is seen at this path; empty when nothing is mounted there."""
    mount = find_mount(volume.mounts, path)
    return "" if mount is None else mount.device_number


def is_stale(volume: NodeVolume) -> bool:
    """Tell whether the volume is mounted at its staging path from a device that is gone."""
    lost = {recorded_number(volume)} - {held.device_number for held in volume.held} - {""}
    return find_number(volume, volume.staged_path) in lost


def paths_of(volume: NodeVolume, numbers: Collection[str]) -> list[str]:
    """List where these devices are mounted, each path once."""
    return list(dict.fromkeys(mount.path for mount in volume.mounts if mount.device_number in numbers))


def ensure_only(volume: NodeVolume, path: str, numbers: Collection[str]) -> None:
    """Insist that nothing but these devices is mounted at the path.

    Raises:
        RefusedError: something else is.

    """
    for mount in at_path(volume, path):
        if mount.device_number not in numbers:
            message = f"{mount.source} ({mount.device_number}) is mounted at {path}, which is not this volume"
            raise RefusedError(message)


def ensure_unused(users: Iterable[str], what: str) -> None:
    """Insist that no pod uses what is to be taken away.

    Raises:
        RefusedError: the paths of those that do.

    """
    paths = sorted(users)
    if paths:
        message = f"{what}, and is still used at {', '.join(paths[:5])}: delete the pods that use it"
        raise RefusedError(message)


def ensure_known_use(volume: NodeVolume, held: Iterable[Held]) -> None:
    """Detach nothing of which nobody can tell how it is used: the kernel does not tell who has a raw device open.

    The state file is written before anything is attached, so a device without one has lost it; a mount shows the use.
    Over a link that is down nothing is written any more.

    Raises:
        RefusedError: one of these connections may be in use as a raw device.

    """
    if volume.record is not None or paths_of(volume, device_numbers(volume)):
        return
    names = [str(each.nqn) for each in held if each.connection is not None and each.connection.live]
    if names:
        message = (
            f"{', '.join(names)} is attached, and its state file on this node is lost: a pod may have the raw device"
            " open. When none has, end it by hand (nvme disconnect -n, or losetup -d), or reboot the node"
        )
        raise RefusedError(message)
