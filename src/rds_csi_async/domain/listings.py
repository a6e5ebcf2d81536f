"""What an appliance holds, and what may be concluded from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rds_csi_async.domain.errors import InvalidRequestError, NotReadyError
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.volumes import Volume


@dataclass(frozen=True, slots=True)
class Listing:
    """What one appliance holds, read in one go. While pools are missing, nothing that is not in it is known absent."""

    volumes: tuple[Volume, ...]
    pools: tuple[Pool, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)  # why a configured pool cannot be worked with, by name


def ensure_whole(listing: Listing) -> None:
    """Take a listing for all that there is.

    Raises:
        NotReadyError: a pool is missing, and volumes may be with it.

    """
    if listing.missing:
        raise NotReadyError("; ".join(listing.missing.values()))


def pool_in(listing: Listing, pool_name: str) -> Pool:
    """Give a pool.

    Raises:
        InvalidRequestError: the appliance has no pool of this name.
        NotReadyError: it is missing.

    """
    if pool_name in listing.missing:
        raise NotReadyError(listing.missing[pool_name])
    pool = next((pool for pool in listing.pools if pool.name == pool_name), None)
    if pool is None:
        known = ", ".join(sorted(pool.name for pool in listing.pools)) or "none"
        message = f"pool {pool_name[:80]!r} is not configured; there are: {known}"
        raise InvalidRequestError(message)
    return pool
