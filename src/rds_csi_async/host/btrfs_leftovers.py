"""The forms that mkfs.btrfs (btrfs-progs 6.2, sectors of 4 KiB, nodes of 16 KiB) gives to what it writes. Pure.

Its first writes are seven nodes at 1 MiB, then the superblock, whose magic is `!BHRfS_M` until the last write to it but
for its copies: only then is there a Btrfs for libblkid and for the kernel (kernel documentation, "Btrfs on-disk
format", superblock and `btrfs_header`). All that it writes bears one file system id; it begins by zeroing the first
2 MiB and the places of superblocks, so only further out there can be nodes of an earlier try, with another id.

A node is told by its header. Of what stands behind one only that it is behind one is known.
"""

import struct

from rds_csi_async.host.readings import BLOCK, Reading

_NODE_BYTES = 16384
_SUPERBLOCKS = (64 << 10, 64 << 20, 256 << 30, 1 << 50)
_MAGIC = b"!BHRfS_M"
_MAGIC_AT = 64
_PLACE_AT = 48  # in a superblock and in a node: where it is, in bytes; in a node, by the file system's own count
_ID = slice(32, 48)
_HEADER = struct.Struct("<QQ16sQQIB")  # from 48 on: place, flags, id of the chunk tree, generation, owner, items, level
_LATEST_GENERATION = 16  # mkfs comes to about 8
_OWNERS = {*range(1, 13), (1 << 64) - 9}  # the trees of a new file system, that of relocated data included
_ZEROED_BYTES = 2 << 20
_FLAGS = {1 << 56, 1 << 56 | 1}  # back references of the present kind; 1: written as part of a transaction


def is_unfinished_btrfs(reading: Reading) -> bool:
    """Tell whether a killed mkfs.btrfs left all that was read."""
    blocks = reading.blocks
    if any(offset % BLOCK or len(block) != BLOCK for offset, block in blocks.items()):
        return False
    supers = {offset: blocks[offset] for offset in _SUPERBLOCKS if offset in blocks}
    heads = {offset: block for offset, block in blocks.items() if offset not in supers and offset % _NODE_BYTES == 0}
    tails = [offset // _NODE_BYTES * _NODE_BYTES for offset in blocks if offset not in supers and offset not in heads]
    first = [block for offset, block in heads.items() if offset < _ZEROED_BYTES]
    return (
        bool(first)
        and len({block[_ID] for block in (*supers.values(), *first)}) == 1
        and all(_is_superblock(offset, block, reading.size_bytes) for offset, block in supers.items())
        and all(_is_head(block) for block in heads.values())
        and all(head in heads for head in tails)
    )


def _is_superblock(offset: int, block: bytes, size_bytes: int) -> bool:
    (place,) = struct.unpack_from("<Q", block, _PLACE_AT)
    (total_bytes,) = struct.unpack_from("<Q", block, 112)
    return block[_MAGIC_AT:].startswith(_MAGIC) and place == offset and 0 < total_bytes <= size_bytes


def _is_head(block: bytes) -> bool:
    """Tell whether a leaf of a new file system begins here."""
    place, flags, _, generation, owner, items, level = _HEADER.unpack_from(block, _PLACE_AT)
    return (
        place % BLOCK == 0
        and flags in _FLAGS
        and 0 < generation <= _LATEST_GENERATION
        and owner in _OWNERS
        and items < _NODE_BYTES // 25  # an item's head has 25 bytes
        and level == 0
    )
