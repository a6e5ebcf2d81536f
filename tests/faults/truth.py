"""What the simulated appliance really holds, from moment to moment, and what must hold at every one of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.identifiers import Nqn
from rds_csi_async.domain.records import Record, decode_record
from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.scheduling import Schedule
from rds_csi_async.simulator.timing import get_profile
from rds_csi_async.simulator.values import Value, render_value


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk as it is. `record` is None when its comment is none, or a damaged one."""

    slot: str
    size_bytes: int
    exported: bool
    nqn: str
    comment: str
    record: Record | None

    def __str__(self) -> str:
        """Say it in short."""
        return f"{self.size_bytes} bytes, {'open' if self.exported else 'closed'} as {self.nqn[-20:]}, {self.comment}"

    @property
    def recorded_nqn(self) -> str:
        """The name that its record says it is open under; empty when nobody holds it."""
        record = self.record
        return str(Nqn(self.slot, record.sequence, record.nqn_mark)) if record is not None and record.holders else ""

    @property
    def is_as_recorded(self) -> bool:
        """Open under the name in its record exactly when somebody holds it."""
        return self.record is not None and (self.nqn if self.exported else "") == self.recorded_nqn


Moment: TypeAlias = Mapping[str, Disk]


class WatchedSchedule(Schedule):
    """Takes no time, and has somebody look after each change."""

    def __init__(self, look: Callable[[], None]) -> None:
        super().__init__(get_profile("instant"))
        self._look = look

    @asynccontextmanager
    async def change(self, verb: str, size_bytes: int = 0) -> AsyncIterator[None]:
        """See `Schedule`."""
        try:
            async with super().change(verb, size_bytes):
                yield
        finally:
            self._look()


class Truth:
    """Looks at the tables themselves. `wrong` says what did not hold; `meddled` are slots that a person has touched."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._clock = asyncio.get_running_loop().time
        self._moments: list[tuple[float, Moment]] = [(self._clock(), {})]
        self._abandoned: set[str] = set()
        self._by_hand = False
        self.meddled: set[str] = set()
        self.wrong: list[str] = []
        simulator.schedule = WatchedSchedule(self.look)

    @property
    def now(self) -> Moment:
        """What was there at the last look."""
        return self._moments[-1][1]

    def since(self, begun_s: float) -> list[Moment]:
        """Give what was there then, and all that came after it."""
        later = [moment for when_s, moment in self._moments if when_s > begun_s]
        return [self._moments[-len(later) - 1][1], *later]

    @contextmanager
    def by_hand(self) -> Iterator[None]:
        """Let a person, or the appliance itself, do what the driver may not."""
        self._by_hand = True
        try:
            yield
        finally:
            self.look()
            self._by_hand = False

    def look(self) -> None:
        """Look, and say so if something is not as it must be."""
        before, now = self.now, self._read()
        if now == before:
            return
        self._moments.append((self._clock(), now))
        self._check_names(before, now)
        for slot, disk in now.items():
            if disk.is_as_recorded:
                self.meddled.discard(slot)
            elif self._by_hand:
                self.meddled.add(slot)
            elif slot not in self.meddled:
                self.wrong.append(f"{slot} is not open as its record says: {disk}")

    def _check_names(self, before: Moment, now: Moment) -> None:
        """See that no name that was given up comes back."""
        names_before, names_now = set(_names(before)), set(_names(now))
        back = (names_now - names_before) & self._abandoned
        if back and not self._by_hand:
            self.wrong.append(f"given up, and back again: {sorted(back)}")
        self._abandoned |= names_before - names_now

    def _read(self) -> Moment:
        rows = self._simulator._running().tables.state.disks.values()  # noqa: SLF001 - nothing else shows it undisturbed
        disks = [_disk_of(row) for row in rows]
        return {disk.slot: disk for disk in disks if disk.slot.startswith("rds1-")}


def _names(moment: Moment) -> Iterator[str]:
    for disk in moment.values():
        yield from ({disk.nqn} if disk.exported else set()) | ({disk.recorded_nqn} - {""})


def _disk_of(row: Mapping[str, Value]) -> Disk:
    slot, comment = render_value(row["slot"]), render_value(row.get("comment", ""))
    size_bytes = row["file-size"]
    assert isinstance(size_bytes, int)
    return Disk(
        slot, size_bytes, row.get("nvme-tcp-export") is True, render_value(row.get("nvme-tcp-server-nqn", "")),
        comment, _find_record(comment),
    )  # fmt: skip


def _find_record(comment: str) -> Record | None:
    try:
        return decode_record(comment)
    except RefusedError:
        return None
