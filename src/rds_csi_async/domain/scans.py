"""How a staged volume fares, found out without anybody asking; and whether it may be healed here and now.

The mount table, `stat` and `statfs` look as ever when a device is gone for good (measured on Linux 6.1 and 6.12), so
what counts is whether the device number of the mount still is the number of the connection's device.
"""

from dataclasses import dataclass
from enum import StrEnum

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.contexts import decode_publish_context
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.identifiers import Host, find_volume_id
from rds_csi_async.domain.mounts import find_mount
from rds_csi_async.domain.node_volumes import NodeVolume, at_path, is_stale, paths_of, recorded_number
from rds_csi_async.domain.session_options import parse_session_options
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.domain.staging import StageRequest


class Trouble(StrEnum):
    """What can be wrong with a volume on this node."""

    NONE = ""
    STALE = "stale"  # it is mounted from a device that is gone, and stays dead whatever comes back
    NO_DEVICE = "no device"  # connected, and the connection has no usable device
    LINK_DOWN = "link down"  # reads and writes wait
    READ_ONLY = "read-only"  # its file system gave up writing
    HUNG = "hung"  # the link is up, and asking the file system takes for ever


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found, in a word and in a sentence for whoever has to act; who uses the volume."""

    trouble: Trouble
    note: str = ""
    users: tuple[str, ...] = ()

    @property
    def is_healable(self) -> bool:
        """Nothing but the staging mount stands on the lost device, so it can be made anew without harm to anyone."""
        return self.trouble is Trouble.STALE and not self.users


WELL = Diagnosis(Trouble.NONE)


def diagnose(volume: NodeVolume) -> Diagnosis:
    """Tell how a volume fares on this node from its state file, the connections and the mount table."""
    record = volume.record
    if record is None or not record.staging_path:
        return WELL
    held = volume.find_held(record.nqn)
    if held is not None and held.connection is None:
        note = f"{record.nqn} is connected and shows no usable device: reads and writes fail"
        return Diagnosis(Trouble.NO_DEVICE, note)
    if is_stale(volume):
        users = tuple(path for path in paths_of(volume, {recorded_number(volume)}) if path != record.staging_path)
        return Diagnosis(Trouble.STALE, _stale_note(record, users), users)
    if held is None or held.connection is None:
        return _diagnose_lost_block(volume, record)
    return _diagnose_device(volume, record, held.connection)


def _diagnose_device(volume: NodeVolume, record: StageRecord, connection: Connection) -> Diagnosis:
    if not connection.live:
        note = f"the link to {record.nqn} is down: reads and writes wait until the appliance is back"
        return Diagnosis(Trouble.LINK_DOWN, note)
    staged = at_path(volume, record.staging_path)
    if staged and staged[-1].read_only and not record.read_only:
        note = f"{connection.device} became read-only at {record.staging_path}: its file system met an error"
        return Diagnosis(Trouble.READ_ONLY, note)
    return WELL


def _diagnose_lost_block(volume: NodeVolume, record: StageRecord) -> Diagnosis:
    """Nothing is told of a file system that is not mounted either: after a reboot kubelet stages it anew."""
    if record.kind != "block" or not volume.block_targets:
        return WELL
    note = f"the device of {record.nqn} is gone; delete the pods that use it at {', '.join(volume.block_targets[:5])}"
    return Diagnosis(Trouble.STALE, note, volume.block_targets)


def _stale_note(record: StageRecord, users: tuple[str, ...]) -> str:
    lost = f"the device {record.device or record.device_number} of {record.staging_path} is gone"
    if not users:
        return f"{lost}, and nothing uses it: it is staged anew"
    return f"{lost}: delete the pods that use it at {', '.join(users[:5])}"


def find_stage_request(record: StageRecord, host: Host) -> StageRequest | None:
    """Give the request by which this volume was staged here; None when the state file does not tell it whole."""
    volume_id = find_volume_id(record.volume_id)
    if volume_id is None:
        return None
    try:
        context = decode_publish_context(record.context, volume_id, host)
        capability = Capability(AccessMode(record.mode), record.file_system or None, record.options)
        session = parse_session_options(record.session)
    except (DriverError, ValueError):
        return None
    if str(context.nqn) != record.nqn:
        return None
    return StageRequest(volume_id, record.staging_path, capability, context, record.claim, session=session)


def is_mounted(volume: NodeVolume) -> bool:
    """Tell whether the volume's file system is mounted where the state file says, so that it can be asked."""
    return bool(volume.staged_path) and find_mount(volume.mounts, volume.staged_path) is not None
