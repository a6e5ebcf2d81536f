"""Whether the kernel holds a block device for itself."""

import sys

from rds_csi_async.domain.errors import HostError
from rds_csi_async.host.polling import poll
from rds_csi_async.host.process import Completed, Programs

_LOOK_TIMEOUT_S = 10.0
_BUSY = "Device or resource busy"
_OPEN = "import os, sys; os.close(os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL))"


def render_claim(device: str) -> tuple[str, ...]:
    """Give the command that opens a device as its only holder: a child, since an open may hang."""
    return (sys.executable, "-I", "-S", "-c", _OPEN, device)


async def ensure_unclaimed(programs: Programs, device: str, *, wait_s: float = 0) -> None:
    """Insist that nobody holds the device: no mount in any namespace, and none that is on its way out.

    The mount table of this process does not tell: a mount leaves it before its last pages are written, and whatever
    copies the mount namespace (mount_namespaces(7)), as any container does when it starts, has the mount until it
    parts with it, or ends. The kernel lets go of the device after that (open(2), O_EXCL on block devices). It gets
    `wait_s` for that.

    Raises:
        HostError: somebody holds it, or it cannot be told.

    """

    async def look() -> Completed:
        return await programs.run(render_claim(device), timeout_s=_LOOK_TIMEOUT_S)

    done = await poll(look, until=lambda seen: _BUSY not in seen.stderr, timeout_s=wait_s)
    if _BUSY in done.stderr:
        message = (
            f"{device} is still in use, by a mount in another mount namespace (a container that is starting has copies"
            " of all) or by one that is still being written out: it is not detached, and can be as soon as that ends"
        )
        raise HostError(message)
    done.ensure_success()
