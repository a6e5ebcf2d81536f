"""The `/file` and `/disk/btrfs/subvolume` menus: making room for a volume's file, and taking it away again.

Removing a disk leaves its file (RouterOS manual, `/disk`), and on Btrfs a removed file may be listed for a while.
"""

from rds_csi_async.routeros.pools import MountedPool
from rds_csi_async.routeros.syntax import render_text


def render_ensure_room(pool: MountedPool, slot: str) -> str:
    """Make the folder, or the subvolume, that the file will lie in, if it is not there."""
    if pool.has_subvolumes:
        where = _where_subvolume(pool, slot)
        return f":if ([:len [/disk/btrfs/subvolume/find where {where}]] = 0) do={{/disk/btrfs/subvolume/add {where}}}"
    name = render_text(pool.folder)
    add = f"/file/add name={name} type=directory"  # another session may have made it since: what needs it will tell
    return f":if ([:len [/file/find where name={name}]] = 0) do={{:do {{{add}}} on-error={{}}}}"


def render_remove_file(file_path: str) -> str:
    """Remove a file that no disk uses; a disk that uses it, in whatever slot, stops the line.

    The file is looked up before its users are: one that another session makes in between, with its disk, is not in
    `xF`, and stays. Most often there is none, and nobody has to look through all disks.
    """
    name = file_path.strip("/")
    return (
        f':local xF [/file/find where name={render_text(name)} type!="directory"];'
        f":foreach xK in=$xF do={{{_render_ensure_unused(name)};/file/remove $xK}}"
    )


def render_ensure_only_user(file_path: str) -> str:
    """Stop the line unless exactly one disk uses the file."""
    name = file_path.strip("/")
    return f":if ({_render_users(name)} != 1) do={{:error {render_text('xshared ' + name)}}}"


def render_remove_place(pool: MountedPool, slot: str) -> list[str]:
    """Remove a volume's subvolume, with all that is in it; nothing on pools without them.

    A disk that uses the file in it stops the line: another session may have made the volume anew since ours went.
    """
    if not pool.has_subvolumes:
        return []
    found = f"/disk/btrfs/subvolume/find where {_where_subvolume(pool, slot)}"
    ensure_unused = _render_ensure_unused(pool.file_name(slot))
    return [f":foreach xK in=[{found}] do={{{ensure_unused};/disk/btrfs/subvolume/remove $xK}}"]


def render_count_file(file_path: str) -> str:
    """Add to `xL` one for a file that is still listed."""
    return f":set xL ($xL + [:len [/file/find where name={render_text(file_path.strip('/'))}]])"


def render_count_place(pool: MountedPool, slot: str) -> list[str]:
    """Add to `xL` one for a subvolume that is still listed."""
    if not pool.has_subvolumes:
        return []
    return [f":set xL ($xL + [:len [/disk/btrfs/subvolume/find where {_where_subvolume(pool, slot)}]])"]


def _where_subvolume(pool: MountedPool, slot: str) -> str:
    return f"fs={render_text(pool.label)} name={render_text(slot)}"


def _render_ensure_unused(name: str) -> str:
    return f":if ({_render_users(name)} != 0) do={{:error {render_text('xshared ' + name)}}}"


def _render_users(name: str) -> str:
    """Count the disks that use a file, whichever way they write its path; last in the way in which we do.

    So what another session makes is missed only in the two words that are left then.
    """
    with_slash, without = render_text("/" + name), render_text(name)
    return f"([:len [/disk/find where file-path={without}]] + [:len [/disk/find where file-path={with_slash}]])"
