"""The listing of all our disks: first their ids, then their rows, some at a time.

RouterOS drops the tail of a reply that fills the client's window, so a reply stays below 64 kB: rows are printed as
long as there is room. A condition on rows makes the appliance look at every disk that it has, so it is asked with a
condition for the ids alone; rows are got by id. The answers are not one snapshot: each list of ids says how many there
are and begins with the last one of the list before, and a disk that has gone meanwhile is an error of its line; so what
changed in between is noticed, and the listing begun anew.
"""

import re
from collections.abc import Sequence

from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.routeros.pools import render_pools
from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.rows import Row, rows_of
from rds_csi_async.routeros.syntax import Reply, render_json, render_text

MOST_IDS = 2000  # of about 10 bytes each, which leaves room for the rows of a few dozen disks in the same answer
MOST_ROWS = 200  # that a line asks for; about 90 disks in use fill the room
_ROOM_BESIDE_IDS_BYTES = 36_000
_ROOM_BYTES = 60_000
_REMARK = "[:len $xA]"
_ID = re.compile(r"\*[0-9A-Fa-f]{1,16}")
_TOTAL = re.compile(r"[0-9]{1,9}")
_PROPERTIES = (
    "slot", "type", "size", "comment", "file-path", "nvme-tcp-export", "nvme-tcp-server-nqn", "nvme-tcp-server-port",
)  # fmt: skip


class Inventory:
    """The answers of one listing, put together: ask `next_question`, `add` the reply, until it is `whole`."""

    def __init__(self, pools: Sequence[PoolSettings]) -> None:
        self.rows: list[Row] = []
        self._pools = pools
        self._ids: list[str] = []
        self._total: int | None = None

    @property
    def whole(self) -> bool:
        """Every disk has come."""
        return self._has_ids and len(self.rows) == self._total

    @property
    def _has_ids(self) -> bool:
        return self._total is not None and len(self._ids) >= self._total

    def next_question(self) -> tuple[list[str], str]:
        """Give the statements of the next line, and the remark it has to make; every answer shows the pools."""
        if self._has_ids:
            wanted = self._ids[len(self.rows) :][:MOST_ROWS]
            return [*render_pools(self._pools), *_render_rows(_render_array(wanted), _ROOM_BYTES)], '""'
        return [*render_pools(self._pools), *_render_ids(max(len(self._ids) - 1, 0))], _REMARK

    def add(self, reply: Reply) -> bool:
        """Take the answer to the last question; False when the disks have changed since the one before.

        Raises:
            ApplianceError: it is no answer to that.

        """
        rows = list(rows_of(reply, "disk"))
        had_ids = self._has_ids
        if not had_ids and not self._add_ids(reply):
            return False
        self.rows += rows
        moved_on = bool(rows) or not had_ids
        return moved_on and len(self.rows) <= len(self._ids) and all(map(_is_ours, rows)) and self._is_distinct()

    def _add_ids(self, reply: Reply) -> bool:
        ids, total = _ids_of(reply)
        start = max(len(self._ids) - 1, 0)
        overlaps = not self._ids or ids[:1] == self._ids[-1:]
        if self._total not in {None, total} or len(ids) != min(total, start + MOST_IDS) - start or not overlaps:
            return False
        self._total = total
        self._ids[start:] = ids
        return len(set(self._ids)) == len(self._ids)

    def _is_distinct(self) -> bool:
        """Tell whether no slot came twice; looked at once, at the end."""
        return not self.whole or len({str(row.get("slot")) for row in self.rows}) == len(self.rows)


def _render_ids(start: int) -> list[str]:
    """Print the ids from the `start`-th on, at most `MOST_IDS`; the first of these lines prints what rows fit too."""
    ours = f"comment~{render_text('^rds1:')} or slot~{render_text('^rds1-')}"
    shown = [f":local xP [:pick $xA {start} $xZ]", f":put {render_json('ids', '$xP')}", ":set xN ($xN + 1)"]
    if start == 0:
        shown += _render_rows("$xP", _ROOM_BESIDE_IDS_BYTES)
    return [
        f":local xA [/disk/find where ({ours})]",
        f":local xZ {start + MOST_IDS}",
        ":if ($xZ > [:len $xA]) do={:set xZ [:len $xA]}",
        f":if ({start} < $xZ) do={{{';'.join(shown)}}}",
    ]


def _render_rows(ids: str, room_bytes: int) -> list[str]:
    """Print the rows of disks, in the order of their ids, up to the first that there is no room for."""
    row = ";".join(f'"{name}"=($xG->"{name}")' for name in _PROPERTIES)
    printed = [
        ":local xG [/disk/get [:toid $xI]]",
        f":local xT {render_json('disk', f'({{{row}}})')}",
        ":set xB ($xB - [:len $xT])",
        ":if ($xB > 0) do={:put $xT;:set xN ($xN + 1)}",
    ]
    return [f":local xB {room_bytes}", f":foreach xI in={ids} do={{:if ($xB > 0) do={{{';'.join(printed)}}}}}"]


def _render_array(ids: Sequence[str]) -> str:
    return f"{{{';'.join(map(render_text, ids))}}}"


def _ids_of(reply: Reply) -> tuple[list[str], int]:
    shown = [row["ids"] for row in reply.rows if "ids" in row]
    ids = shown[0] if shown else []
    if not _TOTAL.fullmatch(reply.remark) or len(shown) > 1 or not isinstance(ids, list) or len(ids) > MOST_IDS:
        message = f"{len(shown)} lists of disks came with the total {reply.remark[:80]!r}"
        raise ApplianceError(message)
    wrong = [each for each in ids if not isinstance(each, str) or not _ID.fullmatch(each)]
    if wrong:
        message = f"the appliance lists a disk as {str(wrong[0])[:80]!r}, which is no id"
        raise ApplianceError(message)
    return ids, int(reply.remark)


def _is_ours(row: Row) -> bool:
    """Tell whether it is one of the disks that were looked for: an id may have been given to another disk since."""
    return str(row.get("slot")).startswith("rds1-") or str(row.get("comment")).startswith("rds1:")
