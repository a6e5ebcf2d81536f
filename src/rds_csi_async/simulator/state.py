"""What the appliance remembers over a restart, in one JSON file that is replaced as a whole."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rds_csi_async.simulator.exports import write_document
from rds_csi_async.simulator.values import ItemId, Value

_FORMAT: Final = 1


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


class StateFile:
    """Reads the state, and writes it when asked; writes that wait for each other become one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writing = asyncio.Lock()
        self._asked = 0
        self._written = 0

    async def load(self, identity: str) -> State:
        """Read the state; a new one, with this identity, if there is none."""
        document = await asyncio.to_thread(self._read)
        return State(identity) if document is None else _decode(document)

    async def save(self, state: State) -> None:
        """Return once what the state now holds is in the file."""
        self._asked += 1
        mine = self._asked
        async with self._writing:
            if self._written >= mine:
                return
            covered, document = self._asked, _encode(state)
            await asyncio.to_thread(write_document, self._path, document)
            self._written = covered

    def _read(self) -> Any | None:  # noqa: ANN401 - JSON can be anything
        if not self._path.exists():
            return None
        return json.loads(self._path.read_text(encoding="utf-8"))


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
