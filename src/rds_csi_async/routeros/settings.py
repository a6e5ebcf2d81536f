"""How to reach one appliance, and how long to wait for it."""

from dataclasses import dataclass, field
from pathlib import Path

from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.sizes import MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on time and room. Every one of them is also bound by the caller's deadline."""

    connect_timeout_s: float = 10.0
    login_timeout_s: float = 15.0
    command_timeout_s: float = 60.0  # an `add` of a large file takes seconds, and a busy appliance longer
    wait_timeout_s: float = 5.0  # how long a call waits for a channel, or for the next attempt to connect
    alive_interval_s: float = 15.0
    alive_timeout_s: float = 10.0
    shortest_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    channels: int = 6  # RouterOS allows 20 sessions per service by default (`/ip/service max-sessions`)
    reply_bytes: int = MIB  # a page has 64 kB; reading what is much longer would hold the event loop


@dataclass(frozen=True, slots=True)
class ApplianceSettings:
    """One appliance. Files are read anew at each connect, so that a changed secret is taken up.

    `host_keys` are public keys as OpenSSH writes them (`ssh-ed25519 AAAA…`), or fingerprints (`SHA256:…`); the
    appliance has to show one of them.
    """

    host: str
    user: str
    host_keys: tuple[str, ...]
    pools: tuple[PoolSettings, ...]
    port: int = 22
    key_file: Path | None = None
    password_file: Path | None = None
    nvme_port: int = 4420  # where new volumes will be exported
    limits: Limits = field(default_factory=Limits)

    @property
    def address(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"
