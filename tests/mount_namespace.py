"""A mount table of one's own, so that no test depends on what else the machine does.

Whatever starts a container, or an image's build, copies the mount table of its namespace; a copy keeps a device busy
that its owner has unmounted. So the tests that mount do it where nobody else copies from.
"""

import ctypes
import errno
import os
from pathlib import Path

_CLONE_NEWNS = 0x00020000  # linux/sched.h
_MS_REC_PRIVATE = 0x4000 | 0x40000  # linux/mount.h


def enter_own_namespace() -> None:
    """Give this process, and all that it starts from now on, a mount table of its own. Call it before any thread.

    Raises:
        OSError: this root may not.

    """
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.unshare(_CLONE_NEWNS) != 0 or not _make_private(kernel, b"/"):
        error = ctypes.get_errno()
        raise OSError(error, f"no mount namespace of its own: {os.strerror(error)}")


def _make_private(kernel: ctypes.CDLL, path: bytes) -> bool:
    """Let no mount below the path be seen elsewhere. The root of a chroot is mostly no mount, but has some below it."""
    if kernel.mount(b"none", path, None, _MS_REC_PRIVATE, None) == 0:
        return True
    if path != b"/" or ctypes.get_errno() != errno.EINVAL:
        return False
    lines = Path("/proc/self/mountinfo").read_bytes().splitlines()
    below = [line.split(b" ")[4].decode("unicode_escape").encode("latin-1") for line in lines]
    return all(_make_private(kernel, mounted) for mounted in below if mounted != b"/")
