"""One appliance being away takes nothing of the others away, and makes none of its own volumes look deleted."""

import asyncio
import logging

import pytest

from rds_csi_async.domain.errors import InvalidRequestError, UnreachableError
from rds_csi_async.domain.listings import Listing as Holdings
from rds_csi_async.domain.pools import Capacity, Pool
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.services.listing import Listing
from tests.examples import MOUNT, SLOT, UNUSED, shown
from tests.fakes.rds import FakeRds
from tests.services.measuring_room import listing_of

POOLS = {"p1": Pool("p1", "btrfs", GIB, GIB)}


class HangingRds(FakeRds):
    """Takes what it is asked, and never answers."""

    async def get_listing(self) -> Holdings:
        """See `Rds`."""
        await asyncio.Event().wait()
        return await super().get_listing()


def holding_one(rds: FakeRds) -> FakeRds:
    """Give it one volume, and one pool."""
    volume = shown(UNUSED)
    rds.volumes, rds.pools = {SLOT: volume}, dict(POOLS)
    return rds


async def conditions_of(listing: Listing) -> dict[str, bool]:
    """Walk, and tell of each volume whether it is abnormal."""
    page = await listing.list_volumes(0, "")
    return {entry.volume_id: entry.condition.abnormal for entry in page.entries}


class AppliancesApart:
    """What is listed and measured then."""

    async def test_what_was_known_of_it_is_shown_as_abnormal(self, caplog: pytest.LogCaptureFixture) -> None:
        """With the reason; and as it is, as soon as it answers again."""
        good, away = holding_one(FakeRds()), holding_one(FakeRds())
        listing = listing_of(good, away)
        assert await conditions_of(listing) == {f"rds0:{SLOT}": False, f"rds1:{SLOT}": False}
        away.reachable = False
        good.volumes.clear()
        with caplog.at_level(logging.WARNING):
            (entry,) = (await listing.list_volumes(0, "")).entries
        assert (entry.volume_id, entry.condition.abnormal) == (f"rds1:{SLOT}", True)
        assert "as it was known last, for rds1 does not tell: " in entry.condition.message
        assert "rds1 cannot be listed" in caplog.text
        away.reachable = True
        assert await conditions_of(listing) == {f"rds1:{SLOT}": False}

    async def test_one_that_was_never_listed_has_nothing_to_show(self) -> None:
        """CSI asks for the volumes that the plugin knows about; of the others all is told."""
        listing = listing_of(holding_one(FakeRds(reachable=False)), holding_one(FakeRds()))
        assert await conditions_of(listing) == {f"rds1:{SLOT}": False}

    async def test_with_all_of_them_away_there_is_no_listing(self) -> None:
        """Not even a remembered one: nothing would be known of now."""
        first, second = holding_one(FakeRds()), holding_one(FakeRds())
        listing = listing_of(first, second)
        await listing.list_volumes(0, "")
        first.reachable = second.reachable = False
        with pytest.raises(UnreachableError):
            await listing.list_volumes(0, "")
        with pytest.raises(UnreachableError):
            await listing.measure("", "", [MOUNT])

    @pytest.mark.looptime
    async def test_one_that_hangs_leaves_time_to_tell_of_the_others(self) -> None:
        """Before the caller's deadline passes."""
        listing = listing_of(holding_one(HangingRds()), holding_one(FakeRds()))
        with working_under(Deadline(10)):
            assert await conditions_of(listing) == {f"rds1:{SLOT}": False}
        with working_under(Deadline(10)):
            assert (await listing.measure("", "", [MOUNT])).largest_bytes <= GIB

    async def test_room_is_that_of_those_that_answer(self) -> None:
        """Together; of one that is named it is told or not."""
        listing = listing_of(FakeRds(pools=dict(POOLS), reachable=False), FakeRds(pools=dict(POOLS)))
        assert await listing.measure("", "", [MOUNT]) == Capacity(GIB, GIB)
        assert await listing.measure("rds1", "p1", [MOUNT]) == Capacity(GIB, GIB)
        with pytest.raises(UnreachableError):
            await listing.measure("rds0", "p1", [MOUNT])

    async def test_a_wrong_question_is_wrong_whoever_is_away(self) -> None:
        """It is not answered by what is left."""
        listing = listing_of(FakeRds(pools=dict(POOLS)), FakeRds(pools={}))
        with pytest.raises(InvalidRequestError):
            await listing.measure("", "p1", [MOUNT])
