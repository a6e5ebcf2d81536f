"""What `blkid -p -o export` says of one device (blkid(8)): text to values, no I/O."""

from rds_csi_async.host.process import Completed

NOTHING_FOUND = 2  # also when it could not read: only a reader of one's own proves emptiness
AMBIVALENT = 8  # more than one file system, or a file system beside RAID


def parse_signatures(done: Completed) -> tuple[str, ...]:
    """Give the names of file system, swap, RAID or LUKS, then of a partition table.

    Raises:
        HostError: it failed, so nothing is known.

    """
    if done.exit_status == AMBIVALENT:
        return ("ambivalent",)
    if done.exit_status == NOTHING_FOUND:
        return ()
    pairs = dict(line.partition("=")[::2] for line in done.ensure_success().stdout.splitlines())
    return tuple(pairs[key] for key in ("TYPE", "PTTYPE") if key in pairs)
