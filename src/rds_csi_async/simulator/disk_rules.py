"""What a `/disk` entry of type file may be, and what it looks like; nothing here is done."""

from collections.abc import Iterable, Mapping
from typing import Final

from rds_csi_async.simulator.disk_schema import FILE_DISK_DEFAULTS, NVME_TCP_PORT, SLOT_MOST_CHARACTERS
from rds_csi_async.simulator.exports import Export
from rds_csi_async.simulator.failures import (
    NOT_CHANGEABLE,
    NQN_TAKEN,
    SLOT_TAKEN,
    SLOT_TOO_LONG,
    Failure,
    refuse_argument,
)
from rds_csi_async.simulator.menus import ID, Row
from rds_csi_async.simulator.pools import Place, Pool
from rds_csi_async.simulator.sizes import SECTOR_BYTES
from rds_csi_async.simulator.values import ItemId, Value, render_value

_DEFAULT_NQN_PREFIX: Final = "nqn.2000-02.com.mikrotik:"
_SERVER: Final = ("nvme-tcp-server-port", "nvme-tcp-server-nqn", "nvme-tcp-server-allow-host-name")
_MOST_PORT: Final = 65_535


def ensure_acceptable(
    disk: Mapping[str, Value],
    others: Iterable[Mapping[str, Value]],
    pools: Iterable[str],
    most_slot_characters: int = SLOT_MOST_CHARACTERS,
) -> None:
    """Check an entry against what it may be and against all the others.

    Raises:
        Failure: it cannot be so.

    """
    slot, nqn = text_of(disk, "slot"), export_nqn(disk)
    if disk["type"] != "file":
        raise Failure(NOT_CHANGEABLE)
    if not slot or len(slot) > most_slot_characters:
        raise Failure(SLOT_TOO_LONG)
    port = disk.get("nvme-tcp-server-port", NVME_TCP_PORT)
    if not isinstance(port, int) or not 0 < port <= _MOST_PORT:
        refuse_argument("nvme-tcp-server-port")
    if slot in pools:
        raise Failure(SLOT_TAKEN)
    for other in others:
        if other["slot"] == slot:
            raise Failure(SLOT_TAKEN)
        if nqn is not None and export_nqn(other) == nqn:
            raise Failure(NQN_TAKEN)


def free_slot(taken: Iterable[str]) -> str:
    """Choose a slot for an entry that names none."""
    used = frozenset(taken)
    return next(f"file{number}" for number in range(1, len(used) + 2) if f"file{number}" not in used)


def export_nqn(disk: Mapping[str, Value]) -> str | None:
    """Name the subsystem that the entry is exported as; None if it is not exported."""
    if disk.get("nvme-tcp-export") is not True:
        return None
    return text_of(disk, "nvme-tcp-server-nqn") or _DEFAULT_NQN_PREFIX + text_of(disk, "slot")


def find_export(disk: Mapping[str, Value], place: Place | None) -> Export | None:
    """Describe the entry's export; None if it has none, or its pool is not there."""
    nqn = export_nqn(disk)
    if nqn is None or place is None:
        return None
    port = disk.get("nvme-tcp-server-port", NVME_TCP_PORT)
    allowed = text_of(disk, "nvme-tcp-server-allow-host-name")
    return Export(
        nqn=as_unicode(nqn),
        file=place.path.absolute(),
        size_bytes=sector_bytes(disk),
        allowed_host=as_unicode(allowed),
        port=port if isinstance(port, int) else NVME_TCP_PORT,
    )


def sector_bytes(disk: Mapping[str, Value]) -> int:
    """Return the size in whole sectors."""
    size_bytes = disk["file-size"]
    return size_bytes // SECTOR_BYTES * SECTOR_BYTES if isinstance(size_bytes, int) else 0


def file_disk_row(number: int, disk: Mapping[str, Value]) -> Row:
    """Show an entry: what the export is like shows when it is on, or when it was set."""
    exported = disk.get("nvme-tcp-export") is True
    server: dict[str, Value] = dict(
        zip(_SERVER, (NVME_TCP_PORT, export_nqn(disk) or "", ""), strict=True) if exported else ()
    )
    row: dict[str, Value] = {
        **FILE_DISK_DEFAULTS,
        **server,
        **disk,
        ID: ItemId(number),
        "block-device": True,
        "mounted": False,
        "model": disk["file-path"],
        "size": sector_bytes(disk),
    }
    if not text_of(row, "comment"):
        row.pop("comment", None)
    if exported and not row["nvme-tcp-server-nqn"]:
        row["nvme-tcp-server-nqn"] = export_nqn(disk) or ""
    return row


def pool_row(number: int, pool: Pool, comment: Value | None) -> Row:
    """Show a pool: a RAID with a file system, of which the fields of a mounted one are absent while it is not."""
    settings = pool.settings
    row: dict[str, Value] = {
        ID: ItemId(number),
        "block-device": True,
        "mounted": pool.mounted,
        "type": "raid",
        "slot": settings.name,
        "slot-default": "",
        "parent": "",
        "model": "RAID0 striped",
        "size": settings.size_bytes,
        "mount-filesystem": True,
        "mount-read-only": False,
        "compress": False,
        "sector-size": SECTOR_BYTES,
        "raid-type": "0",
        "raid-master": "none",
        "state": pool.array_state,
        **dict.fromkeys(("nvme-tcp-export", "iscsi-export", "nfs-sharing", "smb-sharing", "media-sharing"), False),
        "media-interface": "none",
        "swap": False,
    }
    if comment:
        row["comment"] = comment
    if not pool.mounted:
        return row | {"fs": "-"}
    return row | {
        "fs": settings.fs,
        "fs-label": settings.label,
        "fs-uuid": settings.fs_uuid,
        "free": pool.free_bytes,
        "use": 100 * pool.occupied_bytes // settings.size_bytes,
        "mount-point": settings.name,
    }


def text_of(disk: Mapping[str, Value], name: str) -> str:
    """Return a property as text; empty if it is absent."""
    return render_value(disk.get(name, ""))


def as_unicode(text: str) -> str:
    """Turn the console's bytes into text for files and people."""
    return text.encode("latin-1").decode("utf-8", "replace")
