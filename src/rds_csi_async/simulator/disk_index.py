"""Where the entries of a long `/disk` table are found by slot, by subsystem name and by file."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rds_csi_async.simulator.disk_rules import export_nqn, text_of
from rds_csi_async.simulator.values import Value

Disks = Mapping[int, Mapping[str, Value]]


@dataclass(slots=True)
class DiskIndex:
    """Knows entries by the number of their id. What was put in must be dropped before it is changed."""

    _slots: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _nqns: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    _paths: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    @classmethod
    def of(cls, disks: Disks) -> "DiskIndex":
        """Index a whole table."""
        index = cls()
        for number, disk in disks.items():
            index.put(number, disk)
        return index

    def put(self, number: int, disk: Mapping[str, Value]) -> None:
        """Know an entry."""
        for table, key in self._keys(disk):
            table[key].add(number)

    def drop(self, number: int, disk: Mapping[str, Value]) -> None:
        """Forget an entry as it was put in."""
        for table, key in self._keys(disk):
            table[key].discard(number)
            if not table[key]:
                del table[key]

    def slots(self) -> frozenset[str]:
        """Name all slots that are taken."""
        return frozenset(self._slots)

    def in_slot(self, slot: str) -> list[int]:
        """Return the entries in a slot, oldest first."""
        return sorted(self._slots.get(slot, ()))

    def below(self, path: str) -> list[int]:
        """Return the entries whose file is this, or lies below it; the path has its leading slash."""
        return sorted(self._paths.get(path, ()))

    def rivals(self, disk: Mapping[str, Value]) -> list[int]:
        """Return the entries that share slot or subsystem name with this one."""
        nqn = export_nqn(disk)
        exported = self._nqns.get(nqn, set()) if nqn is not None else set()
        return sorted(self._slots.get(text_of(disk, "slot"), set()) | exported)

    def _keys(self, disk: Mapping[str, Value]) -> Iterator[tuple[defaultdict[str, set[int]], str]]:
        yield self._slots, text_of(disk, "slot")
        nqn = export_nqn(disk)
        if nqn is not None:
            yield self._nqns, nqn
        path = text_of(disk, "file-path")
        while path:
            yield self._paths, path
            path = path.rpartition("/")[0]
