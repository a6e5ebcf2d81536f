"""What a pod does with its volume. Everything here blocks."""

import errno
import hashlib
import os
from pathlib import Path

DATA_BYTES = 4 << 20


def write(target: Path) -> str:
    """Write, and have it written; give the checksum. The target is a folder with a file system, or a block device."""
    data = os.urandom(DATA_BYTES)
    with (target / "data" if target.is_dir() else target).open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return hashlib.sha256(data).hexdigest()


def checksum(target: Path) -> str:
    """Read back what was written."""
    with (target / "data" if target.is_dir() else target).open("rb") as file:
        return hashlib.sha256(file.read(DATA_BYTES)).hexdigest()


def can_write(target: Path) -> bool:
    """Tell whether a pod could write into the file system."""
    try:
        (target / "more").touch()
    except OSError as error:
        assert error.errno == errno.EROFS  # noqa: PT017 - any other reason is none of a read-only volume
        return False
    return True


def size_of(target: Path) -> int:
    """Measure how many bytes the file system, or the device, has."""
    if target.is_dir():
        measured = os.statvfs(target)
        return measured.f_blocks * measured.f_frsize
    with target.open("rb") as file:
        return file.seek(0, os.SEEK_END)
