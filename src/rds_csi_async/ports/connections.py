"""The node's attachments to appliances."""

from typing import Protocol

from rds_csi_async.domain.connections import Connection, Target


class Connections(Protocol):
    """Attaches devices by NQN and tells what is attached. Raises only `DriverError`s; every wait has a bound."""

    async def find(self, nqn: str) -> Connection | None:
        """Give the device of this NQN by the kernel's own word, never by a guessed name; None: no such connection.

        Raises:
            NotReadyError: there is a connection without exactly one usable device (connecting, or ids doubled).

        """
        ...

    async def connect(self, target: Target) -> Connection:
        """Attach, unless it is attached; return when the device is there and at least as large as said.

        Raises:
            UnreachableError: the target does not answer or does not know the name.
            NotReadyError: this node cannot do it (no nvme-tcp), or the device does not come or is too small.

        """
        ...

    async def disconnect(self, nqn: str) -> None:
        """Detach; when this returns the kernel shows no connection of this NQN. None there is fine.

        The caller has proven that nothing uses the device: the kernel does not ask.

        Raises:
            HostError: the link is live and the kernel holds the device for itself: it is mounted in a namespace that
                this process does not see, or an unmount is still writing (it leaves the mount table first). Over a
                link that is down nothing is written any more, and detaching is what frees those that wait.

        """
        ...

    async def rescan(self, nqn: str, size_bytes: int) -> Connection:
        """Have the device's size read anew; return when it is at least `size_bytes`.

        Raises:
            NotReadyError: it stays smaller.

        """
        ...

    async def list_nqns(self) -> tuple[str, ...]:
        """List the NQNs of this driver's prefix to which there is a connection, usable or not."""
        ...

    async def find_unready(self) -> str | None:
        """Tell what this node lacks to attach anything; None when nothing."""
        ...
