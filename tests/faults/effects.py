"""What may become of a disk: each change that no person made is one that somebody asked for, and does nothing else."""

from collections.abc import Callable, Collection, Iterable
from typing import Final

from tests.faults.facts import Call, Disk, Kind, Record, pool_of, suffix_of
from tests.faults.history import Moment

_MIB: Final = 1 << 20


def find_wrong(moment: Moment, calls: Iterable[Call], old_names: Collection[str]) -> str | None:
    """Tell what is wrong about a change of a volume while these calls for it were under way; None if nothing is.

    `old_names` are the NQNs that it ever bore before.
    """
    asked = tuple(calls)
    before, after = moment.before, moment.after
    if before is None and after is not None:
        return None if any(_was_to_be_made(call, after) for call in asked) else "nobody asked for it to be made so"
    if before is not None and after is None:
        return _find_wrong_removal(before, asked)
    if before is None or after is None:
        return "nothing changed"
    return next((wrong for check in _CHECKS if (wrong := check(before, after, asked)) is not None), None) or (
        _find_wrong_name(before, after, old_names)
    )


def _was_to_be_made(call: Call, disk: Disk) -> bool:
    record = disk.record
    return (
        call.kind is Kind.CREATE
        and record is not None
        and disk.size_bytes == -(-call.size_bytes // _MIB) * _MIB
        and pool_of(disk.path) == call.pool
        and record.kind == ("block" if call.is_block else "mount")
        and (record.generation, record.sequence, record.holders, record.erased) == (1, 0, (), False)
        and not disk.exported
    )


def _find_wrong_removal(before: Disk, asked: tuple[Call, ...]) -> str | None:
    record = before.record
    if not any(call.kind is Kind.DELETE or _was_made_otherwise(call, before) for call in asked):
        return "nobody asked for it to be removed"
    if record is None or record.erased:
        return "it was removed although nobody could tell whose it is"
    if record.holders or before.exported:
        return "it was removed although somebody held it, or could reach it"
    return None


def _was_made_otherwise(call: Call, disk: Disk) -> bool:
    """Tell whether it was made for this call, and turned out to have another size before anybody was told of it."""
    fresh = (record := disk.record) is not None and record.generation == 1
    return call.kind is Kind.CREATE and fresh and not call.size_bytes <= disk.size_bytes <= 2 * call.size_bytes


def _find_wrong_record(before: Disk, after: Disk, asked: tuple[Call, ...]) -> str | None:
    was, record = before.record, after.record
    if before.is_damaged or record is None:
        return "a record that nobody can read was written, or written over"
    if was is None:
        served = not before.exported and record.erased and any(call.kind is Kind.PUBLISH for call in asked)
        return None if served else "a record that a person had erased was made up"
    if record.generation != was.generation + 1 or record.owner != was.owner or record.kind != was.kind:
        return "the record is not the next one of the same volume"
    return "the record forgot that it was erased once" if was.erased and not record.erased else None


def _find_wrong_holders(before: Disk, after: Disk, asked: tuple[Call, ...]) -> str | None:
    was, now = set(_holders(before)), set(_holders(after))
    for node, mode, read_only in now - was:
        wish = (Kind.PUBLISH, node, mode, read_only)
        if not any((call.kind, call.node, call.mode, call.read_only) == wish for call in asked):
            return f"nobody asked for {node} to hold it so"
    for node, _, _ in was - now:
        if not any(call.kind is Kind.UNPUBLISH and call.node in {"", node} for call in asked):
            return f"nobody asked for {node} to hold it no more"
    return None


def _find_wrong_size(before: Disk, after: Disk, asked: tuple[Call, ...]) -> str | None:
    if after.size_bytes == before.size_bytes:
        return None
    if after.size_bytes < before.size_bytes:
        return "it shrank"
    sizes = {-(-call.size_bytes // _MIB) * _MIB for call in asked if call.kind is Kind.EXPAND}
    return None if after.size_bytes in sizes else "nobody asked for it to grow so"


def _find_wrong_export(before: Disk, after: Disk, asked: tuple[Call, ...]) -> str | None:
    touched = any(call.kind in {Kind.PUBLISH, Kind.UNPUBLISH} for call in asked)
    if not touched:
        same = (before.exported, before.nqn) == (after.exported, after.nqn)
        return None if same else "it was opened or closed, and nobody asked for either"
    if _holders(before) == _holders(after) and before.exported == after.exported and before.nqn == after.nqn:
        return None  # it grew
    return None if after.exported is bool(_holders(after)) else "it is open without holders, or closed with some"


def _find_wrong_name(before: Disk, after: Disk, old_names: Collection[str]) -> str | None:
    record = after.record
    if record is None or not after.exported or (before.exported and before.nqn == after.nqn):
        return None
    if not after.nqn.endswith(suffix_of(record)):
        return "it is open under another name than its record has"
    if _holders(before):
        return None if _named(before.record) == suffix_of(record) else "it has another name while somebody holds it"
    return "a name came back that a node may still know" if after.nqn in old_names else None


def _holders(disk: Disk) -> tuple[tuple[str, str, bool], ...]:
    record = disk.record
    return () if record is None else record.holders


def _named(record: Record | None) -> str:
    return "" if record is None else suffix_of(record)


_CHECKS: Final[tuple[Callable[[Disk, Disk, tuple[Call, ...]], str | None], ...]] = (
    _find_wrong_record,
    _find_wrong_holders,
    _find_wrong_size,
    _find_wrong_export,
)
