"""A listing is all that there is only while no pool is missing."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import InvalidRequestError, NotReadyError
from rds_csi_async.domain.listings import Listing, ensure_whole, pool_in
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.sizes import GIB


def test_a_pool_is_found_by_its_name() -> None:
    """The message says which there are."""
    pools = (Pool("pool1", "btrfs", GIB, GIB), Pool("pool2", "btrfs", GIB, GIB))
    assert pool_in(Listing((), pools), "pool2") is pools[1]
    with pytest.raises(InvalidRequestError, match=r"'pool3' is not configured; there are: pool1, pool2$"):
        pool_in(Listing((), pools), "pool3")


def test_a_listing_without_a_pool_is_not_all_there_is() -> None:
    """Nor is the missing pool one that nobody has configured."""
    listing = Listing((), (Pool("pool1", "ext4", GIB, GIB),), {"pool2": "pool2 is not mounted"})
    with pytest.raises(NotReadyError, match="pool2 is not mounted"):
        ensure_whole(listing)
    with pytest.raises(NotReadyError, match="pool2 is not mounted"):
        pool_in(listing, "pool2")
    ensure_whole(replace(listing, missing={}))
