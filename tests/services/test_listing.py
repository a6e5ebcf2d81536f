"""A walk through the listing sees one inventory, whatever happens meanwhile and however it is asked."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import (
    InvalidRequestError,
    InvalidTokenError,
    NotReadyError,
    RefusedError,
    VolumeNotFoundError,
)
from rds_csi_async.domain.identifiers import VolumeId, slot_of
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.services.listing import LONGEST_PAGE, Listing
from tests.examples import (
    CLUSTER,
    FOREIGN_ID,
    NODE_A,
    NODE_B,
    SHARED_READING,
    SIZE_BYTES,
    SLOT,
    UNUSED,
    VOLUME_ID,
    held_by,
    holding,
    shown,
)
from tests.fakes.rds import FakeRds
from tests.services.appliances_apart import AppliancesApart
from tests.services.measuring_room import MeasuringRoom, listing_of


def some(count: int) -> dict[str, Volume]:
    """Give this many volumes of the cluster."""
    slots = [slot_of(CLUSTER, "one", f"pvc-{number}") for number in range(count)]
    return {slot: replace(shown(UNUSED), slot=slot) for slot in slots}


async def walk(listing: Listing, most: int) -> list[str]:
    """Give all ids, page by page."""
    page = await listing.list_volumes(most, "")
    ids = [entry.volume_id for entry in page.entries]
    while page.next_token:
        page = await listing.list_volumes(most, page.next_token)
        assert 0 < len(page.entries) <= (most or LONGEST_PAGE)
        ids += [entry.volume_id for entry in page.entries]
    return ids


@given(counts=st.lists(st.integers(0, 12), min_size=1, max_size=3), most=st.integers(0, 13))
async def test_a_walk_shows_every_volume_once_in_order(counts: list[int], most: int) -> None:
    """Of all appliances, whatever the page's size."""
    appliances = [FakeRds(some(count)) for count in counts]
    expected = [f"rds{number}:{slot}" for number, rds in enumerate(appliances) for slot in rds.volumes]
    assert await walk(listing_of(*appliances), most) == sorted(expected)


async def test_the_longest_page_has_an_end() -> None:
    """However many are asked for."""
    listing = listing_of(FakeRds(some(LONGEST_PAGE + 1)))
    for most in (0, LONGEST_PAGE, 2**31 - 1):
        page = await listing.list_volumes(most, "")
        assert len(page.entries) == LONGEST_PAGE
        assert len((await listing.list_volumes(most, page.next_token)).entries) == 1


async def test_an_exact_last_page_has_no_token() -> None:
    """Nobody is sent on to an empty page."""
    assert (await listing_of(FakeRds(some(4))).list_volumes(4, "")).next_token == ""
    assert await listing_of(FakeRds()).list_volumes(4, "") == await listing_of().list_volumes(0, "")


async def test_others_volumes_are_not_listed() -> None:
    """Another cluster's, and whatever else bears a record."""
    others = [FOREIGN_ID.slot, "nixos-var", "rds1-short"]
    rds = FakeRds({slot: replace(shown(UNUSED), slot=slot) for slot in [SLOT, *others]})
    assert await walk(listing_of(rds), 0) == [f"rds0:{SLOT}"]


async def test_an_entry_tells_size_holders_and_condition() -> None:
    """As the record has it; a record that cannot be read is said to be so, and stops nobody."""
    shared = held_by(holding(NODE_A, SHARED_READING), holding(NODE_B, SHARED_READING))
    damaged = slot_of(CLUSTER, "one", "damaged")
    rds = FakeRds({SLOT: shown(shared), damaged: replace(shown(None), slot=damaged, comment="rds1:{")})
    entries = {entry.volume_id: entry for entry in (await listing_of(rds).list_volumes(0, "")).entries}
    good, bad = entries[f"rds0:{SLOT}"], entries[f"rds0:{damaged}"]
    assert (good.size_bytes, good.node_ids, good.condition.abnormal) == (SIZE_BYTES, (NODE_A, NODE_B), False)
    assert (bad.size_bytes, bad.node_ids, bad.condition.abnormal) == (SIZE_BYTES, (), True)


async def test_a_walk_sees_the_inventory_of_its_first_page() -> None:
    """What comes and goes meanwhile moves no page; the appliance is asked once."""
    rds = FakeRds(some(9))
    listing = listing_of(rds)
    before = sorted(f"rds0:{slot}" for slot in rds.volumes)
    page = await listing.list_volumes(3, "")
    rds.volumes = some(20)
    ids = [entry.volume_id for entry in page.entries]
    while page.next_token:
        page = await listing.list_volumes(3, page.next_token)
        ids += [entry.volume_id for entry in page.entries]
    assert ids == before
    assert rds.calls == ["get_listing"]


async def test_a_new_walk_sees_what_is_there_now() -> None:
    """An unfinished one does not stand in its way."""
    rds = FakeRds(some(4))
    listing = listing_of(rds)
    await listing.list_volumes(3, "")
    rds.volumes = some(5)
    assert len(await walk(listing, 0)) == 5


async def test_a_token_outlives_the_process_that_gave_it() -> None:
    """Another one goes on after the same volume, out of what is there then."""
    rds = FakeRds(some(9))
    first = await listing_of(rds).list_volumes(3, "")
    rest = await listing_of(rds).list_volumes(0, first.next_token)
    assert [entry.volume_id for entry in (*first.entries, *rest.entries)] == sorted(f"rds0:{s}" for s in rds.volumes)


async def test_a_page_can_be_asked_for_again() -> None:
    """Its answer may have been lost; the last page's too."""
    listing = listing_of(FakeRds(some(6)))
    first = await listing.list_volumes(2, "")
    second = await listing.list_volumes(2, first.next_token)
    assert await listing.list_volumes(2, first.next_token) == second
    last = await listing.list_volumes(2, second.next_token)
    assert (await listing.list_volumes(2, second.next_token)).entries == last.entries


@pytest.mark.looptime
async def test_a_walk_that_is_left_for_long_goes_on_in_a_new_inventory() -> None:
    """After the same volume: whatever was there all the time is shown once, and nothing is kept for ever."""
    rds = FakeRds(some(6))
    listing = listing_of(rds)
    page = await listing.list_volumes(2, "")
    await asyncio.sleep(590)
    page = await listing.list_volumes(2, page.next_token)
    assert rds.calls == ["get_listing"]
    del rds.volumes[max(rds.volumes)]
    await asyncio.sleep(20)
    rest = await listing.list_volumes(0, page.next_token)
    assert [entry.volume_id for entry in rest.entries] == sorted(f"rds0:{slot}" for slot in rds.volumes)[4:]
    assert listing._walks == {}  # noqa: SLF001 - memory that grows shows nowhere else


async def test_walks_that_nobody_ends_do_not_pile_up() -> None:
    """A few inventories are kept, the newest."""
    listing = listing_of(FakeRds(some(6)))
    tokens = [(await listing.list_volumes(2, "")).next_token for _ in range(50)]
    kept = listing._walks  # noqa: SLF001 - memory that grows shows nowhere else
    assert len(kept) == 4
    assert int(tokens[-1].partition("/")[0]) in kept
    assert len((await listing.list_volumes(2, tokens[0])).entries) == 2


@pytest.mark.parametrize(
    "token",
    [
        "1",
        "/",
        "x",
        f"/{VOLUME_ID}",
        f"1/{VOLUME_ID}x",
        f"-1/{VOLUME_ID}",
        f"1 /{VOLUME_ID}",
        f"٣/{VOLUME_ID}",
        f"²/{VOLUME_ID}",
        f"{'1' * 5000}/{VOLUME_ID}",
        "1/storage-pool",
        "x" * 10_000,
    ],
)
async def test_a_token_that_was_never_given_is_refused(token: str) -> None:
    """The caller begins anew; nobody is asked, and the message stays short."""
    rds = FakeRds(some(3))
    with pytest.raises(InvalidTokenError) as caught:
        await listing_of(rds).list_volumes(0, token)
    assert len(str(caught.value)) < 300
    assert rds.calls == []


async def test_a_negative_page_is_refused() -> None:
    """It would be cut off the end."""
    with pytest.raises(InvalidRequestError):
        await listing_of(FakeRds(some(3))).list_volumes(-1, "")


class TestAppliancesApart(AppliancesApart):
    """With one appliance away."""


async def test_a_long_listing_lets_others_run() -> None:
    """A thousand volumes are not looked at in one go."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(others())
        await listing_of(FakeRds(some(1000))).list_volumes(0, "")
        task.cancel()
    assert turns >= 10


async def test_one_volume_is_told_of_as_it_is_now() -> None:
    """Read just now, by itself."""
    rds = FakeRds({SLOT: shown(held_by(holding(NODE_A)))})
    entry = await listing_of(rds).get(f"rds0:{SLOT}")
    assert (entry.volume_id, entry.size_bytes, entry.node_ids) == (f"rds0:{SLOT}", SIZE_BYTES, (NODE_A,))
    assert rds.calls == ["find_volume"]


async def test_only_what_is_known_to_be_absent_is_not_found() -> None:
    """Another cluster's volume, and one on an appliance that is not configured, may well be there."""
    rds = FakeRds()
    for text in (f"rds0:{SLOT}", "storage-pool", ""):
        with pytest.raises(VolumeNotFoundError):
            await listing_of(rds).get(text)
    for volume_id in (VolumeId("rds0", FOREIGN_ID.slot), VolumeId("gone", SLOT)):
        with pytest.raises(RefusedError):
            await listing_of(rds).get(str(volume_id))
    rds.unmounted.add("pool1")
    with pytest.raises(NotReadyError):
        await listing_of(rds).get(f"rds0:{SLOT}")


class TestMeasuringRoom(MeasuringRoom):
    """See there."""
