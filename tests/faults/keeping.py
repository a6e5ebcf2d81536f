"""What lies on the pools after each round: nothing of volumes that are gone, and the data of those that are there."""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import surveying
from tests.faults.beliefs import Belief, Volume
from tests.faults.history import History


@dataclass
class Keeper:
    """Writes into each new volume as a node would, and looks whether it is still there."""

    pools: Path
    history: History
    _marks: dict[str, bytes] = field(default_factory=dict)

    async def find_wrong(self, volumes: Iterable[Volume], begun: int, *, is_swept: bool) -> list[str]:
        """Tell what is wrong since a moment; `is_swept` when disks and files may have come back by hand meanwhile."""
        left = await asyncio.to_thread(surveying.list_left, self.pools)
        wrong: list[str] = []
        for volume in volumes:
            if volume.belief is Belief.ABSENT:
                paths = [path for path in [*left, *self.history.disks] if volume.slot in path]
                wrong += [
                    f"{volume.name} is gone, as the orchestrator was told, and this is left: {path}" for path in paths
                ]
            wrong += await self._find_wrong_data(volume.slot, begun, is_swept=is_swept)
        return wrong

    async def _find_wrong_data(self, slot: str, begun: int, *, is_swept: bool) -> list[str]:
        disk = self.history.disks.get(slot)
        mine = [moment for moment in self.history.since(begun) if moment.slot == slot]
        came_by_hand = any(moment.by_hand and None in {moment.before, moment.after} for moment in mine)
        if disk is None or is_swept or came_by_hand:
            self._marks.pop(slot, None)
            return []
        is_new = any(moment.before is None for moment in mine)
        if not is_new and slot not in self._marks:
            return []
        file = self.pools / disk.path.strip("/")
        found = await asyncio.to_thread(surveying.read_mark, file)
        if found is None:
            return [f"the file of {slot} is gone: {disk}"]
        if is_new:
            self._marks[slot] = await asyncio.to_thread(surveying.write_mark, file, secrets.token_hex(16))
            return [] if surveying.is_blank(found) else [f"{slot} was made with another volume's data: {found!r}"]
        return [] if found == self._marks[slot] else [f"the data of {slot} are lost: {found!r}"]
