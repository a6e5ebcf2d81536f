"""The commands that make file systems: options to arguments, no I/O."""

from rds_csi_async.domain.errors import UnsupportedError
from rds_csi_async.domain.making import MakeOptions


def render_mkfs(file_system: str, options: MakeOptions, device: str, *, force: bool = False) -> tuple[str, ...]:
    """Give the command that makes this file system on the device.

    Nothing is discarded: the device was proven blank. ext4 keeps no blocks for root unless told to, which a volume has
    no use for, and has 4 KiB blocks at any size, since a small volume may become a large one, and `leftovers` knows
    that form. Btrfs has the sectors and nodes that it has everywhere, whatever the pages of the node's processor, since
    the volume may move. `force` is for the one that refuses what it began itself.

    Raises:
        UnsupportedError: it is none that this driver makes.

    """
    if file_system == "ext4":
        ratio = ("-i", str(options.bytes_per_inode)) if options.bytes_per_inode else ()
        argv = ("mkfs.ext4", "-q", "-b", "4096", "-m", str(options.reserved_percent), *ratio, "-E", "nodiscard")
    elif file_system == "xfs":
        reflink = () if options.reflink is None else ("-m", f"reflink={int(options.reflink)}")
        argv = ("mkfs.xfs", "-q", "-K", *reflink, *(["-f"] if force else []))
    elif file_system == "btrfs":
        copies = ("-m", {1: "single", 2: "dup"}[options.metadata_copies]) if options.metadata_copies else ()
        argv = ("mkfs.btrfs", "-q", "-K", "-s", "4096", "-n", "16384", *copies)
    else:
        message = f"{file_system!r} is not a file system that this driver makes"
        raise UnsupportedError(message)
    return (*argv, device)
