"""What a simulator is made from."""

from dataclasses import dataclass
from pathlib import Path

from rds_csi_async.simulator.pools import PoolSettings


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """One appliance; everything that it keeps lies below `root`.

    `port` 0 is any free one. Who logs in as one of `users` needs one of `authorized_keys` (OpenSSH lines), or the
    `password` if there is one; with neither, nobody gets in. The private key by which it shows who it is lies at
    `host_key_file`, `<root>/host_key` if None; where there is none it is made.
    """

    root: Path
    pools: tuple[PoolSettings, ...]
    authorized_keys: tuple[str, ...] = ()
    password: str | None = None
    users: tuple[str, ...] = ("admin",)
    listen: str = "127.0.0.1"
    port: int = 0
    identity: str = "MikroTik-RDS"
    version: str = "7.23.3 (stable)"
    host_key_file: Path | None = None
