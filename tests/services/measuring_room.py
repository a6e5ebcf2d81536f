"""How much room there is, and when that cannot be told."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import (
    InvalidRequestError,
    UnreachableError,
)
from rds_csi_async.domain.pools import Capacity, Pool
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.listing import Listing
from tests.examples import (
    CLUSTER,
    MOUNT,
    SIZE_BYTES,
    SLOT,
    UNUSED,
    shown,
)
from tests.fakes.rds import FakeRds


def listing_of(*appliances: FakeRds) -> Listing:
    """Give the listing of these appliances, called `rds0`, `rds1` and so on."""
    return Listing(
        Appliances(
            CLUSTER,
            [Appliance(f"rds{number}", rds, "192.0.2.1", tuple(rds.pools)) for number, rds in enumerate(appliances)],
        )
    )


def two_pools() -> FakeRds:
    """Give an appliance with a pool of 1 GiB and one of 2 GiB."""
    return FakeRds(pools={name: Pool(name, "btrfs", size * GIB, size * GIB) for name, size in [("p1", 1), ("p2", 2)]})


class MeasuringRoom:
    """Room is told of what was named, or not at all."""

    @pytest.mark.parametrize(
        ("appliance", "pool", "expected"),
        [
            ("rds0", "p1", Capacity(GIB, GIB)),
            ("rds1", "p2", Capacity(2 * GIB - SIZE_BYTES, 2 * GIB - SIZE_BYTES)),
            ("rds0", "", Capacity(3 * GIB, 2 * GIB)),
            ("", "", Capacity(6 * GIB - SIZE_BYTES, 2 * GIB)),
        ],
    )
    async def test_room_is_that_of_what_was_named(self, appliance: str, pool: str, expected: Capacity) -> None:
        """One pool, one appliance, or all; a single volume never spans two pools."""
        second = two_pools()
        second.volumes[SLOT] = replace(shown(UNUSED), pool="p2")
        assert await listing_of(two_pools(), second).measure(appliance, pool, [MOUNT]) == expected

    async def test_there_is_no_room_for_what_cannot_be_made(self) -> None:
        """A file system that several nodes write; nobody is asked."""
        rds = two_pools()
        unserved = Capability(AccessMode.MULTI_NODE_MULTI_WRITER)
        assert await listing_of(rds).measure("rds0", "p1", [MOUNT, unserved]) == Capacity(0, 0)
        assert rds.calls == []

    async def test_room_of_what_is_not_configured_or_does_not_answer_is_not_zero(self) -> None:
        """Zero would be believed."""
        rds = two_pools()
        for appliance, pool in [("gone", "p1"), ("rds0", "p3")]:
            with pytest.raises(InvalidRequestError):
                await listing_of(rds).measure(appliance, pool, [])
        rds.reachable = False
        with pytest.raises(UnreachableError):
            await listing_of(rds).measure("rds0", "p1", [])

    async def test_no_appliances_have_no_room(self) -> None:
        """And no largest volume."""
        assert await listing_of().measure("", "", []) == Capacity(0, 0)
