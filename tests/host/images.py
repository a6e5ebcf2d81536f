"""Images of file systems in plain files, finished and not; no root is needed for them."""

import subprocess
from pathlib import Path

from tests.required_tools import find_tool

BLOCK = 4096
_OPTIONS = {
    "ext4": ("-q", "-b", "4096", "-m", "0", "-E", "nodiscard"),
    "xfs": ("-q", "-K"),
    "btrfs": ("-q", "-K", "-s", "4096", "-n", "16384"),
}
_XFS_IN_PROGRESS = 126
_XFS_CHECKSUM = 224
_XFS_SECTOR = 512
_BTRFS_SUPERBLOCKS = (64 << 10, 64 << 20)


def make_image(path: Path, file_system: str, size_bytes: int, *options: str) -> Path:
    """Make a file system of this size in a file, as the driver makes it on a device."""
    with path.open("wb") as file:
        file.truncate(size_bytes)
    argv = [find_tool(f"mkfs.{file_system}"), *_OPTIONS[file_system], *options, str(path)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)  # noqa: S603  # our own
    return path


def take_back_end(path: Path, file_system: str) -> None:
    """Make of a finished file system what it was before mkfs's last write.

    Measured with e2fsprogs 1.47, xfsprogs 6.1 and btrfs-progs 6.2.
    """
    with path.open("r+b") as file:
        if file_system == "ext4":
            file.write(bytes(BLOCK))
            return
        if file_system == "btrfs":
            for offset in _BTRFS_SUPERBLOCKS:
                file.seek(offset)
                block = bytearray(file.read(BLOCK))
                block[64:72] = b"!BHRfS_M"
                block[:4] = _crc32c(block[32:]).to_bytes(4, "little")
                file.seek(offset)
                file.write(block)
            return
        sector = bytearray(file.read(_XFS_SECTOR))
        sector[_XFS_IN_PROGRESS] = 1
        sector[_XFS_CHECKSUM : _XFS_CHECKSUM + 4] = bytes(4)
        sector[_XFS_CHECKSUM : _XFS_CHECKSUM + 4] = _crc32c(sector).to_bytes(4, "little")
        file.seek(0)
        file.write(sector)


def _crc32c(content: bytes | bytearray) -> int:
    value = 0xFFFFFFFF
    for byte in content:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF
