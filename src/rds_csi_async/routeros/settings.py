"""How to reach one appliance, and how long to wait for it."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.sizes import MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on time and room. Every one of them is also bound by the caller's deadline."""

    connect_timeout_s: float = 10.0  # for TCP; what follows is the login
    login_timeout_s: float = 15.0
    channel_timeout_s: float = 10.0
    command_timeout_s: float = 60.0  # an `add` of a large file takes seconds, and a busy appliance longer
    wait_timeout_s: float = 5.0  # how long a call waits for the next attempt to connect, or for a refused channel
    alive_interval_s: float = 15.0
    alive_timeout_s: float = 10.0
    shortest_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    channels: int = 6  # and one to ask whether it lives; RouterOS allows a service 20 sessions (`/ip/service`)
    urgent_channels: int = 1  # of these, for health and for the reads that others wait for
    reply_bytes: int = MIB  # a page has 64 kB; reading what is much longer would hold the event loop


@dataclass(frozen=True, slots=True)
class ApplianceSettings:
    """One appliance. Files are read anew at each connect, so that a changed secret is taken up.

    `host_keys`, and the lines of `host_key_file`, are public keys as OpenSSH writes them (`ssh-ed25519 AAAA…`), or
    fingerprints (`SHA256:…`); the appliance has to show one of them.
    """

    host: str
    user: str
    host_keys: tuple[str, ...]
    pools: tuple[PoolSettings, ...]
    port: int = 22
    host_key_file: Path | None = None
    key_file: Path | None = None
    password_file: Path | None = None
    nvme_port: int = 4420  # where new volumes will be exported: the first of so many ports
    nvme_port_count: int = 1
    limits: Limits = field(default_factory=Limits)

    @property
    def lost_after_s(self) -> float:
        """After how long a connection on which nothing comes any more is given up, at the latest."""
        return self.limits.alive_interval_s + self.limits.alive_timeout_s

    def nvme_port_of(self, slot: str) -> int:
        """Choose the port of a new volume; two may share one. A port of its own is closed until its export is up.

        Hosts bear a closed port. An open one that does not know their volume yet ends their session for good (Linux
        6.12), as after a reboot of the appliance, with whatever was still to be written.
        """
        digest = hashlib.sha256(slot.encode()).digest()
        return self.nvme_port + int.from_bytes(digest[:8]) % self.nvme_port_count

    @property
    def address(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"
