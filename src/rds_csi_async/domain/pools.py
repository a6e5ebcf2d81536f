"""Pools, and how much of one may still be given away."""

from dataclasses import dataclass

from rds_csi_async.domain.sizes import MIB


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """A pool as the configuration names it: the disk that carries it, and the file system that must be on it."""

    name: str
    slot: str
    fs_uuid: str
    folder: str = "volumes"  # where images lie on file systems without subvolumes
    reserve_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """A mounted pool as the appliance showed it just now."""

    name: str
    fs: str
    size_bytes: int
    free_bytes: int
    reserve_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much a pool can still take, and the largest single volume."""

    available_bytes: int
    largest_bytes: int
    claimed_bytes: int = 0  # what is not available only because it is being given away, or may have been, just now


def capacity_of(pool: Pool, provisioned_bytes: int, given_bytes: int = 0, *, claimed_bytes: int = 0) -> Capacity:
    """Count what is left: thin and copy-on-write pools lie about `free`, so what was promised counts too.

    `provisioned_bytes` were promised when the pool was shown, `given_bytes` since, of which `claimed_bytes` are not
    settled yet.
    """
    left = min(pool.free_bytes, pool.size_bytes - provisioned_bytes) - pool.reserve_bytes - given_bytes
    available = max(left, 0) // MIB * MIB
    return Capacity(available, available, claimed_bytes)
