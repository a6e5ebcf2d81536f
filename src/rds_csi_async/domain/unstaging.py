"""Taking a volume off a node."""

from dataclasses import replace

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.node_volumes import (
    NodeVolume,
    at_path,
    device_numbers,
    ensure_known_use,
    ensure_only,
    ensure_unused,
    paths_of,
)
from rds_csi_async.domain.stage_records import Format, StageRecord
from rds_csi_async.domain.staging import Takedown


def decide_unstage(volume: NodeVolume, staging_path: str) -> Takedown:
    """Choose what goes when the volume is unstaged; nothing, when nothing of it is there.

    Raises:
        RefusedError: a pod still uses the volume, or something else is mounted at the staging path.
        NotReadyError: what uses the volume cannot be told now.

    """
    numbers = device_numbers(volume)
    ensure_only(volume, staging_path, numbers)
    users = [path for path in paths_of(volume, numbers) if path != staging_path]
    if volume.find_held(volume.recorded_nqn) is not None:  # else the rest is left over from a reboot or a lost device
        users += volume.block_targets
        users += {volume.staged_path} - {"", staging_path, *users}
    ensure_unused(users, f"the volume is to be unstaged from {staging_path}")
    _ensure_written(volume, staging_path)
    ensure_known_use(volume, volume.held)
    mounted = (staging_path,) if staging_path in paths_of(volume, numbers) else ()
    return Takedown(mounted, numbers, volume.block_targets, tuple(str(held.nqn) for held in volume.held))


def _ensure_written(volume: NodeVolume, staging_path: str) -> None:
    """Insist that nothing waits to be written over a link that is down.

    An unmount leaves the mount table before its last page is written (Linux, `umount` of a dirty file system), so
    "not mounted" proves nothing while the link is down. When it does not come back the kernel gives the device up.
    """
    record = volume.record
    if at_path(volume, staging_path) or (record is not None and (record.kind == "block" or not record.device_number)):
        return
    for held in volume.held:
        if held.connection is not None and not held.connection.live:
            message = f"the link to {held.nqn} is down and an unmount may still be writing: it is not detached"
            raise NotReadyError(message)


def settled(record: StageRecord | None) -> StageRecord | None:
    """Give the state file of a volume that is no longer staged: none, unless a file system is half made.

    Only the node that began it can tell such leftovers from a stranger's data, so it must not forget.
    """
    if record is None or record.format is not Format.FORMATTING:
        return None
    return replace(record, staging_path="", targets=(), device_number="", device="")


def before_staging(record: StageRecord | None, takedown: Takedown) -> StageRecord | None:
    """Give the state file to go back to when staging fails.

    Of a stage that was taken down for it the path stays known: kubelet believes that the volume is staged there, and
    goes on publishing from it until that has been made true again.
    """
    if record is None or takedown.is_empty:
        return record
    return replace(record, targets=(), device_number="", device="")


def restored(before: StageRecord | None, now: StageRecord | None) -> StageRecord | None:
    """Give the state file to go back to when staging is undone: as before, but what was formatted since stays known."""
    if now is None or now.format is Format.NOT_BY_US:
        return before
    if before is None:
        return settled(now)
    again = replace(before, format=now.format, file_system=now.file_system)
    return again if again.staging_path else settled(again)
