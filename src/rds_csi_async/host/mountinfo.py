r"""The kernel's mount table, `/proc/<pid>/mountinfo` (proc_pid_mountinfo(5)): text to values, no I/O.

`36 35 98:0 /root /path rw,noatime shared:1 - ext3 /dev/sda1 rw,errors=continue`: ids, device number, root, path,
per-mount options, any number of optional fields up to a lone `-`, file system, source, the file system's options.
White space and backslashes in names stand as `\` and three octal digits.
"""

import re
from functools import lru_cache

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.mounts import Mount

_ESCAPE = re.compile(rb"\\([0-7]{3})")
_FIXED_FIELDS = 6
_FIELDS_BEHIND = 3


def parse_mountinfo(content: bytes) -> tuple[Mount, ...]:
    """Read the whole table, in its order.

    Raises:
        HostError: a line is not as it should be; then nothing is known, least of all that something is not mounted.

    """
    return tuple(_parse_line(line) for line in content.split(b"\n") if line)


@lru_cache(maxsize=4096)  # the table is read often, and most lines stay as they are
def _parse_line(line: bytes) -> Mount:
    before, dash, behind = line.partition(b" - ")
    fixed, tail = before.split(b" "), behind.split(b" ")
    if not dash or len(fixed) < _FIXED_FIELDS or len(tail) < _FIELDS_BEHIND:
        message = f"the mount table has a line that cannot be read: {line[:300]!r}"
        raise HostError(message)
    options = {*fixed[5].split(b","), *tail[-1].split(b",")}
    return Mount(
        path=_text(fixed[4]),
        device_number=_text(fixed[2]),
        root=_text(fixed[3]),
        file_system=_text(tail[0]),
        source=_text(tail[1]),
        read_only=b"ro" in options,
    )


def _text(field: bytes) -> str:
    """Undo the escapes; bytes that are no UTF-8 come through as Python's own names of files have them."""
    if b"\\" not in field:
        return field.decode(errors="surrogateescape")
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 8) & 0xFF]), field).decode(errors="surrogateescape")
