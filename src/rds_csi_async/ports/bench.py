"""An appliance on the bench: to be looked at, and to be tried out on scratch disks."""

from typing import Protocol

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.domain.verdicts import Observation


class Bench(Protocol):
    """One appliance. Raises only `DriverError`s. What changes anything changes nothing but what bears its mark."""

    async def perform(self, key: str) -> Observation | None:
        """Carry out the experiment of an assumption (`domain.assumptions`); None: there is none for this one here."""
        ...

    async def find_obstacle(self) -> str | None:
        """Tell why nothing may be tried that changes anything; None when nothing stands in the way."""
        ...

    async def open(self, sequence: int, host: Host, allowed_host: str = "") -> Target:
        """Open a scratch disk, made if need be, named after the sequence; say where a host finds it."""
        ...

    async def close(self) -> None:
        """Close it to hosts."""
        ...

    async def grow(self) -> int:
        """Make it larger, and give its new size in bytes."""
        ...

    async def remove(self) -> None:
        """Remove it, open or not; its file stays until `clear`."""
        ...

    async def clear(self) -> int:
        """Take away all that bears the mark, as far as it goes, and give how much of it is left."""
        ...

    def clearing_line(self) -> str:
        """Give the line of RouterOS that does the same, for a person to type."""
        ...
