"""Whether what is on a device is what a killed mkfs of ours left, and nothing else. Pure.

mkfs.xfs (xfsprogs 6.1) keeps `sb_inprogress` (byte 126 of the superblock) at 1 until its last write; for the others see
`ext4_leftovers` and `btrfs_leftovers`.

No mark alone is enough: every block that was read and is not zero must have a form that the mkfs gives, too. What
stays: data of just these forms, in between the places that are read. The answer is therefore used only on a device that
this node alone ever held and on which it noted that it was formatting.
"""

import struct

from rds_csi_async.host.btrfs_leftovers import is_unfinished_btrfs
from rds_csi_async.host.ext4_leftovers import is_unfinished_ext4
from rds_csi_async.host.readings import BLOCK, Reading

_XFS_MAGIC = b"XFSB"
_XFS_IN_PROGRESS = 126
_XFS_BLOCKS = (
    _XFS_MAGIC,
    *(b"AB3B", b"AB3C", b"IAB3", b"FIB3", b"RMB3", b"R3FC"),  # roots of an allocation group's trees
    b"IN",  # inodes
    b"\xfe\xed\xba\xbe",  # the log's first record
    b"XAFL",
)


def find_unfinished(signatures: tuple[str, ...], reading: Reading) -> str:
    """Name the file system whose killed mkfs left all that was read; empty when there is any doubt."""
    if reading.blank or not reading.whole:
        return ""
    if may_be_unfinished(signatures) and _is_unfinished_xfs(reading):
        return "xfs"
    if signatures:
        return ""
    if is_unfinished_ext4(reading):
        return "ext4"
    return "btrfs" if is_unfinished_btrfs(reading) else ""


def may_be_unfinished(signatures: tuple[str, ...]) -> bool:
    """Tell whether a killed mkfs can have left what libblkid names so: of xfs it is its first write."""
    return signatures in {(), ("xfs",)}


def _is_unfinished_xfs(reading: Reading) -> bool:
    first = reading.blocks.get(0, b"")
    if not first.startswith(_XFS_MAGIC) or first[_XFS_IN_PROGRESS] != 1:
        return False
    block_bytes, blocks = struct.unpack_from(">IQ", first, 4)
    if block_bytes != BLOCK or blocks * block_bytes > reading.size_bytes:
        return False
    return all(block.startswith(_XFS_BLOCKS) for block in reading.blocks.values())
