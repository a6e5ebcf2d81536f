"""The appliance."""

from typing import Protocol

from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.volumes import Change, Listing, NewVolume, Volume


class Rds(Protocol):
    """One ROSE Data Server. Every method decides nothing, and raises only `DriverError`s.

    Each reads or writes within the deadline of `ports.deadlines`; what was not sent before it passed is not sent.
    An answer is given only out of a reply that also shows every configured pool mounted, with the file system that
    the configuration names: else `NotReadyError`, and nothing was changed. A link that breaks after a command was
    sent is `CutOffError`; before, `UnreachableError`. Nothing is changed while safe mode is held (`NotReadyError`).
    """

    async def find_volume(self, slot: str) -> Volume | None:
        """Read one volume. None only on the appliance's own word, its pools being mounted."""
        ...

    async def get_listing(self) -> Listing:
        """Read all pools and all volumes whose slot or comment says that they are of this driver, of any cluster."""
        ...

    async def get_pool(self, name: str) -> Pool:
        """Read one pool.

        Raises:
            InvalidRequestError: no pool of this name is configured.

        """
        ...

    async def create_volume(self, new: NewVolume) -> Volume:
        """Make the volume, closed, unless its slot is taken; return what then is in the slot.

        The caller compares it with what it wanted: a slot that was taken is no error here. What an earlier try left
        behind of the same slot (a folder, a file without a disk) is taken over.

        Raises:
            InsufficientCapacityError: the pool is full; nothing was made.

        """
        ...

    async def change_volume(self, seen: Volume, change: Change) -> Volume:
        """Change the volume if its record is still as seen, in one command, and return it as it then is.

        Raises:
            ConflictError: the record has changed since, or the volume has gone; nothing was done.

        """
        ...

    async def remove_volume(self, seen: Volume) -> None:
        """Remove the disk if its record is still as seen, then its file; both are gone when this returns.

        Raises:
            ConflictError: the record has changed since; nothing was done.

        """
        ...

    async def remove_leftovers(self, slot: str) -> None:
        """Remove the file and folder that belong to a slot without a disk: an earlier removal was cut short.

        Raises:
            ConflictError: there is a disk in the slot; nothing was done.

        """
        ...

    async def ensure_reachable(self) -> None:
        """Return when the appliance answers and can be worked with.

        Raises:
            UnreachableError: it does not answer.
            NotReadyError: it answers, but a pool is missing, or its version is too old; the message says which.

        """
        ...
