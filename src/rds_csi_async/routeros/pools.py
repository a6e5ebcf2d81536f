"""Pools: how a line makes sure of them, what their rows mean, and where on them a volume's file lies.

The layout is for ever: on Btrfs each volume is `disk.img` in a subvolume of its own, so that it can be snapshot;
elsewhere it is `<slot>.img` in one folder. Both follow from the slot alone, so that a file without a disk is found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.pools import Pool, PoolSettings
from rds_csi_async.routeros.rows import LARGEST_NUMBER, Row, find_flag, find_text, flag_of, int_of, text_of
from rds_csi_async.routeros.syntax import render_rows, render_text

_FILE_SYSTEMS = frozenset({"btrfs", "ext4", "xfs"})  # others hold no large files, or are another's over a network


@dataclass(frozen=True, slots=True)
class MountedPool:
    """A pool as a reply showed it, with what is needed to name things on it."""

    settings: PoolSettings
    pool: Pool
    mount_point: str  # as the appliance writes it
    label: str  # what `/disk/btrfs/subvolume` calls the file system

    @property
    def has_subvolumes(self) -> bool:
        """Each volume has a subvolume of its own."""
        return self.pool.fs == "btrfs"

    @property
    def folder(self) -> str:
        """The folder of all images, as `/file` names it (without a leading slash)."""
        return f"{self._root}/{self.settings.folder}"

    def file_name(self, slot: str) -> str:
        """Name a volume's file as `/file` does."""
        return f"{self._root}/{slot}/disk.img" if self.has_subvolumes else f"{self.folder}/{slot}.img"

    def holds(self, file_path: str) -> bool:
        """Tell whether a file lies on this pool."""
        return file_path.strip("/").startswith(f"{self._root}/")

    @property
    def _root(self) -> str:
        return self.mount_point.strip("/")


@dataclass(frozen=True, slots=True)
class ShownPools:
    """The configured pools as one reply shows them: those that can be worked with, and why the others cannot."""

    mounted: tuple[MountedPool, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)  # the reason, by name

    def find(self, name: str | None) -> MountedPool | None:
        """Give the pool of this name, if it can be worked with."""
        return next((each for each in self.mounted if each.settings.name == name), None)

    def find_holder(self, file_path: str) -> MountedPool | None:
        """Give the pool that a file lies on, if it can be worked with."""
        return next((each for each in self.mounted if each.holds(file_path)), None)

    def get(self, name: str) -> MountedPool:
        """Give the pool of this name.

        Raises:
            NotReadyError: it cannot be worked with; the message says why.

        """
        found = self.find(name)
        if found is None:
            raise NotReadyError(self.missing.get(name, f"pool {name!r} was not shown"))
        return found

    def ensure_all(self) -> tuple[MountedPool, ...]:
        """Give every pool: only with all of them there is what is not seen absent.

        Raises:
            NotReadyError: one cannot be worked with.

        """
        if self.missing:
            raise NotReadyError("; ".join(self.missing.values()))
        return self.mounted


def render_pools(pools: Iterable[PoolSettings]) -> list[str]:
    """Print the row of every pool."""
    return [render_rows("pool", f"/disk/print detail as-value where slot={render_text(pool.slot)}") for pool in pools]


def render_guard(pools: Iterable[MountedPool]) -> list[str]:
    """Stop the line, before it changes anything, unless every pool is still where and what it was."""
    return [
        f":if ([:len [/disk/find where slot={render_text(each.settings.slot)}"
        f" fs-uuid={render_text(each.settings.fs_uuid)} mount-point={render_text(each.mount_point)} mounted]] != 1)"
        f" do={{:error {render_text('xpool ' + each.settings.name)}}}"
        for each in pools
    ]


def render_ensure_free(pool: MountedPool, more_bytes: int) -> str:
    """Stop the line unless so much, and the reserve, is free on the pool just now.

    It is said with the word that the appliance has for it too, so that both are caught alike.
    """
    least = min(more_bytes + pool.settings.reserve_bytes, LARGEST_NUMBER)
    free = f"[/disk/get ([/disk/find where slot={render_text(pool.settings.slot)}]->0) free]"
    said = f'"xfull " . $xV . " bytes of space are free, {least} are needed"'
    return f":local xV {free};:if ($xV < {least}) do={{:error ({said})}}"


def parse_pools(rows: Iterable[Row], pools: Iterable[PoolSettings]) -> ShownPools:
    """Give every configured pool, in the settings' order, or why it cannot be worked with."""
    by_slot = {find_text(row, "slot"): row for row in rows}
    mounted: list[MountedPool] = []
    missing: dict[str, str] = {}
    for settings in pools:
        row = by_slot.get(settings.slot)
        reason = _find_objection(row, settings)
        if row is None or reason is not None:
            missing[settings.name] = f"pool {settings.name!r}: {reason}"
        else:
            mounted.append(_parse_pool(row, settings))
    return ShownPools(tuple(mounted), missing)


def _find_objection(row: Row | None, settings: PoolSettings) -> str | None:
    if row is None:
        return f"the appliance has no disk {settings.slot!r}"
    if "mounted" not in row or not flag_of(row, "mounted") or find_text(row, "mount-point") is None:
        return f"disk {settings.slot!r} is not mounted"
    if find_text(row, "fs-uuid") != settings.fs_uuid:
        return (
            f"disk {settings.slot!r} carries file system {find_text(row, 'fs-uuid')},"
            f" the settings say {settings.fs_uuid}; correct the one that is wrong"
        )
    if text_of(row, "fs") not in _FILE_SYSTEMS:
        known = ", ".join(sorted(_FILE_SYSTEMS))
        return f"disk {settings.slot!r} is formatted as {find_text(row, 'fs')}, which holds no volumes: use {known}"
    if find_flag(row, "mount-read-only"):
        return f"disk {settings.slot!r} is mounted read-only: set mount-read-only=no, or repair its file system"
    return None


def _parse_pool(row: Row, settings: PoolSettings) -> MountedPool:
    pool = Pool(settings.name, text_of(row, "fs"), int_of(row, "size"), int_of(row, "free"), settings.reserve_bytes)
    return MountedPool(settings, pool, text_of(row, "mount-point"), find_text(row, "fs-label") or settings.slot)
