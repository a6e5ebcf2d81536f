"""The forms that mkfs.ext4 (e2fsprogs 1.47, blocks of 4 KiB) gives to what it writes. Pure.

It writes the copies of the superblock, then, after an fsync, the primary one: until then block 0 is zero. That mark is
only an absence, so one block must be of a form that hardly anything else has.
"""

import struct

from rds_csi_async.host.readings import BLOCK, Reading

_GROUP_BLOCKS = 32768  # 8 bits a byte of one bitmap block
_DESCRIPTORS_A_BLOCK = BLOCK // 64
_SUPERBLOCK_MAGIC = b"\x53\xef"
_JOURNAL = bytes.fromhex("c03b399800000004")
_FOLDERS = (  # the root, before and after it has its only entry, and that
    bytes.fromhex("020000000c0001022e00000002000000e80f02022e2e0000"),
    bytes.fromhex("020000000c0001022e000000020000000c0002022e2e00000b000000dc0f0a02") + b"lost+found",
    bytes.fromhex("0b0000000c0001022e00000002000000e80f02022e2e0000"),
)
_EMPTY_FOLDER = bytes.fromhex("00000000f40f000000000000")
_TAIL_BYTES = 12  # checksum at the end of a folder's block
_ORPHANS = bytes.fromhex("04ca100b")  # behind nothing but zeros, before the block's checksum
_INODE_BYTES = 256
_INODE_MODES = {0, 0o40755, 0o40700, 0o100600}  # root, lost+found, journal and resize inode
_MOST_RESERVED_BLOCKS = 1024
_MOST_ODD_BYTES = 4  # where a run of ones in a bitmap begins or ends


def is_unfinished_ext4(reading: Reading) -> bool:
    """Tell whether a killed mkfs.ext4 left all that was read."""
    device_blocks = reading.size_bytes // BLOCK
    if 0 in reading.blocks or any(offset % BLOCK or len(block) != BLOCK for offset, block in reading.blocks.items()):
        return False
    telling = False
    for offset, block in reading.blocks.items():
        number = offset // BLOCK
        if _is_telling(number, block, device_blocks):
            telling = True
        elif not _is_plain(number, block, device_blocks):
            return False
    return telling


def _is_telling(number: int, block: bytes, device_blocks: int) -> bool:
    """Tell whether this is a form of mkfs.ext4's that hardly anything else has."""
    if number % _GROUP_BLOCKS == 0 and block[56:58] == _SUPERBLOCK_MAGIC:
        blocks, log_size, group = (
            struct.unpack_from(form, block, at)[0] for form, at in (("<I", 4), ("<I", 24), ("<H", 90))
        )
        return bool(blocks <= device_blocks and 1024 << log_size == BLOCK and group == number // _GROUP_BLOCKS)
    for folder in _FOLDERS:
        if block.startswith(folder):
            return not any(block[len(folder) : -_TAIL_BYTES])
    if block.startswith(_JOURNAL) or (block[-8:-4] == _ORPHANS and not any(block[:-8])):
        return True
    return _is_first_inodes(block) or _is_reserved_descriptors(number, block)


def _is_reserved_descriptors(number: int, block: bytes) -> bool:
    """Tell whether this names the copies of itself, as blocks that are kept for growth do."""
    words = [word for word in struct.unpack(f"<{BLOCK // 4}I", block) if word]
    return words[0] == number + _GROUP_BLOCKS and all((word - number) % _GROUP_BLOCKS == 0 for word in words)


def _is_plain(number: int, block: bytes, device_blocks: int) -> bool:
    """Tell whether this is a form of mkfs.ext4's that other things can have as well."""
    if len(block) - block.count(0) - block.count(0xFF) <= _MOST_ODD_BYTES:
        return True  # a bitmap
    if block.startswith(_EMPTY_FOLDER):
        return not any(block[len(_EMPTY_FOLDER) : -_TAIL_BYTES])
    return _is_descriptors(number, block, device_blocks) or _is_inodes(block) or _is_small_numbers(block)


def _is_descriptors(number: int, block: bytes, device_blocks: int) -> bool:
    groups = -(-device_blocks // _GROUP_BLOCKS)
    if not 1 <= number % _GROUP_BLOCKS <= -(-groups // _DESCRIPTORS_A_BLOCK):
        return False
    for at in range(0, BLOCK, BLOCK // _DESCRIPTORS_A_BLOCK):
        places = struct.unpack_from("<III", block, at)
        if any(block[at : at + 64]) and not all(0 < place < device_blocks for place in places):
            return False
    return True


def _is_inodes(block: bytes) -> bool:
    return all(
        struct.unpack_from("<H", block, at)[0] in _INODE_MODES and not any(block[at + 2 : at + 4])  # mode, and owner 0
        for at in range(0, BLOCK, _INODE_BYTES)
    )


def _is_first_inodes(block: bytes) -> bool:
    """Tell whether the first inode is there, which is never used and bears the time of the mkfs, three times."""
    times = struct.unpack_from("<III", block, 8)
    return not any(block[:8]) and times[0] != 0 and len(set(times)) == 1 and _is_inodes(block)


def _is_small_numbers(block: bytes) -> bool:
    """Tell whether this lists blocks kept for growth, as the resize inode's does."""
    return all(word <= _MOST_RESERVED_BLOCKS + BLOCK for word in struct.unpack(f"<{BLOCK // 4}I", block))
