"""What is remembered saves a read, and is never believed without the appliance's own word."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import ConflictError, CutOffError, InsufficientCapacityError, RefusedError
from rds_csi_async.domain.records import encode_record
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.services.remembering import Remembering
from tests.examples import SIZE_BYTES, SLOT, UNUSED, shown
from tests.fakes.rds import FakeRds

FIRST, SECOND, THIRD = (encode_record(replace(UNUSED, generation=number)) for number in (1, 2, 3))
NEW = NewVolume(SLOT, "pool1", SIZE_BYTES, FIRST)


@pytest.fixture
def rds() -> FakeRds:
    """Give an empty appliance."""
    return FakeRds()


@pytest.fixture
async def volumes(rds: FakeRds) -> Remembering:
    """Give what remembers the one volume that it made."""
    volumes = Remembering(rds)
    await volumes.create(NEW)
    rds.calls.clear()
    return volumes


async def to_second(_: Volume) -> Change | None:
    """Want the second record, whatever is seen."""
    return Change(SECOND)


def anything(_: Volume) -> None:
    """Let everything be removed."""


async def test_a_remembered_volume_is_changed_and_removed_by_one_command_each(
    rds: FakeRds, volumes: Remembering
) -> None:
    """After what it was made, and after what it became."""
    changed = await volumes.change(SLOT, to_second)
    assert changed == rds.volumes[SLOT]
    assert await volumes.remove(SLOT, anything)
    assert rds.calls == ["change_volume", "remove_volume"]
    assert rds.volumes == {}


async def test_an_unknown_volume_is_read_first(rds: FakeRds, volumes: Remembering) -> None:
    """What was read is remembered."""
    other = Remembering(rds)
    assert await other.change(SLOT, to_second) == rds.volumes[SLOT]
    await volumes.find(SLOT)
    assert await volumes.remove(SLOT, anything)
    assert rds.calls == ["find_volume", "change_volume", "find_volume", "remove_volume"]


async def test_nothing_is_done_to_what_is_not_there(rds: FakeRds, volumes: Remembering) -> None:
    """On the appliance's own word."""
    rds.volumes.clear()
    assert await volumes.change(SLOT, to_second) is None
    assert not await volumes.remove(SLOT, anything)
    assert await volumes.find(SLOT) is None


async def test_what_is_out_of_date_is_read_anew(rds: FakeRds, volumes: Remembering) -> None:
    """And decided anew, over what there is."""
    seen: list[str] = []

    async def note(volume: Volume) -> Change | None:
        seen.append(volume.comment)
        return Change(THIRD)

    rds.volumes[SLOT] = replace(rds.volumes[SLOT], comment=SECOND)
    changed = await volumes.change(SLOT, note)
    assert changed is not None
    assert (changed.comment, seen) == (THIRD, [FIRST, SECOND])
    rds.volumes[SLOT] = replace(changed, comment=SECOND)
    assert await volumes.remove(SLOT, anything)


async def test_wanting_no_change_is_not_said_from_memory(rds: FakeRds, volumes: Remembering) -> None:
    """That it is so already is read just now."""

    async def if_first(volume: Volume) -> Change | None:
        return None if volume.comment == FIRST else Change(THIRD)

    rds.volumes[SLOT] = replace(rds.volumes[SLOT], comment=SECOND)
    changed = await volumes.change(SLOT, if_first)
    assert changed is not None
    assert changed.comment == THIRD


async def test_a_refusal_is_not_said_from_memory(rds: FakeRds, volumes: Remembering) -> None:
    """Only what is read just now refuses."""
    message = "no"

    async def unless_second(volume: Volume) -> Change | None:
        if volume.comment != SECOND:
            raise RefusedError(message)
        return Change(THIRD)

    def ensure_third(volume: Volume) -> None:
        if volume.comment != THIRD:
            raise RefusedError(message)

    with pytest.raises(RefusedError):
        await volumes.change(SLOT, unless_second)
    with pytest.raises(RefusedError):
        await volumes.remove(SLOT, ensure_third)
    rds.volumes[SLOT] = replace(rds.volumes[SLOT], comment=SECOND)
    await volumes.change(SLOT, unless_second)
    assert await volumes.remove(SLOT, ensure_third)


async def test_a_full_pool_is_not_said_from_memory(rds: FakeRds, volumes: Remembering) -> None:
    """The volume may have grown already."""
    rds.fail_next(InsufficientCapacityError("full"))

    async def grow(_: Volume) -> Change | None:
        return Change(SECOND, size_bytes=SIZE_BYTES + MIB)

    grown = await volumes.change(SLOT, grow)
    assert grown is not None
    assert grown.size_bytes == SIZE_BYTES + MIB
    assert rds.calls == ["change_volume", "find_volume", "change_volume"]


@pytest.mark.parametrize("done", [False, True])
async def test_nothing_is_sent_again_while_nobody_knows_what_it_did(
    rds: FakeRds, volumes: Remembering, *, done: bool
) -> None:
    """The next call reads first."""
    rds.fail_next(CutOffError("cut"), done=done)
    with pytest.raises(CutOffError):
        await volumes.change(SLOT, to_second)
    assert rds.calls == ["change_volume"]
    await volumes.change(SLOT, to_second)
    assert rds.calls[1] == "find_volume"


async def test_a_rival_between_look_and_change_is_a_conflict() -> None:
    """A second fresh read is left to the next call."""

    class Overtaken(FakeRds):
        async def change_volume(self, seen: Volume, change: Change) -> Volume:
            self.volumes[SLOT] = replace(self.volumes[SLOT], comment=self.volumes[SLOT].comment + " ")
            return await super().change_volume(seen, change)

    with pytest.raises(ConflictError):
        await Remembering(Overtaken({SLOT: shown(UNUSED)})).change(SLOT, to_second)


@pytest.mark.parametrize(
    "volume",
    [shown(None), replace(shown(None), comment="by hand"), replace(shown(UNUSED), disk_type="raid"),
     replace(shown(UNUSED), pool=None)],
)  # fmt: skip
async def test_what_its_record_does_not_tell_apart_is_not_remembered(rds: FakeRds, volume: Volume) -> None:
    """That the comment is as it was would prove nothing."""
    rds.volumes[SLOT] = volume
    volumes = Remembering(rds)
    await volumes.find(SLOT)
    await volumes.change(SLOT, to_second)
    assert rds.calls == ["find_volume", "find_volume", "change_volume"]


async def test_a_listing_is_learned_from(rds: FakeRds, volumes: Remembering) -> None:
    """But for what an answer has shown already, and what its record does not tell apart."""
    other, by_hand = (replace(shown(UNUSED), slot=f"rds1-{name}") for name in ("b", "c"))
    rds.volumes["rds1-b"] = other
    old, by_hand = replace(rds.volumes[SLOT], comment=THIRD), replace(by_hand, comment="by hand")
    volumes.learn((old, other, by_hand))
    assert [volumes.knows(slot) for slot in (SLOT, "rds1-b", "rds1-c")] == [True, True, False]
    rds.calls.clear()
    await volumes.change(SLOT, to_second)
    await volumes.change("rds1-b", to_second)
    assert rds.calls == ["change_volume"] * 2


async def test_memory_has_an_end(rds: FakeRds) -> None:
    """The oldest goes."""
    volumes = Remembering(rds, most=2)
    for number in range(3):
        await volumes.create(replace(NEW, slot=f"rds1-{number}"))
    rds.calls.clear()
    for number in (2, 0):
        await volumes.change(f"rds1-{number}", to_second)
    assert rds.calls == ["change_volume", "find_volume", "change_volume"]
