"""Growing is idempotent, exact, and believed only when seen."""

from dataclasses import replace
from itertools import product

import pytest

from rds_csi_async.domain.errors import (
    CutOffError,
    DriverError,
    InsufficientCapacityError,
    NotGrownError,
    RefusedError,
    SizeOutOfRangeError,
    VolumeNotFoundError,
)
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.records import Record
from rds_csi_async.domain.sizes import GIB, MIB, SizeRange
from rds_csi_async.domain.volumes import Change, Volume
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.expanding import Expanding
from tests.examples import (
    CLUSTER,
    FOREIGN_ID,
    NODE_A,
    OTHER_CLUSTER,
    SIZE_BYTES,
    SLOT,
    UNUSED,
    VOLUME_ID,
    held_by,
    holding,
    shown,
)
from tests.fakes.rds import FakeRds

ID = str(VOLUME_ID)
LARGER = SizeRange(SIZE_BYTES + 1)


def expanding_on(rds: FakeRds) -> Expanding:
    """Give what grows volumes on this appliance."""
    return Expanding(Appliances(CLUSTER, [Appliance("rds", rds, "192.0.2.1", ("pool1",))]), "w2")


@pytest.fixture
def rds() -> FakeRds:
    """Give an appliance with one volume."""
    return FakeRds({SLOT: shown(UNUSED)})


@pytest.mark.parametrize("wanted", [SizeRange(1), SizeRange(SIZE_BYTES), SizeRange(SIZE_BYTES, SIZE_BYTES)])
async def test_a_volume_that_is_large_enough_is_left_alone(rds: FakeRds, wanted: SizeRange) -> None:
    """The same call again changes nothing."""
    assert await expanding_on(rds).expand(ID, wanted) == SIZE_BYTES
    assert rds.volumes[SLOT] == shown(UNUSED)


@pytest.mark.parametrize("record", [UNUSED, held_by(holding(NODE_A)), replace(UNUSED, erased_once=True)])
async def test_a_volume_grows_and_nothing_else_changes(rds: FakeRds, record: Record) -> None:
    """In use or not: only its size, and the record's generation and writer; odd sizes become whole MiB."""
    before = rds.volumes[SLOT] = shown(record)
    assert await expanding_on(rds).expand(ID, LARGER) == SIZE_BYTES + MIB
    after = rds.volumes[SLOT]
    assert after == replace(before, size_bytes=SIZE_BYTES + MIB, comment=after.comment)
    assert after.record() == replace(record, generation=2, writer="w2")


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (SizeRange(1, SIZE_BYTES - 1), SizeOutOfRangeError),
        (SizeRange(SIZE_BYTES + 1, SIZE_BYTES + 2), SizeOutOfRangeError),
        (SizeRange(101 * GIB), SizeOutOfRangeError),
        (SizeRange((1 << 63) - 1), SizeOutOfRangeError),
    ],
)
async def test_what_cannot_be_changes_nothing(rds: FakeRds, wanted: SizeRange, error: type[DriverError]) -> None:
    """Nothing shrinks, and nothing outgrows its limit or its pool."""
    with pytest.raises(error):
        await expanding_on(rds).expand(ID, wanted)
    assert rds.volumes[SLOT] == shown(UNUSED)


async def test_a_pool_that_filled_meanwhile_says_so(rds: FakeRds) -> None:
    """The appliance has the last word on room."""

    class Full(FakeRds):
        async def change_volume(self, seen: Volume, change: Change) -> Volume:
            assert change.comment != seen.comment
            raise InsufficientCapacityError(seen.slot)

    with pytest.raises(InsufficientCapacityError):
        await expanding_on(Full(rds.volumes)).expand(ID, LARGER)
    assert rds.volumes[SLOT] == shown(UNUSED)


async def test_one_command_grows_a_volume(rds: FakeRds) -> None:
    """And one inventory before, where nothing is known yet."""
    expanding = expanding_on(rds)
    for number in range(1, 4):
        await expanding.expand(ID, SizeRange(SIZE_BYTES + number * MIB))
    assert rds.calls == ["get_listing"] + ["change_volume"] * 3


async def test_a_pool_without_room_is_looked_at_once_more(rds: FakeRds) -> None:
    """What was remembered may be out of date; what is on its way to others may yet come back."""
    expanding = expanding_on(rds)
    rds.pools["pool1"] = Pool("pool1", "ext4", 3 * SIZE_BYTES, 3 * SIZE_BYTES)
    rds.volumes["rds1-other"] = replace(shown(UNUSED), slot="rds1-other", size_bytes=2 * SIZE_BYTES)
    with pytest.raises(SizeOutOfRangeError):
        await expanding.expand(ID, LARGER)
    del rds.volumes["rds1-other"]
    assert await expanding.expand(ID, LARGER) == SIZE_BYTES + MIB


@pytest.mark.parametrize(
    "volume",
    [
        shown(None),
        shown(replace(UNUSED, owner=OTHER_CLUSTER)),
        replace(shown(UNUSED), comment="rds1:{"),
        replace(shown(UNUSED), disk_type="hardware"),
        replace(shown(UNUSED), pool=None),
    ],
)
async def test_nobody_grows_what_is_not_ours(rds: FakeRds, volume: Volume) -> None:
    """Nor what nobody can tell whose it is."""
    rds.volumes[SLOT] = volume
    with pytest.raises(RefusedError):
        await expanding_on(rds).expand(ID, LARGER)
    assert rds.volumes[SLOT] is volume


async def test_nobody_grows_what_is_not_there(rds: FakeRds) -> None:
    """Absent is an error here, and its outcome is known; another cluster's is refused."""
    rds.volumes.clear()
    with pytest.raises(VolumeNotFoundError):
        await expanding_on(rds).expand(ID, LARGER)
    with pytest.raises(RefusedError):
        await expanding_on(rds).expand(str(FOREIGN_ID), LARGER)


@pytest.mark.parametrize(("skip", "done"), list(product(range(2), [False, True])))
async def test_growing_converges_wherever_it_breaks_off(rds: FakeRds, skip: int, *, done: bool) -> None:
    """The same call again gives the one size."""
    rds.fail_next(CutOffError("cut"), done=done, skip=skip)
    with pytest.raises(CutOffError):
        await expanding_on(rds).expand(ID, LARGER)
    assert await expanding_on(rds).expand(ID, LARGER) == SIZE_BYTES + MIB
    assert rds.volumes[SLOT].size_bytes == SIZE_BYTES + MIB


async def test_a_growth_that_does_not_show_is_no_success(rds: FakeRds) -> None:
    """An appliance that says yes and does not grow is found out."""

    class Idle(FakeRds):
        async def change_volume(self, seen: Volume, change: Change) -> Volume:
            return await super().change_volume(seen, replace(change, size_bytes=None))

    with pytest.raises(NotGrownError):
        await expanding_on(Idle(rds.volumes)).expand(ID, LARGER)
