"""What each answer claims, held against what was really so at some moment of its call.

An answer may be true of any moment between the call and the answer: others change the same volume meanwhile. After an
answer whose outcome is unknown nothing is claimed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from grpclib.const import Status

from rds_csi_async.domain.identifiers import slot_of
from tests.examples import CLUSTER
from tests.faults.calls import KEY, VOLUMES, Answer, Call
from tests.faults.truth import Disk, Moment

Holds = Callable[[Call, Any, Disk | None], bool]


def find_lie(call: Call, answer: Answer, moments: Sequence[Moment], *, full: bool) -> str | None:
    """Tell what is not true of an answer; None when it can be. `full`: there may have been no room meanwhile."""
    if not answer.is_known:
        return None
    if call.kind == "list":
        return _find_lie_of_listing(answer, moments)
    if answer.status in {Status.RESOURCE_EXHAUSTED, Status.OUT_OF_RANGE} and not full:
        return "there was room all the time"
    holds = _CLAIMS.get((call.kind, answer.status))
    if holds is None:
        return "nothing like this may be answered"
    disks = [moment.get(call.slot) for moment in moments]
    if any(holds(call, answer.response, disk) for disk in disks):
        return None
    return f"at no moment of the call was it so; there was {' and then '.join(map(str, disks))}"


def _find_lie_of_listing(answer: Answer, moments: Sequence[Moment]) -> str | None:
    if answer.status is not Status.OK:
        return "nothing like this may be answered"
    entries = {entry.volume.volume_id.partition(":")[2]: entry for entry in answer.response.entries}
    for number in VOLUMES:
        slot = slot_of(CLUSTER, KEY, f"pvc-{number}")
        disks = [moment.get(slot) for moment in moments]
        if not any(_is_listed_so(entries.get(slot), disk) for disk in disks):
            return f"volume {number} is listed as {entries.get(slot)}, but was never so: {disks}"
    return None


def _is_listed_so(entry: Any, disk: Disk | None) -> bool:
    if entry is None or disk is None:
        return entry is disk
    return (entry.volume.capacity_bytes, set(entry.status.published_node_ids)) == (disk.size_bytes, _nodes(disk))


def _nodes(disk: Disk) -> set[str]:
    return set() if disk.record is None else {holder.node_id for holder in disk.record.holders}


def _created(call: Call, response: Any, disk: Disk | None) -> bool:
    made = response.volume
    return (
        disk is not None
        and made.volume_id == call.volume_id
        and made.capacity_bytes == disk.size_bytes >= call.size_bytes
        and disk.record is not None
    )


def _is_absent(_call: Call, _response: Any, disk: Disk | None) -> bool:
    return disk is None


def _is_smaller(call: Call, _response: Any, disk: Disk | None) -> bool:
    return disk is not None and disk.size_bytes < call.size_bytes


def _is_another(call: Call, response: Any, disk: Disk | None) -> bool:
    """One too small, or one whose name nobody knows any more, since a person has erased its record."""
    return _is_smaller(call, response, disk) or _is_unreadable(call, response, disk)


def _is_unreadable(_call: Call, _response: Any, disk: Disk | None) -> bool:
    return disk is not None and (disk.record is None or disk.record.erased_once)


def _is_kept(call: Call, response: Any, disk: Disk | None) -> bool:
    return disk is not None and (_is_unreadable(call, response, disk) or disk.exported or bool(_nodes(disk)))


def _is_published(call: Call, response: Any, disk: Disk | None) -> bool:
    context = response.publish_context
    return (
        disk is not None
        and disk.exported
        and (context["nqn"], int(context["sizeBytes"])) == (disk.nqn, disk.size_bytes)
        and call.node in _nodes(disk)
    )


def _may_not_be_published(call: Call, response: Any, disk: Disk | None) -> bool:
    if disk is None:
        return False
    others = not call.shared and bool(_nodes(disk) - {call.node})
    return others or _is_unreadable(call, response, disk) or not disk.is_as_recorded


def _is_unpublished(call: Call, _response: Any, disk: Disk | None) -> bool:
    if disk is None:
        return True
    nodes = _nodes(disk)
    return (call.node not in nodes) and bool(nodes) is disk.exported and (bool(call.node) or not nodes)


def _has_size(call: Call, response: Any, disk: Disk | None) -> bool:
    return disk is not None and response.capacity_bytes == disk.size_bytes >= call.size_bytes


def _is_shown(_call: Call, response: Any, disk: Disk | None) -> bool:
    shown = (response.volume.capacity_bytes, set(response.status.published_node_ids)) if disk is not None else None
    return disk is not None and shown == (disk.size_bytes, _nodes(disk))


_CLAIMS: Final[Mapping[tuple[str, Status], Holds]] = {
    ("create", Status.OK): _created,
    ("create", Status.ALREADY_EXISTS): _is_another,
    ("create", Status.RESOURCE_EXHAUSTED): _is_absent,
    ("create", Status.FAILED_PRECONDITION): _is_unreadable,
    ("delete", Status.OK): _is_absent,
    ("delete", Status.FAILED_PRECONDITION): _is_kept,
    ("publish", Status.OK): _is_published,
    ("publish", Status.NOT_FOUND): _is_absent,
    ("publish", Status.FAILED_PRECONDITION): _may_not_be_published,
    ("unpublish", Status.OK): _is_unpublished,
    ("unpublish", Status.FAILED_PRECONDITION): _is_unreadable,
    ("expand", Status.OK): _has_size,
    ("expand", Status.NOT_FOUND): _is_absent,
    ("expand", Status.OUT_OF_RANGE): _is_smaller,
    ("expand", Status.RESOURCE_EXHAUSTED): _is_smaller,
    ("expand", Status.FAILED_PRECONDITION): _is_unreadable,
    ("get", Status.OK): _is_shown,
    ("get", Status.NOT_FOUND): _is_absent,
}
