"""What the appliance remembers over a restart: one JSON file with all tables, and a journal of what changed since.

A change is a line at the end of the journal, so that a long table costs no more than a short one. When the journal has
grown long the file is replaced as a whole and the journal begun anew; a journal that is older than its file says
nothing that the file does not say, so the order in which the two are written does not matter.
"""

import asyncio
import copy
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rds_csi_async.simulator.exports import write_document
from rds_csi_async.simulator.values import ItemId, Value

_FORMAT: Final = 1
_SHORT_JOURNAL: Final = 1000


@dataclass(slots=True)
class State:
    """The tables. Rows are by the number of their id, which never comes back; texts are latin-1 bytes."""

    identity: str
    next_number: int = 1
    pool_numbers: dict[str, int] = field(default_factory=dict)
    pool_comments: dict[str, Value] = field(default_factory=dict)
    disks: dict[int, dict[str, Value]] = field(default_factory=dict)
    subvolumes: dict[int, dict[str, Value]] = field(default_factory=dict)

    def take_id(self) -> ItemId:
        """Give out an id that was never used."""
        item = ItemId(self.next_number)
        self.next_number += 1
        return item

    def copy(self) -> "State":
        """Return what it now holds, for later."""
        return copy.deepcopy(self)

    def become(self, earlier: "State") -> None:
        """Hold what was held earlier; ids that were given out since do not come back."""
        self.identity = earlier.identity
        for mine, theirs in (
            (self.pool_comments, earlier.pool_comments),
            (self.disks, earlier.disks),
            (self.subvolumes, earlier.subvolumes),
        ):
            _replace(mine, copy.deepcopy(theirs))


class StateFile:
    """Reads the state, and writes it when asked; writes that wait for each other become one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._journal = path.with_suffix(".journal")
        self._writing = asyncio.Lock()
        self._pending: list[str] = []
        self._asked = 0
        self._written = 0
        self._journal_length = 0

    async def load(self, identity: str) -> State:
        """Read the state; a new one, with this identity, if there is none."""
        document, changes = await asyncio.to_thread(self._read)
        state = State(identity) if document is None else _decode(document)
        for change in changes:
            _apply(state, change)
        return state

    async def save(self, state: State) -> None:
        """Return once all that the state now holds is in the file."""
        async with self._writing:
            self._written, self._journal_length = self._asked, 0
            self._pending.clear()
            document = _encode(state)
            await asyncio.to_thread(self._write, document)

    async def note(self, state: State, table: str, number: int) -> None:
        """Return once this row of `disks` or `subvolumes`, as it now is or is not, is kept."""
        row = (state.disks if table == "disks" else state.subvolumes).get(number)
        self._pending.append(json.dumps([table, number, row, state.next_number]) + "\n")
        self._asked += 1
        mine = self._asked
        async with self._writing:
            if self._written >= mine:
                return
            covered, lines = self._asked, "".join(self._pending)
            self._journal_length += len(self._pending)
            self._pending.clear()
            await asyncio.to_thread(self._append, lines)
            self._written = covered
        if self._journal_length > _SHORT_JOURNAL + 2 * len(state.disks):
            await self.save(state)

    def _write(self, document: dict[str, Any]) -> None:
        write_document(self._path, document)
        self._journal.unlink(missing_ok=True)

    def _append(self, lines: str) -> None:
        with self._journal.open("a", encoding="utf-8") as file:
            file.write(lines)

    def _read(self) -> tuple[Any | None, list[Any]]:
        document = json.loads(self._path.read_text(encoding="utf-8")) if self._path.exists() else None
        lines = self._journal.read_text(encoding="utf-8") if self._journal.exists() else ""
        whole = lines[: lines.rfind("\n") + 1]  # what was being written when the power went is no line
        return document, [json.loads(line) for line in whole.splitlines()]


def _encode(state: State) -> dict[str, Any]:
    """Copy the state, so that a thread may write it while it goes on changing."""
    return {
        "format": _FORMAT,
        "identity": state.identity,
        "next_id": state.next_number,
        "pools": dict(state.pool_numbers),
        "pool_comments": dict(state.pool_comments),
        "disks": [{"id": number, "properties": dict(row)} for number, row in state.disks.items()],
        "subvolumes": [{"id": number, "properties": dict(row)} for number, row in state.subvolumes.items()],
    }


def _decode(document: dict[str, Any]) -> State:
    return State(
        document["identity"],
        document["next_id"],
        document["pools"],
        document["pool_comments"],
        {row["id"]: row["properties"] for row in document["disks"]},
        {row["id"]: row["properties"] for row in document["subvolumes"]},
    )


def _apply(state: State, change: list[Any]) -> None:
    table, number, row, next_number = change
    rows = state.disks if table == "disks" else state.subvolumes
    state.next_number = max(state.next_number, next_number)
    if row is None:
        rows.pop(number, None)
    else:
        rows[number] = row


def _replace(mine: dict[Any, Any], theirs: dict[Any, Any]) -> None:
    mine.clear()
    mine.update(theirs)
