"""The appliance's file systems: what they are, whether they are mounted, how full they are."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from rds_csi_async.simulator.failures import NOT_ENOUGH_SPACE, Failure

_SPECIAL_PARTS: Final = frozenset({"", ".", ".."})


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
    """A pool as it is now. Files are accounted at their full size, as the appliance allocates them."""

    settings: PoolSettings
    folder: Path
    used_bytes: int = 0
    mounted: bool = True

    @property
    def free_bytes(self) -> int:
        """What is left; never below zero."""
        return max(0, self.settings.size_bytes - self.used_bytes)

    def take(self, size_bytes: int) -> None:
        """Account for more bytes, or for fewer where the number is negative.

        Raises:
            Failure: there is not enough space; nothing was taken.

        """
        if size_bytes > self.free_bytes:
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
