"""Connections that nobody on this node uses: which of them may be ended.

Ours is what bears this driver's prefix **and** has a state file here: a node that boots from the same appliance, or a
connection that a person made, has none. Nothing is ended before it has been unused for a while, remembered on disk.
"""

from datetime import datetime, timedelta

from rds_csi_async.domain.mounts import mounts_of
from rds_csi_async.domain.node_volumes import NodeVolume


def list_unused(volume: NodeVolume) -> tuple[str, ...]:
    """List the volume's connections that neither a mount nor a published device uses.

    A connection without a usable device is not listed: it cannot be told what stands on it.
    """
    record = volume.record
    if record is None:
        return ()
    unused = []
    for held in volume.held:
        number = held.device_number
        is_raw = record.kind == "block" and (record.targets or volume.block_targets)
        if number and not mounts_of(volume.mounts, number) and not is_raw:
            unused.append(str(held.nqn))
    return tuple(unused)


def is_due(unused_since: str, now: datetime, grace: timedelta) -> bool:
    """Tell whether what has been unused since then (ISO 8601) has been so for long enough; not when in doubt."""
    try:
        since = datetime.fromisoformat(unused_since)
    except ValueError:
        return False
    return since.tzinfo is not None and now - since >= grace
