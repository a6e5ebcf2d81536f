"""Pools: how a line makes sure of them, what their rows mean, and where on them a volume's file lies.

The layout is for ever: on Btrfs each volume is `disk.img` in a subvolume of its own, so that it can be snapshot;
elsewhere it is `<slot>.img` in one folder. Both follow from the slot alone, so that a file without a disk is found.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.pools import Pool, PoolSettings
from rds_csi_async.routeros.rows import Row, find_text, flag_of, int_of, text_of
from rds_csi_async.routeros.syntax import render_rows, render_text


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


def parse_pools(rows: Iterable[Row], pools: Iterable[PoolSettings]) -> tuple[MountedPool, ...]:
    """Give every configured pool, in the settings' order.

    Raises:
        NotReadyError: one is not there, not mounted, or another file system than the settings say.

    """
    by_slot = {find_text(row, "slot"): row for row in rows}
    return tuple(_parse_pool(by_slot.get(settings.slot), settings) for settings in pools)


def _parse_pool(row: Row | None, settings: PoolSettings) -> MountedPool:
    if row is None:
        message = f"pool {settings.name!r}: the appliance has no disk {settings.slot!r}"
        raise NotReadyError(message)
    if "mounted" not in row or not flag_of(row, "mounted") or find_text(row, "mount-point") is None:
        message = f"pool {settings.name!r}: disk {settings.slot!r} is not mounted"
        raise NotReadyError(message)
    if find_text(row, "fs-uuid") != settings.fs_uuid:
        message = (
            f"pool {settings.name!r}: disk {settings.slot!r} carries file system {find_text(row, 'fs-uuid')},"
            f" the settings say {settings.fs_uuid}; correct the one that is wrong"
        )
        raise NotReadyError(message)
    pool = Pool(settings.name, text_of(row, "fs"), int_of(row, "size"), int_of(row, "free"), settings.reserve_bytes)
    return MountedPool(settings, pool, text_of(row, "mount-point"), find_text(row, "fs-label") or settings.slot)
