"""The `/disk` menu: what to send about one disk, and what its row means."""

from rds_csi_async.domain.errors import InvalidRequestError, RefusedError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.routeros.pools import MountedPool, ShownPools, render_ensure_free
from rds_csi_async.routeros.rows import Row, find_text, flag_of, int_of, text_of
from rds_csi_async.routeros.syntax import render_rows, render_text

LONGEST_SLOT = 32  # seen on RouterOS 7.24.4
_LARGEST_PORT = 65535
_DEFAULT_PORT = 4420  # the manual's default of `nvme-tcp-server-port`, which only an exported disk shows


def render_disk(slot: str) -> str:
    """Print the row of the disk in a slot, if there is one. Never by a pattern."""
    return render_rows("disk", f"/disk/print detail as-value where slot={render_text(slot)}")


def render_count(slot: str) -> str:
    """Count the disks in a slot, as an expression."""
    return f"[:len [/disk/find where slot={render_text(slot)}]]"


def render_add(new: NewVolume, pool: MountedPool, nvme_port: int) -> str:
    """Make the disk, closed, and never mounted by the appliance itself (its default would mount a guest's files).

    The size goes out in whole MiB: a suffix is what has been seen to work on hardware.

    Raises:
        InvalidRequestError: the appliance cannot take the slot, or not this size exactly.

    """
    return (
        f"/disk/add type=file file-path={render_text('/' + pool.file_name(new.slot))}"
        f" file-size={_render_size(new.slot, new.size_bytes)} slot={render_text(new.slot)}"
        f" comment={render_text(new.comment)} mount-filesystem=no"
        f" nvme-tcp-export=no nvme-tcp-server-port={nvme_port}"
    )


def render_pick_unchanged(seen: Volume) -> list[str]:
    """Put into `xI` the one disk whose slot and record are as seen, or stop the line."""
    picked = [f":local xI {_render_unchanged(seen)}", ':if ([:len $xI] != 1) do={:error "xstale"}']
    if not seen.comment:  # a comment that is not set equals no text, so it is measured
        picked.append(':if ([:len [/disk/get ($xI->0) comment]] != 0) do={:error "xstale"}')
    return picked


def render_ensure_same_object(seen: Volume) -> list[str]:
    """Stop the line unless the picked disk is still a file-backed one, of the same file, and as closed as it was."""
    same = [
        ':if ([:tostr [/disk/get ($xI->0) type]] != "file") do={:error "xmoved"}',
        f':if ([:tostr [/disk/get ($xI->0) file-path]] != {render_text(seen.file_path)}) do={{:error "xmoved"}}',
    ]
    if not seen.exported:
        same += [
            ":local xO [:tostr [/disk/get ($xI->0) nvme-tcp-export]]",
            ':if (($xO = "true") or ($xO = "yes")) do={:error "xopen"}',
        ]
    return same


def render_change(seen: Volume, change: Change, pool: MountedPool | None) -> list[str]:
    """Change the picked disk and its record in one command, if it still is as seen at that very word.

    Raises:
        RefusedError: it would shrink.
        InvalidRequestError: the appliance cannot take this size exactly.

    """
    before: list[str] = []
    words = [f"/disk/set {_render_picked(seen)} comment={render_text(change.comment)}"]
    if change.size_bytes is not None:
        if change.size_bytes < seen.size_bytes:
            message = f"{seen.slot} has {seen.size_bytes} bytes: nothing shrinks, not even to {change.size_bytes}"
            raise RefusedError(message)
        before = [f':if ([/disk/get ($xI->0) size] > {change.size_bytes}) do={{:error "xshrink"}}']
        if pool is not None and change.size_bytes > seen.size_bytes:
            before.append(render_ensure_free(pool, change.size_bytes - seen.size_bytes))
        words.append(f"file-size={_render_size(seen.slot, change.size_bytes)}")
    if change.nqn is not None:
        words.append(f"nvme-tcp-server-nqn={render_text(change.nqn)}")
    if change.exported is not None:
        words.append(f"nvme-tcp-export={'yes' if change.exported else 'no'}")
    return [*before, " ".join(words)]


def render_remove(seen: Volume) -> list[str]:
    """Remove the picked disk, if it still is as seen at that very word, or stop the line."""
    return [f"/disk/remove {_render_picked(seen)}", f':if ({render_count(seen.slot)} != 0) do={{:error "xstale"}}']


def parse_volume(row: Row, pools: ShownPools) -> Volume:
    """Read a disk's row.

    Raises:
        ApplianceError: something that safety needs is not in it.

    """
    disk_type = text_of(row, "type")
    file_path = text_of(row, "file-path") if disk_type == "file" else find_text(row, "file-path") or ""
    exported = flag_of(row, "nvme-tcp-export")
    shows_port = exported or find_text(row, "nvme-tcp-server-port") is not None
    pool = pools.find_holder(file_path)
    return Volume(
        slot=text_of(row, "slot"),
        pool=None if pool is None else pool.settings.name,
        file_path=file_path,
        size_bytes=int_of(row, "size"),
        comment=find_text(row, "comment") or "",
        nqn=text_of(row, "nvme-tcp-server-nqn") if exported else find_text(row, "nvme-tcp-server-nqn") or "",
        port=int_of(row, "nvme-tcp-server-port", _LARGEST_PORT) if shows_port else _DEFAULT_PORT,
        exported=exported,
        disk_type=disk_type,
    )


def _render_unchanged(seen: Volume) -> str:
    """Find the disk whose slot and record are as seen, as an expression; a record that is not there equals no text."""
    record = f" comment={render_text(seen.comment)}" if seen.comment else ""
    return f"[/disk/find where slot={render_text(seen.slot)}{record}]"


def _render_picked(seen: Volume) -> str:
    """Name the picked disk, looked at once more: whoever changed its record since it was picked keeps it so.

    An item that is not found is no error of `set` and `remove`, or one ("expected item id"); it is told either way by
    what the line prints or counts afterwards.
    """
    return _render_unchanged(seen) if seen.comment else "($xI->0)"


def _render_size(slot: str, size_bytes: int) -> str:
    if not 0 < len(slot) <= LONGEST_SLOT or size_bytes <= 0 or size_bytes % MIB:
        message = f"disk {slot!r} of {size_bytes} bytes: a slot has at most {LONGEST_SLOT} characters, a size whole MiB"
        raise InvalidRequestError(message)
    return f"{size_bytes // MIB}M"
