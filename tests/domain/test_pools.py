"""No more is given away than there is, whatever a pool says of itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.pools import Capacity, Pool, capacity_of
from rds_csi_async.domain.sizes import GIB, MIB


@pytest.mark.parametrize(
    ("free", "reserve", "provisioned", "available"),
    [
        (100 * GIB, 0, [], 100 * GIB),
        (40 * GIB, 0, [10 * GIB], 40 * GIB),
        (99 * GIB, 0, [60 * GIB, 30 * GIB], 10 * GIB),
        (100 * GIB, 10 * GIB, [], 90 * GIB),
        (5 * GIB, 10 * GIB, [], 0),
        (100 * GIB, 0, [200 * GIB], 0),
        (10 * MIB + 5, 0, [], 10 * MIB),
        (0, 0, [], 0),
    ],
)
def test_what_is_left(free: int, reserve: int, provisioned: list[int], available: int) -> None:
    """The lesser of what is free and what is not promised, without the reserve, in whole MiB."""
    pool = Pool("p", "btrfs", 100 * GIB, free, reserve)
    assert capacity_of(pool, sum(provisioned)) == Capacity(available, available)


@pytest.mark.parametrize(("free", "available"), [(100 * GIB, 60 * GIB), (30 * GIB, 20 * GIB), (5 * GIB, 0)])
def test_what_was_given_since_is_neither_free_nor_unpromised(free: int, available: int) -> None:
    """It is in neither number of a pool that was shown before; what of it is not settled is told apart."""
    left = capacity_of(Pool("p", "ext4", 100 * GIB, free), 30 * GIB, 10 * GIB, claimed_bytes=4 * GIB)
    assert left == Capacity(available, available, 4 * GIB)


SIZES = st.integers(0, 2**50)


@given(size=SIZES, free=SIZES, reserve=SIZES, provisioned=st.lists(SIZES, max_size=5))
def test_the_reserve_is_never_promised(size: int, free: int, reserve: int, provisioned: list[int]) -> None:
    """After everything available was given away, reserve and promises still fit the pool."""
    available = capacity_of(Pool("p", "ext4", size, free, reserve), sum(provisioned)).available_bytes
    assert available == 0 or (available + reserve <= free and available + reserve + sum(provisioned) <= size)
    assert available % MIB == 0
