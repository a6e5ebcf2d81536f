"""Whole commands: the statements of one line each, in the order in which they may run.

A line that changes something first makes sure, on the appliance, that the pools it depends on are there and that nobody
holds safe mode; then that its object is as it was seen; then it acts, and prints what came of it. A line is no
transaction: between two words another session may come. So the word that acts looks once more at what it acts on, and
what is printed afterwards has to be what was written; and the uniqueness of slots closes the gap for `add`.
"""

from collections.abc import Sequence

from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.routeros import disks, files
from rds_csi_async.routeros.pools import MountedPool, render_ensure_free, render_guard, render_pools
from rds_csi_async.routeros.syntax import render_row, render_text

_SAFE_MODE = ':if ([/safe-mode/get enabled]) do={:error "xsafe"}'


def render_hello(pools: Sequence[PoolSettings]) -> list[str]:
    """Print the appliance's name and its pools."""
    return [render_row("name", "[/system/identity/get name]"), *render_pools(pools)]


def render_find(slot: str, pools: Sequence[PoolSettings]) -> list[str]:
    """Print the pools, then the disk in a slot."""
    return [*render_pools(pools), disks.render_disk(slot)]


def render_create(new: NewVolume, pool: MountedPool, pools: Sequence[MountedPool], nvme_port: int) -> list[str]:
    """Make a volume unless its slot is taken, and print what then is in the slot. `pools` are all there are.

    A file of that name without a disk goes first: it is what a killed create left, which holds nothing, or a killed
    delete, whose data was meant to go. The slot belongs to one name of one cluster for ever, so the file can be nobody
    else's; and handing its old content to a new volume would be the worst of all.
    If there is no room, what was made for it goes again, also what an earlier line made that was cut off in the middle:
    "the pool is full" is a final answer, after which nobody comes back for it. Any other failure may mean that somebody
    else makes the same volume right now, so nothing is taken away.
    """
    path = pool.file_name(new.slot)
    clear = files.render_remove_file(path)
    undo = ";".join([clear, *files.render_remove_place(pool, new.slot)])
    enough = render_ensure_free(pool, new.size_bytes)
    make = f"{enough};{files.render_ensure_room(pool, new.slot)};{disks.render_add(new, pool, nvme_port)}"
    is_full = f"($xG~{render_text('space')})"
    guarded = f":onerror xG in={{{make}}} do={{:if {is_full} do={{{undo}}};:error $xG}}"
    act = ";".join([*_first(pools), clear, guarded])
    return [
        f":if ({disks.render_count(new.slot)} = 0) do={{{act}}}",
        *render_find(new.slot, [each.settings for each in pools]),
    ]


def render_change(seen: Volume, change: Change, pool: MountedPool | None, pools: Sequence[PoolSettings]) -> list[str]:
    """Change a volume if its record is as seen, and print it, with all `pools`; `pool` is its own, if it has one."""
    return [
        *_first([] if pool is None else [pool]),
        *disks.render_pick_unchanged(seen),
        *disks.render_change(seen, change, pool),
        *render_find(seen.slot, pools),
    ]


def render_remove(seen: Volume, pool: MountedPool) -> list[str]:
    """Remove a volume's disk if its record is as seen, then its file on the pool; print how much is left."""
    is_derived = _is_derived(seen, pool)
    return [
        *_first([pool]),
        *disks.render_pick_unchanged(seen),
        *disks.render_ensure_same_object(seen),
        files.render_ensure_only_user(seen.file_path),
        *disks.render_remove(seen),
        files.render_remove_file(seen.file_path),
        *(files.render_remove_place(pool, seen.slot) if is_derived else []),
        f":local xL {disks.render_count(seen.slot)}",
        files.render_count_file(seen.file_path),
        *(files.render_count_place(pool, seen.slot) if is_derived else []),
        render_row("left", "$xL"),
    ]


def render_remove_file(seen: Volume, pool: MountedPool) -> list[str]:
    """Go on removing the file of a disk that has gone; print how much is left."""
    return _remove_files(seen.slot, [pool], [seen.file_path], [pool] if _is_derived(seen, pool) else [])


def render_remove_leftovers(slot: str, pools: Sequence[MountedPool]) -> list[str]:
    """Remove what a slot without a disk has left on any pool, at our own paths alone; print how much is left."""
    return _remove_files(slot, pools, [pool.file_name(slot) for pool in pools], pools)


def _is_derived(seen: Volume, pool: MountedPool) -> bool:
    return seen.file_path.strip("/") == pool.file_name(seen.slot)


def _remove_files(
    slot: str, guarded: Sequence[MountedPool], paths: Sequence[str], places: Sequence[MountedPool]
) -> list[str]:
    return [
        *_first(guarded),
        f':if ({disks.render_count(slot)} != 0) do={{:error "xtaken"}}',
        *(files.render_remove_file(path) for path in paths),
        *(each for pool in places for each in files.render_remove_place(pool, slot)),
        ":local xL 0",
        *(files.render_count_file(path) for path in paths),
        *(each for pool in places for each in files.render_count_place(pool, slot)),
        render_row("left", "$xL"),
    ]


def _first(pools: Sequence[MountedPool]) -> list[str]:
    return [*render_guard(pools), _SAFE_MODE]
