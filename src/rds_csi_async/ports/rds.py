"""The appliance."""

from typing import Protocol

from rds_csi_async.domain.listings import Listing
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.volumes import Change, NewVolume, Volume


class Rds(Protocol):
    """One ROSE Data Server. Every method decides nothing, and raises only `DriverError`s.

    Each reads or writes within the deadline of `ports.deadlines`; what was not sent before it passed is not sent.
    A configured pool counts as there while it is mounted with the file system that the configuration names. Nothing is
    called absent while one pool is missing: `NotReadyError`, and nothing was changed. What is found on a pool that is
    there is worked with, whatever became of the others. A link that breaks after a command was sent is `CutOffError`;
    before, `UnreachableError`. Nothing is changed while safe mode is held (`NotReadyError`).

    A call that changes something is one command, which looks, acts, and answers with what then is. It is never sent
    twice: after an error whose outcome is unknown, only the next read tells.
    """

    async def find_volume(self, slot: str) -> Volume | None:
        """Read one volume. None only on the appliance's own word, all pools being there."""
        ...

    async def get_listing(self) -> Listing:
        """Read all pools and all volumes whose slot or comment says that they are of this driver, of any cluster.

        It says which pools are missing; what it does not show may be on one of them.
        """
        ...

    async def get_pool(self, name: str) -> Pool:
        """Read one pool.

        Raises:
            InvalidRequestError: no pool of this name is configured.
            NotReadyError: it is missing.

        """
        ...

    async def create_volume(self, new: NewVolume) -> Volume:
        """Make the volume, closed, unless its slot is taken; return what then is in the slot.

        The caller compares it with what it wanted: a slot that was taken is no error here. What an earlier try left
        behind of the same slot (a folder, a file without a disk) is taken over.

        Raises:
            InsufficientCapacityError: the pool has not so much free beside its reserve; nothing was made.
            NotReadyError: the slot is free as far as can be seen, and a pool is missing.

        """
        ...

    async def change_volume(self, seen: Volume, change: Change) -> Volume:
        """Change the volume if its record is still as seen, in one command, and return it as it then is.

        `seen` may be remembered: success proves that the record is as it was remembered, and nothing else of it.

        Raises:
            ConflictError: the record has changed since, or the volume has gone, and nothing was done; or another writer
                overwrote the change at once.
            InsufficientCapacityError: the pool has not so much free beside its reserve; nothing was done.

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
            NotReadyError: it answers, but no pool is there, or its version is too old; the message says which.

        """
        ...
