"""Real files and folders below a pool's folder. Everything here blocks: call it in a thread."""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MOST_CONTENT_BYTES: Final = 60_000
_COPY_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder; `content` only of small files that are no images."""

    relative: str
    is_folder: bool
    size_bytes: int
    changed_at: float
    content: bytes | None = None


def measure_tree(folder: Path) -> int:
    """Add up the sizes of all files below a folder."""
    return sum(entry.size_bytes for entry in list_tree(folder, with_content=False))


def list_tree(folder: Path, *, with_content: bool) -> list[Entry]:
    """List everything below a folder, sorted by path."""
    return sorted(walk(folder, folder, with_content=with_content), key=lambda entry: entry.relative)


def find_entry(root: Path, path: Path) -> Entry | None:
    """Return the file or folder of a path below the root, with its content; None if there is none."""
    try:
        return _entry(root, path, path.lstat(), with_content=True)
    except (FileNotFoundError, NotADirectoryError):
        return None


def walk(root: Path, folder: Path, *, with_content: bool) -> Iterator[Entry]:
    """Go through everything below a folder; what goes meanwhile is passed over."""
    for path in _list_folder(folder):
        try:
            entry = _entry(root, path, path.lstat(), with_content=with_content)
        except FileNotFoundError:
            continue  # somebody removes it meanwhile
        yield entry
        if entry.is_folder:
            yield from walk(root, path, with_content=with_content)


def _list_folder(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []  # likewise


def _entry(root: Path, path: Path, status: os.stat_result, *, with_content: bool) -> Entry:
    is_folder = stat.S_ISDIR(status.st_mode)
    is_small = not is_folder and path.suffix != ".img" and status.st_size <= _MOST_CONTENT_BYTES
    content = path.read_bytes() if with_content and is_small else None
    size_bytes = 0 if is_folder else status.st_size
    return Entry(str(path.relative_to(root)), is_folder, size_bytes, status.st_mtime, content)


def find_size(path: Path) -> int | None:
    """Return a file's size; None if there is none.

    Raises:
        IsADirectoryError: it is a folder.

    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if path.is_dir():
        raise IsADirectoryError(path)
    return status.st_size


def set_size(path: Path, size_bytes: int) -> None:
    """Make the file exactly so large, with a hole where it grows; make it if it is not there."""
    with path.open("ab"):
        os.truncate(path, size_bytes)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder with its files, holes staying holes."""
    shutil.copytree(source, target, copy_function=copy_sparse)


def link_tree(source: Path, target: Path) -> dict[str, int]:
    """Keep hold of all files of a folder in a fresh one; return their sizes by path."""
    forget_tree(target)
    target.mkdir(parents=True)
    sizes: dict[str, int] = {}
    for entry in list_tree(source, with_content=False):
        if entry.is_folder:
            (target / entry.relative).mkdir()
        else:
            os.link(source / entry.relative, target / entry.relative)
            sizes[entry.relative] = entry.size_bytes
    return sizes


def restore_tree(kept: Path, folder: Path, sizes: Mapping[str, int]) -> None:
    """Let a folder hold what `link_tree` kept, in its sizes of then, and nothing else."""
    wanted = {entry.relative: entry for entry in list_tree(kept, with_content=False)}
    for entry in reversed(list_tree(folder, with_content=False)):
        if entry.relative not in wanted:
            (folder / entry.relative).rmdir() if entry.is_folder else (folder / entry.relative).unlink()
    for relative, entry in wanted.items():
        if entry.is_folder:
            (folder / relative).mkdir(exist_ok=True)
            continue
        if not (folder / relative).exists():
            os.link(kept / relative, folder / relative)
        os.truncate(folder / relative, sizes[relative])


def forget_tree(folder: Path) -> None:
    """Let go of what was kept."""
    shutil.rmtree(folder, ignore_errors=True)


def copy_sparse(source: str | Path, target: str | Path) -> None:
    """Copy a file, holes staying holes."""
    with Path(source).open("rb") as reading, Path(target).open("wb") as writing:
        size_bytes = os.fstat(reading.fileno()).st_size
        writing.truncate(size_bytes)
        for start, end in _data(reading.fileno(), size_bytes):
            for offset in range(start, end, _COPY_BYTES):
                piece = os.pread(reading.fileno(), min(_COPY_BYTES, end - offset), offset)
                os.pwrite(writing.fileno(), piece, offset)


def _data(descriptor: int, size_bytes: int) -> Iterator[tuple[int, int]]:
    position = 0
    while position < size_bytes:
        try:
            start = os.lseek(descriptor, position, os.SEEK_DATA)
        except OSError:
            return
        position = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, position
