"""What is found out about a volume where it is published: its size, its filling, and what is wrong with it."""

from dataclasses import dataclass

from rds_csi_async.domain.conditions import Condition
from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import VolumeNotFoundError
from rds_csi_async.domain.filesystems import Usage
from rds_csi_async.domain.mounts import PathKind, find_mount
from rds_csi_async.domain.node_volumes import NodeVolume, at_path, device_numbers


@dataclass(frozen=True, slots=True)
class VolumeStats:
    """What NodeGetVolumeStats answers. `usage` None: not known, or a block device; `size_bytes` None: not known."""

    usage: Usage | None
    size_bytes: int | None
    condition: Condition


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of a volume at a path without touching the path."""

    connection: Connection | None  # None: the device is gone
    kind: str  # mount or block
    trouble: str | None  # None: none was found
    stale: bool = False  # a mount whose device is gone

    @property
    def size_bytes(self) -> int | None:
        """The size of the device, while there is one."""
        return None if self.connection is None else self.connection.size_bytes

    @property
    def measurable(self) -> bool:
        """There is a file system, and asking it does not hang."""
        return self.kind == "mount" and self.connection is not None and self.connection.live


def decide_finding(volume: NodeVolume, path: str) -> Finding:
    """Tell how the volume fares at the path, from the mount table and the connections alone.

    Raises:
        VolumeNotFoundError: it is not there.

    """
    mount = find_mount(volume.mounts, path)
    if mount is None:
        return _find_block(volume, path)
    if mount.device_number not in device_numbers(volume):
        message = f"{mount.source} is mounted at {path}, which is not this volume"
        raise VolumeNotFoundError(message)
    for held in volume.held:
        if held.connection is not None and held.device_number == mount.device_number:
            return Finding(held.connection, "mount", _trouble(volume, held.connection))
    trouble = f"the device {mount.source} of the mount at {path} is gone: the pods that use it have to be deleted"
    return Finding(None, "mount", trouble, stale=True)


def _find_block(volume: NodeVolume, path: str) -> Finding:
    record = volume.record
    if record is None or record.kind != "block" or path not in {record.staging_path, *volume.block_targets}:
        message = f"the volume is not at {path}"
        raise VolumeNotFoundError(message)
    held = volume.find_held(record.nqn)
    if held is None or held.connection is None:
        return Finding(None, "block", f"the device of {record.nqn} is gone: the pods that use it have to be deleted")
    shown = volume.path.device_number if volume.path.kind is PathKind.BLOCK_DEVICE else record.device_number
    if shown != held.device_number:
        return Finding(held.connection, "block", f"{path} is the lost device {shown}: the pod has to be deleted")
    return Finding(held.connection, "block", _trouble(volume, held.connection))


def _trouble(volume: NodeVolume, connection: Connection) -> str | None:
    if not connection.live:
        return f"the link to {connection.nqn} is down: reads and writes wait"
    record = volume.record
    staged = at_path(volume, volume.staged_path)
    if record is not None and not record.read_only and staged and staged[-1].read_only:
        return f"{connection.device} became read-only at {record.staging_path}: its file system met an error"
    return None
