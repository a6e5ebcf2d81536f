"""What an appliance holds, in numbers for whoever watches it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.oddities import find_oddity
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.volumes import Volume

CLOSED: Final = "closed"  # nobody holds it
PUBLISHED: Final = "published"  # one node does
SHARED: Final = "shared"  # several do
ODD: Final = "odd"  # it needs a person's attention (`oddities`)
FOREIGN: Final = "foreign"  # another cluster's
VOLUME_STATES: Final = (CLOSED, PUBLISHED, SHARED, ODD, FOREIGN)


@dataclass(frozen=True, slots=True)
class CountedVolume:
    """What is shown of one volume. `claim` is empty where nobody told whose it is."""

    slot: str
    pool: str
    size_bytes: int
    state: str
    claim: str = ""
    migrating: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """What an appliance held at a time (seconds, on the clock of whoever took it)."""

    taken_s: float
    pools: tuple[Pool, ...] = ()
    missing: tuple[str, ...] = ()
    provisioned_bytes: Mapping[str, int] = field(default_factory=dict)
    volumes: tuple[CountedVolume, ...] = ()


def count_volume(volume: Volume, owner: str) -> CountedVolume:
    """Tell the state of a volume, from this cluster's sight."""
    state, claim, migrating = _look_at(volume, owner)
    return CountedVolume(volume.slot, volume.pool or "", volume.size_bytes, state, claim, migrating)


def _look_at(volume: Volume, owner: str) -> tuple[str, str, bool]:
    try:
        record = volume.record()
    except RefusedError:
        return ODD, "", False
    if record is None:
        return ODD, "", False
    if record.owner != owner:
        return FOREIGN, "", False
    if find_oddity(volume) is not None:
        return ODD, record.claim, record.is_migrating
    states = (CLOSED, PUBLISHED)
    state = states[len(record.holders)] if len(record.holders) < len(states) else SHARED
    return state, record.claim, record.is_migrating
