"""Reads the places of a device where something would show, and says what is there; a program of its own.

`python -I -S device_reader.py DEVICE quick|thorough`, standard library alone, since it is run as a child: reads of a
device whose target is away hang. It writes nothing. Out come lines: `size` and that in bytes; the first `MOST_BLOCKS`
blocks of 4 KiB that are not zero, each as its offset and its content in hexadecimal; at the end `whole`, or `more` when
there are more. What takes long to import is left out: this runs for every new volume, many times at once.

Both ends hold partition tables, RAID, LVM, LUKS and ZFS labels; the rest are copies of superblocks, which outlive an
end that was overwritten: ext4's at groups 1, 3^n, 5^n, 7^n for every block size (sparse_super), xfs's at each
allocation group (a quarter, an eighth ... of the device, or every TiB), Btrfs's at 64 MiB, 256 GiB and 1 PiB, with its
first nodes from 1 MiB on, OCFS2's from 1 GiB to 1 TiB, the second header of LUKS2 up to 4 MiB. Thorough adds a block
every 16 MiB, or further apart on a device that would take more than `MOST_SPOTS` of them.
"""

from __future__ import annotations

import mmap
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = 4096
MIB = 1 << 20
TIB = 1 << 40
END_BYTES = MIB
WINDOW_BYTES = 64 * 1024  # around the start of an allocation group, whose exact place depends on rounding
SPOT_EVERY = 16 * MIB
MOST_SPOTS = 16384
MOST_BLOCKS = 512
EXT4_BLOCK_SIZES = (1024, 2048, 4096, 8192, 16384, 32768, 65536)
XFS_GROUPS = 32  # the usual counts, 4 to 32, divide it
NODE = 16384  # Btrfs's; only the head of one tells what it is
_FIRST_NODES = (MIB, MIB // 4)
_FIXED = (2 * MIB, 4 * MIB, 64 * MIB, *(1 << shift for shift in range(30, 42, 2)), 1 << 50)


def places(size: int, *, thorough: bool) -> list[tuple[int, int]]:
    """List offset and length of what to read, in bytes, whole blocks but for the end."""
    wanted = {(0, END_BYTES), (size - END_BYTES, END_BYTES), _FIRST_NODES}
    wanted |= {(offset, BLOCK) for offset in (*_FIXED, *_ext4_copies(size))}
    starts = [size * part // XFS_GROUPS for part in range(1, XFS_GROUPS)]
    wanted |= {_window(start) for start in (*starts, *range(TIB, size, TIB))}
    if thorough:
        step = max(SPOT_EVERY, -(-size // (MOST_SPOTS * BLOCK)) * BLOCK)
        wanted |= {(offset, BLOCK) for offset in range(0, size, step)}
    return sorted(_aligned(offset, length, size) for offset, length in wanted if offset < size)


def _window(middle: int) -> tuple[int, int]:
    start = (middle - WINDOW_BYTES // 2) // NODE * NODE
    return start, WINDOW_BYTES + NODE


def _ext4_copies(size: int) -> Iterator[int]:
    """Give where copies of the superblock are; with the block behind, where the group descriptors begin."""
    for block_size in EXT4_BLOCK_SIZES:
        group_bytes = 8 * block_size * block_size
        groups = {1}
        for base in (3, 5, 7):
            group = base
            while group * group_bytes < size:
                groups.add(group)
                group *= base
        for group in groups:
            yield group * group_bytes
            yield group * group_bytes + max(block_size, BLOCK)


def _aligned(offset: int, length: int, size: int) -> tuple[int, int]:
    start = max(offset, 0) // BLOCK * BLOCK
    end = min(-(-(max(offset, 0) + length) // BLOCK) * BLOCK, size)
    return start, end - start


def read_blocks(device: str, *, thorough: bool) -> tuple[int, dict[int, bytes], bool]:
    """Read all places; give the size, what is not zero by offset, and whether that is all of it.

    Raises:
        OSError: a place cannot be read whole.

    """
    descriptor = _open(device)
    try:
        size = os.lseek(descriptor, 0, os.SEEK_END)
        blocks: dict[int, bytes] = {}
        whole = True
        with mmap.mmap(-1, END_BYTES + BLOCK) as buffer:  # direct reads want memory on a page's boundary
            for offset, length in places(size, thorough=thorough):
                for at, block in _non_zero(_read(descriptor, buffer, offset, length), offset):
                    if len(blocks) < MOST_BLOCKS or at in blocks:
                        blocks[at] = block
                    else:
                        whole = False
    finally:
        os.close(descriptor)
    return size, blocks, whole


def render(size: int, blocks: dict[int, bytes], *, whole: bool) -> str:
    """Write down what was read."""
    lines = [f"size {size}", *(f"{offset} {block.hex()}" for offset, block in blocks.items())]
    return "\n".join([*lines, "whole" if whole else "more", ""])


def _open(device: str) -> int:
    """Open past the page cache where that is possible, so that what is on the device is what is read."""
    try:
        descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECT)
    except OSError:
        descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    if stat.S_IFMT(os.fstat(descriptor).st_mode) not in {stat.S_IFBLK, stat.S_IFREG}:
        os.close(descriptor)
        message = "it is neither a block device nor a file"
        raise OSError(message)
    return descriptor


def _read(descriptor: int, buffer: mmap.mmap, offset: int, length: int) -> bytes:
    with memoryview(buffer) as view, view[:length] as part:
        done = os.preadv(descriptor, [part], offset)
        if done != length:
            message = f"only {done} of {length} bytes at {offset} could be read"
            raise OSError(message)
        return bytes(part)


def _non_zero(content: bytes, offset: int) -> Iterator[tuple[int, bytes]]:
    if content.count(0) == len(content):
        return
    for start in range(0, len(content), BLOCK):
        block = content[start : start + BLOCK]
        if block.count(0) != len(block):
            yield offset + start, block


def main(argv: list[str]) -> int:
    """Run as a program; 1 when the device cannot be read."""
    device, depth = argv
    try:
        size, blocks, whole = read_blocks(device, thorough={"quick": False, "thorough": True}[depth])
    except OSError as error:
        sys.stderr.write(f"{device} cannot be read: {error.strerror or error}\n")
        return 1
    sys.stdout.write(render(size, blocks, whole=whole))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
