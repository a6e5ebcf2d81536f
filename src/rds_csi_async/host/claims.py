"""Whether the kernel holds a block device for itself."""

import sys

from rds_csi_async.domain.errors import HostError
from rds_csi_async.host.process import Programs

_LOOK_TIMEOUT_S = 10.0
_BUSY = "Device or resource busy"
_OPEN = "import os, sys; os.close(os.open(sys.argv[1], os.O_RDONLY | os.O_EXCL))"


def render_claim(device: str) -> tuple[str, ...]:
    """Give the command that opens a device as its only holder: a child, since an open may hang."""
    return (sys.executable, "-I", "-S", "-c", _OPEN, device)


async def ensure_unclaimed(programs: Programs, device: str) -> None:
    """Insist that nobody holds the device: no mount in any namespace, and none that is on its way out.

    The mount table of this process does not tell: a mount leaves it before its last pages are written. The kernel lets
    go of the device after that (open(2), O_EXCL on block devices).

    Raises:
        HostError: somebody holds it, or it cannot be told.

    """
    done = await programs.run(render_claim(device), timeout_s=_LOOK_TIMEOUT_S)
    if _BUSY in done.stderr:
        message = f"{device} is still in use, by a mount of another namespace or one that is still being written out"
        raise HostError(message)
    done.ensure_success()
