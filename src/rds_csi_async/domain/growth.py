"""Growing a volume on its node: where, and from which size on."""

from dataclasses import dataclass

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import NotReadyError, VolumeNotFoundError
from rds_csi_async.domain.node_volumes import NodeVolume, at_path, device_numbers, find_number


@dataclass(frozen=True, slots=True)
class Growth:
    """What is to grow."""

    connection: Connection
    path: str  # where its file system is mounted; empty: there is none to grow
    file_system: str


def decide_growth_on_node(volume: NodeVolume, path: str) -> Growth:
    """Find what grows when the volume at the path does.

    Raises:
        VolumeNotFoundError: the volume is not there.
        NotReadyError: its device is gone, or the link is down.

    """
    if not _is_there(volume, path):
        message = f"the volume is not at {path}"
        raise VolumeNotFoundError(message)
    connection = _find_connection(volume, path)
    if connection is None:
        message = f"the device of the volume at {path} is gone"
        raise NotReadyError(message)
    if not connection.live:
        message = f"the link to {connection.nqn} is down: its size cannot be read"
        raise NotReadyError(message)
    return _growth(volume, path, connection)


def _is_there(volume: NodeVolume, path: str) -> bool:
    if at_path(volume, path):
        return find_number(volume, path) in device_numbers(volume)
    record = volume.record
    return record is not None and record.kind == "block" and path in {record.staging_path, *volume.block_targets}


def _find_connection(volume: NodeVolume, path: str) -> Connection | None:
    """Find the connection of the device that is mounted at the path, or of the one that was staged."""
    number = find_number(volume, path)
    for held in volume.held:
        if number == held.device_number if number else volume.recorded_nqn == str(held.nqn):
            return held.connection
    return None


def _growth(volume: NodeVolume, path: str, connection: Connection) -> Growth:
    """Grow a file system where it is mounted writable: at the staging path, since a pod's may be read-only."""
    mounts = [*at_path(volume, path), *at_path(volume, volume.staged_path)]
    for mount in reversed(mounts):
        if mount.device_number == connection.device_number and not mount.read_only:
            return Growth(connection, mount.path, mount.file_system)
    return Growth(connection, "", "")
