"""Attached devices, as the kernel shows them."""

from dataclasses import dataclass

from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.identifiers import Host
from rds_csi_async.domain.session_options import AS_THE_NODE, SessionOptions


@dataclass(frozen=True, slots=True)
class Target:
    """What to attach, where, and as whom."""

    nqn: str
    address: str
    port: int
    host: Host
    size_bytes: int  # what the appliance said; a device that is smaller is not this volume
    session: SessionOptions = AS_THE_NODE


@dataclass(frozen=True, slots=True)
class Connection:
    """A device that belongs to an NQN. Names are not to be kept: after a lost link the same volume has another."""

    nqn: str
    device: str  # /dev/...
    device_number: str  # major:minor
    size_bytes: int
    live: bool  # the link works now
    identity: str = ""  # the namespace's own, for the life of its connection; empty where it has none

    def __str__(self) -> str:
        """Say it to a person."""
        return f"{self.device} of {self.size_bytes} bytes, its link {'up' if self.live else 'down'}"


def ensure_identity(connection: Connection, again: Connection | None) -> None:
    """Insist, just before writing, that the device still is what it was when it was found.

    Raises:
        NotReadyError: it is gone, or another.

    """
    if again is None or _names(again) != _names(connection):
        now = "is gone now" if again is None else f"now there is {again.nqn}, {again}"
        message = f"{connection.device} was {connection.nqn} a moment ago, and {now}: nothing was written"
        raise NotReadyError(message)
    if not again.live or again.size_bytes < connection.size_bytes:
        message = f"{again.device} is not whole: live {again.live}, {again.size_bytes} bytes: nothing was written"
        raise NotReadyError(message)


def _names(connection: Connection) -> tuple[str, ...]:
    return (connection.nqn, connection.device, connection.device_number, connection.identity)
