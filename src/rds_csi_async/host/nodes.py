"""What stands at a path, and making and removing it: directories and block device nodes, one at a time.

All of it blocks and belongs into a thread; none of it is for paths on a volume. Nothing here deletes what has content.
"""

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.mounts import PathFact, PathKind
from rds_csi_async.host.process import Completed

_ABSENT_TEXTS = ("No such file or directory", "Not a directory")
_KINDS = {
    stat.S_IFDIR: PathKind.DIRECTORY,
    stat.S_IFREG: PathKind.FILE,
    stat.S_IFBLK: PathKind.BLOCK_DEVICE,
    stat.S_IFLNK: PathKind.SYMLINK,
}
P = ParamSpec("P")
T = TypeVar("T")


def parse_stat(done: Completed) -> PathFact:
    """Read what `stat --printf '%f %t:%T'` said: mode and device number, all hexadecimal.

    Raises:
        HostError: it failed for another reason than that nothing stands there.

    """
    if done.exit_status != 0:
        if done.stderr.strip().endswith(_ABSENT_TEXTS):
            return PathFact(PathKind.ABSENT)
        done.ensure_success()
    mode, _, number = done.stdout.partition(" ")
    major, _, minor = number.partition(":")
    return _fact(int(mode, 16), int(major, 16), int(minor, 16))


def look(path: Path) -> PathFact:
    """See what stands at a path, not following a link.

    Raises:
        HostError: it cannot be told.

    """
    try:
        there = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return PathFact(PathKind.ABSENT)
    except OSError as error:
        message = f"{path}: {error.strerror}"
        raise HostError(message) from error
    return _fact(there.st_mode, os.major(there.st_rdev), os.minor(there.st_rdev))


def _fact(mode: int, major: int, minor: int) -> PathFact:
    kind = _KINDS.get(stat.S_IFMT(mode), PathKind.OTHER)
    return PathFact(kind, f"{major}:{minor}" if kind is PathKind.BLOCK_DEVICE else "")


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one of the functions below off the loop.

    Raises:
        HostError: what the kernel said against it.

    """
    try:
        return await asyncio.to_thread(call, *args, **kwargs)
    except OSError as error:
        message = f"{error.filename}: {error.strerror}"
        raise HostError(message) from error


def mode_of(*, read_only: bool) -> int:
    """Give a node's mode. It tells a container runtime what to allow; root itself heeds it little."""
    return stat.S_IFBLK | (0o440 if read_only else 0o660)


def ensure_directory(path: Path, seen: PathFact) -> None:
    """Make the directory and its parents, unless there is one. Nothing is made behind a symbolic link."""
    parent = path.parent.resolve()
    if parent != path.parent:
        message = f"the way to {path} leads over a symbolic link, to {parent}: the orchestrator has to name it so"
        raise HostError(message)
    if seen.kind is PathKind.ABSENT:
        path.mkdir(parents=True, exist_ok=True, mode=0o750)
    elif seen.kind is not PathKind.DIRECTORY:
        message = f"{path} is a {seen.kind}, not a directory"
        raise HostError(message)


def remove_directory(path: Path, seen: PathFact) -> None:
    """Remove the directory if it is there; the kernel refuses when it is not empty, or mounted."""
    if seen.kind is PathKind.DIRECTORY:
        path.rmdir()
    elif seen.kind is not PathKind.ABSENT:
        message = f"{path} is a {seen.kind}, not a directory"
        raise HostError(message)


def ensure_block_node(path: Path, device_number: str, mode: int) -> None:
    """Make a node under another name and move it into place, so that there is always the old one or the new."""
    major, _, minor = device_number.partition(":")
    device = os.makedev(int(major), int(minor))
    there = _find_replaceable(path)
    if there is not None and there.st_rdev == device and there.st_mode == mode:
        return
    new = _draft_of(path)
    _remove(new)
    os.mknod(new, mode, device)
    new.chmod(stat.S_IMODE(mode))  # whatever the umask made of it
    new.replace(path)
    made = path.lstat()
    if made.st_rdev != device or not stat.S_ISBLK(made.st_mode):
        message = f"{path} was to be block device {device_number}, and is not"
        raise HostError(message)


def remove_node(path: Path) -> None:
    """Remove the block device node or empty file, if it is there, and what a killed driver was making of it."""
    _remove(_draft_of(path))
    _remove(path)


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _remove(path: Path) -> None:
    if _find_replaceable(path) is not None:
        path.unlink()


def _find_replaceable(path: Path) -> os.stat_result | None:
    try:
        there = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISBLK(there.st_mode) or (stat.S_ISREG(there.st_mode) and there.st_size == 0):
        return there
    message = f"{path} is neither a block device node nor an empty file: it stays"
    raise HostError(message)
