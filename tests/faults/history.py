"""What was so at each moment, as the simulator shows it: the truth that answers are compared with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rds_csi_async.simulator.watching import is_by_hand
from tests.faults.facts import Disk, disk_of


@dataclass(frozen=True, slots=True)
class Moment:
    """A change of one slot."""

    number: int
    slot: str
    before: Disk | None
    after: Disk | None
    by_hand: bool

    def __str__(self) -> str:
        """Say it in a line."""
        return f"[{self.number}] {self.slot}: {self.before} -> {self.after}{' by hand' * self.by_hand}"


@dataclass
class History:
    """Watches the simulator. `measure` tells how much room each pool has beside these disks, in bytes, just now."""

    measure: Callable[[Iterable[Disk]], Mapping[str, int]]
    now: int = 0
    disks: dict[str, Disk] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)
    _rooms: list[Mapping[str, int]] = field(default_factory=list)
    _by_slot: dict[str, list[Moment]] = field(default_factory=dict)

    def tick(self) -> int:
        """Go on to the next moment, and give its number."""
        self.now += 1
        self._rooms.append(self.measure(self.disks.values()))
        return self.now

    def watch(self, rows: Mapping[int, Mapping[str, Any]]) -> None:
        """See `Watch`."""
        shown = {str(row["slot"]): disk_of(row) for row in rows.values()}
        changed = [slot for slot in {*self.disks, *shown} if self.disks.get(slot) != shown.get(slot)]
        before, self.disks = self.disks, shown
        number = self.tick()
        for slot in sorted(changed):
            moment = Moment(number, slot, before.get(slot), shown.get(slot), is_by_hand())
            self.moments.append(moment)
            self._by_slot.setdefault(slot, []).append(moment)

    def since(self, number: int) -> list[Moment]:
        """Give what changed after that moment."""
        return [moment for moment in self.moments if moment.number > number]

    def states(self, slot: str, begun: int, ended: int) -> tuple[Disk | None, ...]:
        """Give what the slot held from one moment to another."""
        mine = self._by_slot.get(slot, [])
        earlier = [moment.after for moment in mine if moment.number <= begun][-1:] or [None]
        return (*earlier, *(moment.after for moment in mine if begun < moment.number <= ended))

    def ever(self, slot: str) -> tuple[Disk | None, ...]:
        """Give all that the slot ever held."""
        return self.states(slot, 0, self.now)

    def slots(self) -> set[str]:
        """Give all slots that ever held something."""
        return set(self._by_slot)

    def rooms(self, begun: int, ended: int) -> list[Mapping[str, int]]:
        """Give how much room each pool had, whenever that was measured from one moment to another."""
        return self._rooms[max(begun - 1, 0) : ended]


def list_by_slot(moments: Iterable[Moment]) -> dict[str, list[Moment]]:
    """Part changes by slot, each in order."""
    parted: dict[str, list[Moment]] = {}
    for moment in moments:
        parted.setdefault(moment.slot, []).append(moment)
    return parted
