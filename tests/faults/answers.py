"""When an answer is true: a table over what the volume was like at some moment while the call was under way.

An answer whose outcome is unknown claims nothing. Any other has to be true of one moment at least between the call and
its answer; one that is not in the table is never true.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from tests.faults.facts import NQN_PREFIX, Answer, Call, Disk, Kind, Told, pool_of, suffix_of

_NOTHING: Final = Told(0)
_MANY: Final = frozenset({"mnr", "mns", "mnm"})
Holds = Callable[[Call, Told, Disk | None], bool]


def find_lie(answer: Answer, states: Iterable[Disk | None]) -> str | None:
    """Tell in what way an answer about one volume is false; None if it is true, or claims nothing."""
    if not answer.is_known:
        return None
    call = answer.call
    holds = _TRUE_IF.get((call.kind, answer.status))
    if holds is None:
        return f"{call.kind} is never answered so"
    told = (answer.told or {}).get(call.slot, _NOTHING)
    seen = tuple(states)
    if any(holds(call, told, disk) for disk in seen):
        return None
    return f"{told} was true at no moment: {list(dict.fromkeys(seen))}"


def find_lie_in_list(answer: Answer, slot: str, states: Iterable[Disk | None]) -> str | None:
    """Tell in what way a listing is false about one slot, which it may have left out."""
    told = (answer.told or {}).get(slot)
    seen = tuple(states)
    if any(disk is None if told is None else _is_as_told(answer.call, told, disk) for disk in seen):
        return None
    return f"{slot} is listed as {told}, which was true at no moment: {list(dict.fromkeys(seen))}"


def find_broken_promise(answer: Answer, calls: Iterable[Call], last: Disk | None) -> str | None:
    """Tell which effect that was answered for is gone in the end, although none of these calls asked for that."""
    call = answer.call
    others = [each for each in calls if each.slot == call.slot]
    undone = {
        Kind.PUBLISH: [each for each in others if each.kind is Kind.UNPUBLISH and each.node in {"", call.node}],
        Kind.UNPUBLISH: [each for each in others if each.kind is Kind.PUBLISH and call.node in {"", each.node}],
        Kind.EXPAND: [],
    }
    is_gone = call.kind is not Kind.PUBLISH and any(each.kind is Kind.DELETE for each in others)
    if answer.status != "OK" or is_gone:
        return None
    if undone.get(call.kind, [call]) or _TRUE_IF[call.kind, "OK"](
        call, (answer.told or {}).get(call.slot, _NOTHING), last
    ):
        return None
    return f"what was answered for is gone again, and nobody asked for that: {last}"


def is_short(call: Call, rooms: Iterable[int], others_bytes: int) -> bool:
    """Tell whether a pool may have been too full for a call: so much room, less what others took meanwhile."""
    return any(room - others_bytes < call.size_bytes for room in rooms)


def _is_as_made(call: Call, told: Told, disk: Disk | None) -> bool:
    return disk is not None and not _differs(call, disk) and told.size_bytes == disk.size_bytes


def _is_another(call: Call, _told: Told, disk: Disk | None) -> bool:
    return disk is not None and _differs(call, disk)


def _differs(call: Call, disk: Disk) -> bool:
    record = disk.record
    return (
        record is None
        or record.kind != ("block" if call.is_block else "mount")
        or not call.size_bytes <= disk.size_bytes <= 2 * call.size_bytes
        or pool_of(disk.path) != call.pool
        or record.erased
    )


def _is_absent(_call: Call, _told: Told, disk: Disk | None) -> bool:
    return disk is None


def _is_nobodys(_call: Call, _told: Told, disk: Disk | None) -> bool:
    return disk is not None and disk.record is None


def _may_not_go(_call: Call, _told: Told, disk: Disk | None) -> bool:
    if disk is None:
        return False
    record = disk.record
    return record is None or record.erased or bool(record.holders) or disk.exported


def _is_held(call: Call, told: Told, disk: Disk | None) -> bool:
    if disk is None or (record := disk.record) is None or not disk.exported:
        return False
    return (
        (call.node, call.mode, call.read_only) in record.holders
        and told.nqn == disk.nqn == f"{NQN_PREFIX}{call.slot}{suffix_of(record)}"
        and told.size_bytes == disk.size_bytes
        and told.first_use is (record.sequence == 1)
        and told.sole_node is (record.sole == call.node)
    )


def _is_held_otherwise(call: Call, _told: Told, disk: Disk | None) -> bool:
    record = None if disk is None else disk.record
    mine = (call.node, call.mode, call.read_only)
    return record is not None and any(holder[0] == call.node and holder != mine for holder in record.holders)


def _may_not_be_held(call: Call, _told: Told, disk: Disk | None) -> bool:
    if disk is None or disk.is_damaged:
        return disk is not None
    record = disk.record
    if record is None:
        return disk.exported
    others = [holder for holder in record.holders if holder[0] != call.node]
    modes = {mode for _, mode, _ in others} | {call.mode}
    writers = [holder for holder in others if not holder[2]]
    clash = bool(others) and (len(modes) > 1 or call.mode not in _MANY)
    two = call.mode == "mns" and not call.read_only and bool(writers)
    return clash or two or _is_older_than_its_name(disk)


def _is_older_than_its_name(disk: Disk) -> bool:
    record, parts = disk.record, disk.nqn.rsplit(".", 2)
    named = len(parts) > 1 and disk.nqn.startswith(NQN_PREFIX) and parts[1].isdigit()
    return record is not None and named and int(parts[1]) > record.sequence


def _is_not_held(call: Call, _told: Told, disk: Disk | None) -> bool:
    if disk is None or disk.is_damaged:
        return disk is None
    holders = () if (record := disk.record) is None else record.holders
    if call.node and holders:
        return all(node != call.node for node, _, _ in holders)
    return not holders and not disk.exported


def _cannot_be_closed(_call: Call, _told: Told, disk: Disk | None) -> bool:
    return disk is not None and (disk.is_damaged or (disk.record is None and disk.exported))


def _is_grown(call: Call, told: Told, disk: Disk | None) -> bool:
    return disk is not None and disk.size_bytes == told.size_bytes >= call.size_bytes


def _is_as_told(_call: Call, told: Told, disk: Disk | None) -> bool:
    if disk is None or told.size_bytes != disk.size_bytes or bool(told.abnormal) is disk.is_sound:
        return False
    record = disk.record
    return told.nodes == (() if record is None else tuple(node for node, _, _ in record.holders))


def _is_usable(call: Call, told: Told, disk: Disk | None) -> bool:
    record = None if disk is None else disk.record
    fits = record is not None and record.kind == ("block" if call.is_block else "mount")
    return disk is not None and (fits if not told.abnormal else not fits)


_TRUE_IF: Final[Mapping[tuple[Kind, str], Holds]] = {
    (Kind.CREATE, "OK"): _is_as_made,
    (Kind.CREATE, "ALREADY_EXISTS"): _is_another,
    (Kind.CREATE, "FAILED_PRECONDITION"): _is_nobodys,
    (Kind.DELETE, "OK"): _is_absent,
    (Kind.DELETE, "FAILED_PRECONDITION"): _may_not_go,
    (Kind.PUBLISH, "OK"): _is_held,
    (Kind.PUBLISH, "NOT_FOUND"): _is_absent,
    (Kind.PUBLISH, "ALREADY_EXISTS"): _is_held_otherwise,
    (Kind.PUBLISH, "FAILED_PRECONDITION"): _may_not_be_held,
    (Kind.UNPUBLISH, "OK"): _is_not_held,
    (Kind.UNPUBLISH, "FAILED_PRECONDITION"): _cannot_be_closed,
    (Kind.EXPAND, "OK"): _is_grown,
    (Kind.EXPAND, "NOT_FOUND"): _is_absent,
    (Kind.EXPAND, "FAILED_PRECONDITION"): _is_nobodys,
    (Kind.GET, "OK"): _is_as_told,
    (Kind.GET, "NOT_FOUND"): _is_absent,
    (Kind.VALIDATE, "OK"): _is_usable,
    (Kind.VALIDATE, "NOT_FOUND"): _is_absent,
}
