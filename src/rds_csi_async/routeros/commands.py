"""Whole commands: the statements of one line each, in the order in which they may run.

A line that changes something first makes sure, on the appliance, that every pool is there and that nobody holds safe
mode; then that its object is as it was seen; then it acts, and prints what came of it. A line is no transaction:
between two words another session may come. The checks narrow that gap, and the uniqueness of slots closes it for `add`.
"""

from collections.abc import Sequence

from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.routeros import disks, files
from rds_csi_async.routeros.pools import MountedPool, render_guard, render_pools
from rds_csi_async.routeros.syntax import render_row, render_text

_SAFE_MODE = ':if ([/safe-mode/get enabled]) do={:error "xsafe"}'


def render_hello(pools: Sequence[PoolSettings]) -> list[str]:
    """Print the appliance's name and its pools."""
    return [render_row("name", "[/system/identity/get name]"), *render_pools(pools)]


def render_find(slot: str, pools: Sequence[PoolSettings]) -> list[str]:
    """Print the pools, then the disk in a slot."""
    return [*render_pools(pools), disks.render_disk(slot)]


def render_create(new: NewVolume, pool: MountedPool, pools: Sequence[MountedPool], nvme_port: int) -> list[str]:
    """Make a volume unless its slot is taken, and print what then is in the slot.

    A file of that name without a disk goes first: it is what a killed create left, which holds nothing, or a killed
    delete, whose data was meant to go. The slot belongs to one name of one cluster for ever, so the file can be nobody
    else's; and handing its old content to a new volume would be the worst of all.
    If `add` finds no room, what was made for it goes again: "the pool is full" also means that nothing was made. Any
    other failure may mean that somebody else makes the same volume right now, so nothing is taken away.
    """
    path = pool.file_name(new.slot)
    clear = files.render_remove_file(path)
    undo = ";".join([clear, *files.render_remove_place(pool, new.slot)])
    make = f"{files.render_ensure_room(pool, new.slot)};{disks.render_add(new, pool, nvme_port)}"
    is_full = f"($xG~{render_text('space')})"
    guarded = f":onerror xG in={{{make}}} do={{:if {is_full} do={{{undo}}};:error $xG}}"
    absent = f"{disks.render_count(new.slot)} = 0"
    return [*_first(pools), f":if ({absent}) do={{{clear};{guarded}}}", *_last(new.slot, pools)]


def render_change(seen: Volume, change: Change, pools: Sequence[MountedPool]) -> list[str]:
    """Change a volume if its record is as seen, and print it."""
    act = [*disks.render_pick_unchanged(seen), *disks.render_change(seen, change)]
    return [*_first(pools), *act, *_last(seen.slot, pools)]


def render_remove(seen: Volume, pools: Sequence[MountedPool]) -> list[str]:
    """Remove a volume's disk if its record is as seen, then its file; print how much is left.

    Raises:
        RefusedError: its file is on no configured pool.

    """
    pool = next((each for each in pools if each.holds(seen.file_path)), None)
    if pool is None:
        message = f"the file {seen.file_path!r} of {seen.slot} is on no configured pool: it is not removed"
        raise RefusedError(message)
    is_derived = seen.file_path.strip("/") == pool.file_name(seen.slot)
    return [
        *_first(pools),
        *disks.render_pick_unchanged(seen),
        *disks.render_ensure_same_object(seen),
        files.render_ensure_only_user(seen.file_path),
        "/disk/remove ($xI->0)",
        files.render_remove_file(seen.file_path),
        *(files.render_remove_place(pool, seen.slot) if is_derived else []),
        f":local xL {disks.render_count(seen.slot)}",
        files.render_count_file(seen.file_path),
        *(files.render_count_place(pool, seen.slot) if is_derived else []),
        render_row("left", "$xL"),
    ]


def render_remove_file(seen: Volume, pools: Sequence[MountedPool]) -> list[str]:
    """Go on removing the file of a disk that has gone; print how much is left."""
    return _remove_files(seen.slot, pools, [seen.file_path])


def render_remove_leftovers(slot: str, pools: Sequence[MountedPool]) -> list[str]:
    """Remove what a slot without a disk has left on any pool, at our own paths alone; print how much is left."""
    return _remove_files(slot, pools, [])


def _remove_files(slot: str, pools: Sequence[MountedPool], others: Sequence[str]) -> list[str]:
    paths = dict.fromkeys([*(path.strip("/") for path in others), *(pool.file_name(slot) for pool in pools)])
    return [
        *_first(pools),
        f':if ({disks.render_count(slot)} != 0) do={{:error "xtaken"}}',
        *(files.render_remove_file(path) for path in paths),
        *(each for pool in pools for each in files.render_remove_place(pool, slot)),
        ":local xL 0",
        *(files.render_count_file(path) for path in paths),
        *(each for pool in pools for each in files.render_count_place(pool, slot)),
        render_row("left", "$xL"),
    ]


def _first(pools: Sequence[MountedPool]) -> list[str]:
    return [*render_guard(pools), _SAFE_MODE]


def _last(slot: str, pools: Sequence[MountedPool]) -> list[str]:
    return [*render_pools([each.settings for each in pools]), disks.render_disk(slot)]
