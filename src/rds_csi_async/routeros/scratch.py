"""What a probe makes on an appliance, and how it is taken away again: names that nobody else has, and nothing else.

Each name begins with `rdsprobe-` and a random mark. Neither that nor the comments are what the driver looks for, which
begins with `rds1`: to it these disks are somebody else's, and stay out of its listings and sweeps. The NQNs are not of
the driver's prefix either.
"""

import re
from dataclasses import dataclass, replace

from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.volumes import NewVolume
from rds_csi_async.routeros import disks, files
from rds_csi_async.routeros.pools import MountedPool
from rds_csi_async.routeros.syntax import render_row, render_text

PREFIX = "rdsprobe-"
NQN_PREFIX = "nqn.2026-11.io.github.rds-csi-async.probe:"
MARK = re.compile(r"[0-9a-f]{10}")
SIZE_BYTES = 17 * MIB  # no power of two, so that rounding shows
_WHICH = "xgone"  # what a line stops with when its disk is not there


@dataclass(frozen=True, slots=True)
class Scratch:
    """The names of one probe. `pool.folder` is made to be the probe's own, where there are no subvolumes."""

    mark: str
    pool: MountedPool
    port: int
    patience_s: float = 20.0  # that a verb may take

    @classmethod
    def on(cls, mark: str, pool: MountedPool, port: int, patience_s: float = 20.0) -> "Scratch":
        """Name things on a pool."""
        own = replace(pool, settings=replace(pool.settings, folder=PREFIX + mark))
        return cls(mark, own, port, patience_s)

    @property
    def slot(self) -> str:
        """The slot of the disk that most is tried on; also the name of the subvolume or folder."""
        return PREFIX + self.mark

    @property
    def comment(self) -> str:
        """What the disks' comments begin with."""
        return f"{self.slot}: made by rds-csi doctor --probe"

    @property
    def folder(self) -> str:
        """The subvolume or folder as `/file` names it."""
        root = self.pool.mount_point.strip("/")
        return f"{root}/{self.slot}"

    def other(self, name: str) -> str:
        """Name another disk's slot."""
        return f"{self.slot}-{name}"

    def file_name(self, slot: str) -> str:
        """Name a disk's file as `/file` does."""
        if slot == self.slot:
            return self.pool.file_name(slot)
        return f"{self.folder}/{slot[len(self.slot) + 1 :]}.img"

    def nqn(self, sequence: int, slot: str = "") -> str:
        """Name an export, as long as those of the driver."""
        return f"{NQN_PREFIX}{(slot or self.slot):x<32}.{sequence}.{self.mark}{self.mark[:6]}"

    def render_add(self) -> str:
        """Add the disk, in the very words of the driver."""
        new = NewVolume(self.slot, self.pool.pool.name, SIZE_BYTES, self.comment)
        return disks.render_add(new, self.pool, self.port)

    def render_add_other(self, slot: str, size_bytes: int = SIZE_BYTES) -> str:
        """Add another disk, of any name."""
        return (
            f"/disk/add type=file file-path={render_text('/' + self.file_name(slot))} file-size={size_bytes // MIB}M"
            f" slot={render_text(slot)} comment={render_text(self.comment)} mount-filesystem=no nvme-tcp-export=no"
        )

    def render_pick(self, slot: str = "") -> list[str]:
        """Put the disk into `xI`, or stop the line."""
        where = render_text(slot or self.slot)
        return [f":local xI [/disk/find where slot={where}]", f':if ([:len $xI] != 1) do={{:error "{_WHICH}"}}']

    def render_drop(self, slot: str) -> list[str]:
        """Remove another disk, and its file."""
        return [
            f":foreach xK in=[/disk/find where slot={render_text(slot)}] do={{/disk/remove $xK}}",
            *self.render_drop_file(slot),
        ]

    def render_drop_file(self, slot: str) -> list[str]:
        """Remove a disk's file, if there is one."""
        name = render_text(self.file_name(slot))
        return [f':foreach xK in=[/file/find where name={name} type!="directory"] do={{/file/remove $xK}}']


def is_gone(failure: str) -> bool:
    """Tell whether a line stopped because its disk is not there."""
    return failure.startswith(_WHICH)


def render_clear(mark: str, *, has_subvolumes: bool) -> list[str]:
    """Remove all that bears the mark, whatever stands in the way of one thing; no more than what bears it."""
    ours, within, whole = (render_text(one.format(PREFIX + mark)) for one in ("^{}", "/{}/", "/{}$"))
    removals = [
        _for_each(
            f"/disk/find where slot~{ours}", ":do {/disk/set $xK nvme-tcp-export=no} on-error={};/disk/remove $xK"
        ),
        _for_each(f'/file/find where name~{within} type!="directory"', "/file/remove $xK"),
    ]
    if has_subvolumes:
        return [
            *removals,
            _for_each(f"/disk/btrfs/subvolume/find where name~{ours}", "/disk/btrfs/subvolume/remove $xK"),
        ]
    return [*removals, _for_each(f'/file/find where name~{whole} type="directory"', "/file/remove $xK")]


def render_count(mark: str, *, has_subvolumes: bool) -> list[str]:
    """Print how much bears the mark."""
    ours = render_text("^" + PREFIX + mark)
    sums = [
        f"[:len [/disk/find where slot~{ours}]]",
        f"[:len [/file/find where name~{render_text('/' + PREFIX + mark)}]]",
    ]
    if has_subvolumes:
        sums.append(f"[:len [/disk/btrfs/subvolume/find where name~{ours}]]")
    return [render_row("left", f"({' + '.join(sums)})")]


def render_place(scratch: Scratch) -> str:
    """Make the subvolume or folder."""
    return files.render_ensure_room(scratch.pool, scratch.slot)


def _for_each(find: str, act: str) -> str:
    return f":foreach xK in=[{find}] do={{:do {{{act}}} on-error={{}}}}"
