"""A mount table of one's own, so that no test depends on what else the machine does.

Whatever starts a container, or an image's build, copies the mount table of its namespace; a copy keeps a device busy
that its owner has unmounted. So the tests that mount do it where nobody else copies from.
"""

import ctypes
import os

_CLONE_NEWNS = 0x00020000  # linux/sched.h
_MS_REC_PRIVATE = 0x4000 | 0x40000  # linux/mount.h


def enter_own_namespace() -> None:
    """Give this process, and all that it starts from now on, a mount table of its own. Call it before any thread.

    Raises:
        OSError: this root may not.

    """
    kernel = ctypes.CDLL(None, use_errno=True)
    if kernel.unshare(_CLONE_NEWNS) != 0 or kernel.mount(b"none", b"/", None, _MS_REC_PRIVATE, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"no mount namespace of its own: {os.strerror(error)}")
