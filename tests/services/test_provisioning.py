"""Volumes are made once and removed whole, however often it is asked and wherever it breaks off."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from rds_csi_async.domain.errors import (
    BusyError,
    CutOffError,
    DriverError,
    IncompatibleVolumeError,
    InsufficientCapacityError,
    InvalidRequestError,
    NotGrownError,
    NotReadyError,
    SizeOutOfRangeError,
    UnreachableError,
)
from rds_csi_async.domain.identifiers import VolumeId, slot_of
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.sizes import GIB, MIB, SizeRange
from rds_csi_async.domain.volumes import Claim, NewVolume, Volume
from rds_csi_async.services.provisioning import Provisioning
from tests.examples import (
    CLAIM,
    CLUSTER,
    SIZE_BYTES,
    SLOT,
    UNUSED,
)
from tests.fakes.rds import FakeRds
from tests.services.removing import BREAKS, Removing, provisioning_on


@pytest.fixture
def rds() -> FakeRds:
    """Give an empty appliance."""
    return FakeRds()


@pytest.fixture
def provisioning(rds: FakeRds) -> Provisioning:
    """Give the one that is examined."""
    return provisioning_on(rds)


async def test_a_volume_is_made_closed_with_its_record(rds: FakeRds, provisioning: Provisioning) -> None:
    """What is returned is what is there."""
    made = await provisioning.create(CLAIM)
    assert made == rds.volumes[SLOT]
    assert (made.size_bytes, made.exported, made.record()) == (SIZE_BYTES, False, UNUSED)


async def test_the_same_again_makes_nothing(rds: FakeRds, provisioning: Provisioning) -> None:
    """Nor does another process that is asked for the same."""
    made = await provisioning.create(CLAIM)
    assert await provisioning.create(CLAIM) == made
    assert await provisioning_on(rds, "w2").create(CLAIM) == made
    assert rds.volumes == {SLOT: made}


async def test_one_command_makes_a_volume_while_there_is_room(rds: FakeRds, provisioning: Provisioning) -> None:
    """One inventory does for many; the command itself leaves alone what is there."""
    for number in range(9):
        await provisioning.create(replace(CLAIM, volume_id=VolumeId("rds", slot_of(CLUSTER, "rds", f"pvc-{number}"))))
    assert rds.calls == ["get_listing"] + ["create_volume"] * 9


async def test_a_no_is_never_remembered(rds: FakeRds, provisioning: Provisioning) -> None:
    """Room that somebody else gave back is found; a volume that is there needs none."""
    rds.pools["pool1"] = Pool("pool1", "ext4", SIZE_BYTES, SIZE_BYTES)
    made = await provisioning.create(CLAIM)
    other = replace(CLAIM, volume_id=VolumeId("rds", slot_of(CLUSTER, "rds", "other")))
    with pytest.raises(InsufficientCapacityError):
        await provisioning.create(other)
    assert await provisioning.create(CLAIM) == made
    rds.volumes.clear()
    assert (await provisioning.create(other)).size_bytes == SIZE_BYTES


async def test_two_at_once_never_get_the_same_room() -> None:
    """The one that comes too late is told to come back while it is not known what became of the other."""
    turned_away: list[Claim] = []
    enough = asyncio.Event()

    class Slow(FakeRds):
        async def create_volume(self, new: NewVolume) -> Volume:
            await enough.wait()
            return await super().create_volume(new)

    pool = Pool("pool1", "btrfs", 2 * SIZE_BYTES, 100 * SIZE_BYTES)  # what is free does not hold them back
    slow = Slow(pools={"pool1": pool})
    provisioning = provisioning_on(slow)

    async def create(claim: Claim) -> str:
        try:
            return type(await provisioning.create(claim)).__name__
        except BusyError:
            turned_away.append(claim)
            if len(turned_away) == 3:
                enough.set()
            return "busy"

    claims = [
        replace(CLAIM, volume_id=VolumeId("rds", slot_of(CLUSTER, "rds", f"pvc-{number}"))) for number in range(5)
    ]
    made = await asyncio.gather(*(create(claim) for claim in claims))
    assert sorted(made) == ["Volume"] * 2 + ["busy"] * 3
    assert len(slow.volumes) == 2
    with pytest.raises(InsufficientCapacityError):
        await provisioning.create(next(claim for claim in claims if claim.volume_id.slot not in slow.volumes))


@pytest.mark.parametrize(
    "claim", [replace(CLAIM, size=SizeRange(GIB)), replace(CLAIM, kind="block"), replace(CLAIM, name_hash="other")]
)
async def test_another_of_the_same_name_is_refused(rds: FakeRds, provisioning: Provisioning, claim: Claim) -> None:
    """And the one that is there stays as it is."""
    made = await provisioning.create(CLAIM)
    with pytest.raises(IncompatibleVolumeError):
        await provisioning.create(claim)
    assert rds.volumes == {SLOT: made}


async def test_who_comes_second_gets_what_the_first_one_made(rds: FakeRds, provisioning: Provisioning) -> None:
    """Two processes that saw an empty slot at once make one volume, and both believe in that one."""

    class Overtaken(FakeRds):
        async def create_volume(self, new: NewVolume) -> Volume:
            await provisioning.create(CLAIM)
            return await super().create_volume(new)

    late = Overtaken(rds.volumes)
    made = await provisioning_on(late, "w2").create(CLAIM)
    assert made.record() == UNUSED
    assert rds.volumes == {SLOT: made}


@pytest.mark.parametrize(
    ("claim", "error"),
    [
        (replace(CLAIM, volume_id=VolumeId("other", SLOT)), InvalidRequestError),
        (replace(CLAIM, pool="pool2"), InvalidRequestError),
    ],
)
async def test_a_place_that_is_not_configured_is_never_asked(
    rds: FakeRds, provisioning: Provisioning, claim: Claim, error: type[DriverError]
) -> None:
    """Nothing is sent to anybody."""
    with pytest.raises(error):
        await provisioning.create(claim)
    assert rds.calls == []


@pytest.mark.parametrize(
    ("size", "error"),
    [
        (SizeRange(100 * GIB + 1), InsufficientCapacityError),
        (SizeRange(1 << 62), InsufficientCapacityError),
        (SizeRange((1 << 63) - 1), SizeOutOfRangeError),
        (SizeRange(1, 16 * MIB - 1), SizeOutOfRangeError),
    ],
)
async def test_a_final_refusal_leaves_nothing(
    rds: FakeRds, provisioning: Provisioning, size: SizeRange, error: type[DriverError]
) -> None:
    """No disk, and no file, not even of an earlier try: nobody will come back for it."""
    rds.leftovers.add(SLOT if error is InsufficientCapacityError else "another")
    with pytest.raises(error):
        await provisioning.create(replace(CLAIM, size=size))
    assert rds.volumes == {}
    assert SLOT not in rds.leftovers
    assert "create_volume" not in rds.calls


async def test_a_cut_off_creations_file_does_not_keep_its_own_volume_out() -> None:
    """It takes up the last room of the pool, and goes before the pool is called full."""

    class Small(FakeRds):
        def _pool(self, name: str) -> Pool:
            pool = super()._pool(name)
            return replace(pool, free_bytes=pool.free_bytes - SIZE_BYTES * len(self.leftovers))

    rds = Small(pools={"pool1": Pool("pool1", "ext4", SIZE_BYTES, SIZE_BYTES)}, leftovers={SLOT})
    assert (await provisioning_on(rds).create(CLAIM)).size_bytes == SIZE_BYTES


async def test_a_volume_that_came_out_too_small_is_taken_away(rds: FakeRds) -> None:
    """Left there, each later try would find it taken by a volume that is not the one asked for."""

    class Stingy(FakeRds):
        async def create_volume(self, new: NewVolume) -> Volume:
            return await super().create_volume(replace(new, size_bytes=new.size_bytes - MIB))

    with pytest.raises(NotGrownError):
        await provisioning_on(Stingy(rds.volumes)).create(CLAIM)
    assert rds.volumes == {}
    assert (await provisioning_on(rds).create(CLAIM)).size_bytes == SIZE_BYTES


@pytest.mark.parametrize("where", BREAKS)
@pytest.mark.parametrize("error", [CutOffError("cut"), UnreachableError("gone"), NotReadyError("not yet")])
async def test_making_converges_wherever_it_breaks_off(
    rds: FakeRds, provisioning: Provisioning, error: DriverError, where: Mapping[str, Any]
) -> None:
    """The same call again, by another process even, gives one whole volume."""
    rds.fail_next(error, **where)
    try:
        await provisioning.create(CLAIM)
    except DriverError as raised:
        assert raised is error  # noqa: PT017 - some breaks come too late to be met
    rds.heal()
    made = await provisioning_on(rds, "w2").create(CLAIM)
    assert (rds.volumes, rds.leftovers) == ({SLOT: made}, set())
    assert made.size_bytes == SIZE_BYTES


async def test_volumes_do_not_get_in_each_others_way(rds: FakeRds, provisioning: Provisioning) -> None:
    """One goes, the others stay."""
    ids = [VolumeId("rds", slot_of(CLUSTER, "rds", f"pvc-{number}")) for number in range(3)]
    for volume_id in ids:
        await provisioning.create(replace(CLAIM, volume_id=volume_id))
    await provisioning.delete(str(ids[1]))
    assert set(rds.volumes) == {ids[0].slot, ids[2].slot}


class TestRemoving(Removing):
    """See there."""
