"""File systems on devices."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from rds_csi_async.domain.filesystems import DeviceContent, Usage
from rds_csi_async.domain.making import MakeOptions


class Filesystems(Protocol):
    """Reads, makes, grows and measures file systems, by child processes with a deadline each."""

    async def probe(self, device: str, size_bytes: int, *, thorough: bool) -> DeviceContent:
        """Read what is on the device. Nothing is written.

        Where a name is found that no unfinished mkfs gives, that is enough, and nothing else is read.

        Raises:
            HostError: a read failed, so nothing is known.

        """
        ...

    async def format(  # noqa: PLR0913 - what is to be made, and each thing that it hangs on
        self,
        device: str,
        file_system: str,
        making: MakeOptions,
        *,
        over_own_leftovers: bool,
        thorough: bool,
        ensure_same: Callable[[], Awaitable[None]],
    ) -> None:
        """Make a file system; return when it is on the device.

        Whatever the caller has proven, the device is read once more, `thorough` or quickly, which can take minutes; and
        right before mkfs comes `ensure_same`, which raises when the name means another device by now.
        `over_own_leftovers` is the one case in which mkfs is told to overwrite what it recognises.

        Raises:
            RefusedError: there is something on the device; nothing was written.

        """
        ...

    async def grow(self, device: str, path: str, file_system: str) -> None:
        """Grow the mounted file system to its device's size; idempotent."""
        ...

    async def get_usage(self, path: str) -> Usage:
        """Measure the file system mounted at the path."""
        ...
