"""What a simulator is made from."""

import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from rds_csi_async.simulator.pools import PoolSettings
from rds_csi_async.simulator.scheduling import Scheduling


class ChannelOverflow(Enum):
    """What happens to a channel more than a connection may have: "can block or fail", users say."""

    REFUSE = "refuse"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class SimulatorSettings:
    """One appliance; everything that it keeps lies below `root`.

    `port` 0 is any free one. Who logs in as one of `users` needs one of `authorized_keys` (OpenSSH lines), or the
    `password` if there is one; with neither, nobody gets in. The private key by which it shows who it is lies at
    `host_key_file`, `<root>/host_key` if None; where there is none it is made.

    `profile` says how long things take (see `timing`), `scheduling` whether changes wait for each other; what is drawn
    is drawn from `seed`. There are at most `most_sessions` connections, as `/ip/service` has it, and `most_channels`
    on each; 0 is no limit. A slot has at most `most_slot_characters`: 32 were found on 7.24, others have used 40.
    What is printed for people by exec is wrapped at `print_width`; 0 is not at all.
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
    profile: str = "instant"
    scheduling: Scheduling = Scheduling.OVERLAPPING
    seed: int = 0
    most_sessions: int = 20
    most_channels: int = 0
    channel_overflow: ChannelOverflow = ChannelOverflow.REFUSE
    most_slot_characters: int = 32
    print_width: int = 0

    @property
    def version_number(self) -> tuple[int, int]:
        """The version without its patch level; 7.21 when it has another form."""
        match = re.match(r"(\d+)\.(\d+)", self.version)
        return (7, 21) if match is None else (int(match[1]), int(match[2]))
