"""Who holds a volume, and who may: decisions over the record that was read just now.

A volume nobody holds is closed. The first holder opens it under a new NQN, which no earlier holder knows; the last one
that leaves closes it. Nothing that is measured in time ever frees a volume.
"""

from dataclasses import dataclass, replace

from rds_csi_async.domain.capabilities import AccessMode, Capability, ensure_supported
from rds_csi_async.domain.errors import (
    HeldElsewhereError,
    IncompatibleVolumeError,
    InvalidRequestError,
    NotReadyError,
    RefusedError,
)
from rds_csi_async.domain.identifiers import Nqn, find_nqn
from rds_csi_async.domain.records import SEVERAL_NODES, Holder, Record, encode_record
from rds_csi_async.domain.volumes import Change, Volume, last_sequence


@dataclass(frozen=True, slots=True)
class PublishWish:
    """A node that is to hold a volume, and what a first publish would need that cannot be derived."""

    node_id: str
    capability: Capability
    read_only: bool
    owner: str
    writer: str
    nqn_mark: str  # 16 hex digits, random and never used before


def decide_publish(volume: Volume, wish: PublishWish) -> tuple[Record, Change | None]:
    """Choose the record that says that the node holds the volume; no change when it says so already.

    Raises:
        HeldElsewhereError: another node holds it, and they may not both.
        RefusedError: nobody can tell who holds it; or the record is older than the name that the volume bears.
        IncompatibleVolumeError: the node holds it in another way (CSI 1.12, ControllerPublishVolume).
        InvalidRequestError: it is a block volume and asked for as a file system, or the other way round; or nobody can
            be served so (two nodes that mount one file system and write).
        NotReadyError: the volume shows no size, so no node can tell its device from another.

    """
    ensure_supported([wish.capability])
    record = _readable(volume, wish)
    holder = Holder(wish.node_id, wish.capability.mode, wish.read_only)
    if record.kind != wish.capability.kind:
        message = f"{volume.slot} was made as {record.kind}, and cannot be published as {wish.capability.kind}"
        raise InvalidRequestError(message)
    if volume.size_bytes == 0:
        message = f"the appliance shows {volume.slot} with no bytes: is its file {volume.file_path} there?"
        raise NotReadyError(message)
    if not record.holders:
        return _opened(volume, record, holder, wish)
    same = [held for held in record.holders if held.node_id == wish.node_id]
    if same and same != [holder]:
        message = (
            f"{volume.slot} is published to {wish.node_id} as {same[0].usage}; unpublish it there before it is"
            f" published as {holder.usage}"
        )
        raise IncompatibleVolumeError(message)
    if same:
        return (record, None) if is_as_recorded(volume, record) else _next(volume, record, wish.writer, exported=True)
    _ensure_together(volume, record, holder)
    joined = replace(record, holders=(*record.holders, holder), only_node=SEVERAL_NODES)
    return _next(volume, joined, wish.writer, exported=True)


def decide_unpublish(volume: Volume, node_id: str, owner: str, writer: str) -> Change | None:
    """Choose the change after which the node (empty: every node) holds the volume no more; None when so already.

    Raises:
        RefusedError: the record is gone while the export is on, so nobody can tell whom closing it would cut off; or
            the disk is not this cluster's.

    """
    record = volume.record()
    if record is None and not volume.exported:
        return None
    if record is None or record.owner != owner or volume.disk_type != "file":
        message = (
            f"the record of {volume.slot} is gone, or says that it is not this cluster's; when no node uses it, set"
            " nvme-tcp-export=no on the disk by hand"
        )
        raise RefusedError(message)
    left = tuple(held for held in record.holders if node_id and held.node_id != node_id)
    if left == record.holders and is_as_recorded(volume, record):
        return None
    return _next(volume, replace(record, holders=left), writer, exported=bool(left))[1]


def is_as_recorded(volume: Volume, record: Record) -> bool:
    """Tell whether a volume is open, under the name in its record, exactly when somebody holds it."""
    if not record.holders:
        return not volume.exported
    return volume.exported and volume.nqn == str(nqn_of(volume, record))


def nqn_of(volume: Volume, record: Record) -> Nqn:
    """Give the name under which the record says the volume is open."""
    return Nqn(volume.slot, record.sequence, record.nqn_mark)


def _readable(volume: Volume, wish: PublishWish) -> Record:
    record = volume.record()
    if record is not None and record.owner == wish.owner and volume.disk_type == "file":
        return record
    if record is not None or volume.exported or volume.disk_type != "file" or not volume.is_at_own_path:
        message = (
            f"disk {volume.slot} ({volume.file_path!r}) is not ours, or has lost its record while its export is on:"
            " nothing was done to it; ask whoever made it, or switch its export off when nobody uses it"
        )
        raise RefusedError(message)
    # Erased by hand while closed: it is served, but nobody may ever delete it, and no good of its past is believed.
    return Record(
        wish.owner, "", volume.size_bytes, wish.capability.kind, 0, wish.writer,
        sequence=max(last_sequence(volume), 1), only_node=SEVERAL_NODES, erased_once=True,
    )  # fmt: skip


def _opened(volume: Volume, record: Record, holder: Holder, wish: PublishWish) -> tuple[Record, Change]:
    first = replace(
        record,
        holders=(holder,),
        sequence=max(last_sequence(volume), record.sequence) + 1,
        nqn_mark=wish.nqn_mark,
        only_node=holder.node_id if record.only_node in {"", holder.node_id} else SEVERAL_NODES,
    )
    return _next(volume, first, wish.writer, exported=True)


def _next(volume: Volume, record: Record, writer: str, *, exported: bool) -> tuple[Record, Change]:
    after = replace(record, generation=record.generation + 1, writer=writer)
    if not exported:
        return after, Change(encode_record(after), exported=False)
    shown = find_nqn(volume.nqn)
    if shown is not None and shown.sequence > after.sequence:
        message = (
            f"the record of {volume.slot} is older than the name {volume.nqn}, as after a restored backup: unpublish it"
            " from every node first, so that no name comes back that a node may still know"
        )
        raise RefusedError(message)
    return after, Change(encode_record(after), exported=True, nqn=str(nqn_of(volume, after)))


def _ensure_together(volume: Volume, record: Record, holder: Holder) -> None:
    nodes = ", ".join(held.node_id for held in record.holders)
    modes = {held.mode for held in record.holders} | {holder.mode}
    if len(modes) > 1 or not holder.mode.many_nodes:
        message = (
            f"{volume.slot} is held by {nodes} ({', '.join(sorted(mode.name for mode in modes))}); unpublish it there"
        )
        raise HeldElsewhereError(message)
    writers = [held for held in (*record.holders, holder) if not held.read_only]
    if holder.mode is AccessMode.MULTI_NODE_SINGLE_WRITER and len(writers) > 1:
        message = f"{volume.slot} has its one writer among {nodes}; publish it read-only, or unpublish it there"
        raise HeldElsewhereError(message)
