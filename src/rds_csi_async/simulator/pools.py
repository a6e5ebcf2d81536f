"""The appliance's file systems: what they are, whether they are mounted, how full they are."""

import time
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from rds_csi_async.simulator.failures import NOT_ENOUGH_SPACE, Failure

_SPECIAL_PARTS: Final = frozenset({"", ".", ".."})
CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """A pool: its name is slot and mount point; `fs` is btrfs, ext4 or xfs; the label is the name unless given."""

    name: str
    fs: str
    size_bytes: int
    fs_uuid: str
    fs_label: str = ""

    @property
    def label(self) -> str:
        """The label of the file system."""
        return self.fs_label or self.name


@dataclass(slots=True)
class Pool:
    """A pool as it is now. Files are accounted at their full size, as the appliance allocates them.

    A pool that is `full` has no room for anything, whatever it holds. `array_state` is what its array calls itself.
    """

    settings: PoolSettings
    folder: Path
    used_bytes: int = 0
    mounted: bool = True
    full: bool = False
    array_state: str = CLEAN
    _leaving: list[tuple[float, int]] = field(default_factory=list)

    @property
    def occupied_bytes(self) -> int:
        """What is used, also by what was removed but has not gone yet."""
        now_s = time.monotonic()
        self._leaving = [(until_s, size_bytes) for until_s, size_bytes in self._leaving if until_s > now_s]
        return self.used_bytes + sum(size_bytes for _, size_bytes in self._leaving)

    @property
    def free_bytes(self) -> int:
        """What is left; never below zero."""
        return 0 if self.full else max(0, self.settings.size_bytes - self.occupied_bytes)

    def release(self, size_bytes: int, late_s: float = 0.0) -> None:
        """Account for bytes that were removed; they become free some time later."""
        self.used_bytes -= size_bytes
        if late_s > 0:
            self._leaving.append((time.monotonic() + late_s, size_bytes))

    def take(self, size_bytes: int) -> None:
        """Account for more bytes, or for fewer where the number is negative.

        Raises:
            Failure: there is not enough space; nothing was taken.

        """
        if size_bytes > 0 and size_bytes > self.free_bytes:
            raise Failure(NOT_ENOUGH_SPACE)
        self.used_bytes += size_bytes


@dataclass(frozen=True, slots=True)
class Place:
    """A path on a pool; `name` is as `/file` shows it, without the leading slash."""

    pool: Pool
    path: Path
    name: str

    @property
    def is_root(self) -> bool:
        """Tell whether this is the pool itself."""
        return self.path == self.pool.folder


@dataclass(slots=True)
class Pools:
    """All pools, by name."""

    by_name: dict[str, Pool] = field(default_factory=dict)

    def find_place(self, name: str) -> Place | None:
        """Find where a path with or without leading slash lies; None unless it is on a mounted pool."""
        parts = name.removeprefix("/").split("/")
        pool = self.by_name.get(parts[0])
        if pool is None or not pool.mounted or _SPECIAL_PARTS.intersection(parts) or "\0" in name:
            return None
        plain = PurePosixPath(*(part.encode("latin-1").decode("utf-8", "surrogateescape") for part in parts[1:]))
        return Place(pool, pool.folder / plain, "/".join(parts))

    def find_by_file_system(self, name: str) -> Pool | None:
        """Find a mounted pool by its label or its slot."""
        for pool in self.by_name.values():
            if pool.mounted and name in {pool.settings.label, pool.settings.name}:
                return pool
        return None
