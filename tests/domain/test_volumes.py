"""What may be done to a volume, over every combination of what can be known of it."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest

from rds_csi_async.domain.errors import (
    BusyError,
    ConflictError,
    IncompatibleVolumeError,
    InsufficientCapacityError,
    NotGrownError,
    RefusedError,
    SizeOutOfRangeError,
)
from rds_csi_async.domain.identifiers import Nqn
from rds_csi_async.domain.pools import Capacity
from rds_csi_async.domain.records import encode_record
from rds_csi_async.domain.sizes import GIB, MIB, SizeRange
from rds_csi_async.domain.volumes import (
    Change,
    Claim,
    Volume,
    decide_growth,
    decide_new,
    ensure_changed,
    ensure_deletable,
    ensure_grown,
    ensure_ours,
    ensure_satisfies,
    last_sequence,
)
from tests.examples import (
    CLAIM,
    CLUSTER,
    MARK,
    NODE_A,
    OTHER_CLUSTER,
    SIZE_BYTES,
    SLOT,
    UNUSED,
    held_by,
    holding,
    shown,
)

USED = replace(held_by(holding(NODE_A)), holders=())
COMMENTS = {
    "ours": encode_record(UNUSED),
    "used": encode_record(USED),
    "held": encode_record(held_by(holding(NODE_A))),
    "erased once": encode_record(replace(UNUSED, erased_once=True)),
    "foreign": encode_record(replace(UNUSED, owner=OTHER_CLUSTER)),
    "gone": "",
    "typed": "the boss's disk",
    "damaged": encode_record(UNUSED)[:-1],
    "newer": encode_record(UNUSED).replace('"g":1', '"g":1,"q":1'),
}
ROOM = Capacity(GIB, GIB)


def every_volume() -> Iterator[tuple[str, Volume]]:
    """Give every combination of what can be known, with the name of its record's state."""
    for (state, comment), exported, disk_type, pool in product(
        COMMENTS.items(), [False, True], ["file", "hardware"], ["pool1", None]
    ):
        yield state, replace(shown(UNUSED), comment=comment, exported=exported, disk_type=disk_type, pool=pool)


@pytest.mark.parametrize(("state", "volume"), list(every_volume()))
def test_what_may_be_deleted(state: str, volume: Volume) -> None:
    """Only our own file, in our pool, that nobody holds or can reach, and whose record was never lost."""
    good = replace(volume, exported=False, disk_type="file", pool="pool1") == volume and state in {"ours", "used"}
    if good:
        ensure_deletable(volume, CLUSTER)
    else:
        with pytest.raises(RefusedError):
            ensure_deletable(volume, CLUSTER)


@pytest.mark.parametrize(("state", "volume"), list(every_volume()))
def test_what_may_be_touched(state: str, volume: Volume) -> None:
    """Only our own file in our pool; that it is held or open, or lost its record once, does not matter."""
    good = (volume.disk_type, volume.pool) == ("file", "pool1") and state in {"ours", "used", "held", "erased once"}
    if good:
        assert ensure_ours(volume, CLUSTER) == volume.record()
    else:
        with pytest.raises(RefusedError):
            ensure_ours(volume, CLUSTER)


@pytest.mark.parametrize(("state", "volume"), list(every_volume()))
def test_what_a_creation_takes_for_its_own(state: str, volume: Volume) -> None:
    """A volume of this name in this pool is the one; another is said to be another; what is unknown is refused."""
    if volume.disk_type != "file" or state in {"gone", "typed", "damaged", "newer"}:
        with pytest.raises(RefusedError):
            ensure_satisfies(volume, CLAIM)
    elif volume.pool is None or state == "foreign":
        with pytest.raises(IncompatibleVolumeError):
            ensure_satisfies(volume, CLAIM)
    else:
        ensure_satisfies(volume, CLAIM)


@pytest.mark.parametrize(
    "claim",
    [
        replace(CLAIM, pool="pool2"),
        replace(CLAIM, owner=OTHER_CLUSTER),
        replace(CLAIM, name_hash="a" * 26),
        replace(CLAIM, kind="block"),
        replace(CLAIM, size=SizeRange(SIZE_BYTES + 1)),
        replace(CLAIM, size=SizeRange(1, SIZE_BYTES - 1)),
        replace(CLAIM, smallest_bytes=SIZE_BYTES + MIB),
    ],
)
def test_a_claim_that_differs_in_one_thing_is_another(claim: Claim) -> None:
    """The caller learns that the name is taken (CSI 1.12: ALREADY_EXISTS)."""
    with pytest.raises(IncompatibleVolumeError, match=f"volume {CLAIM.volume_id} exists, but"):
        ensure_satisfies(shown(UNUSED), claim)


def test_what_a_new_volume_is_made_with() -> None:
    """Its size in whole MiB, and a record of the first generation that nobody holds."""
    size_bytes, record = decide_new(replace(CLAIM, size=SizeRange(SIZE_BYTES - 1), title="shop/data"), ROOM, "w1")
    assert size_bytes == SIZE_BYTES
    assert record == replace(UNUSED, required_bytes=SIZE_BYTES - 1, claim="shop/data")


@pytest.mark.parametrize(("left", "enough"), [(SIZE_BYTES, True), (SIZE_BYTES - MIB, False), (0, False)])
def test_a_full_pool_is_said_to_be_full(left: int, *, enough: bool) -> None:
    """The last byte may be given away, and no more."""
    if enough:
        assert decide_new(CLAIM, Capacity(left, left), "w1")[0] == SIZE_BYTES
    else:
        with pytest.raises(InsufficientCapacityError, match=f"{left} bytes left; {SIZE_BYTES} are needed"):
            decide_new(CLAIM, Capacity(left, left), "w1")


def test_a_size_that_cannot_be_is_no_matter_of_room() -> None:
    """A full pool does not hide that the request itself is wrong."""
    with pytest.raises(SizeOutOfRangeError):
        decide_new(replace(CLAIM, size=SizeRange(1, MIB), smallest_bytes=16 * MIB), Capacity(0, 0), "w1")


@pytest.mark.parametrize(
    ("wanted", "left", "expected"),
    [
        (SizeRange(1), 0, None),
        (SizeRange(SIZE_BYTES), 0, None),
        (SizeRange(SIZE_BYTES, SIZE_BYTES), 0, None),
        (SizeRange(0, SIZE_BYTES + 1), 0, None),
        (SizeRange(SIZE_BYTES + 1), MIB, SIZE_BYTES + MIB),
        (SizeRange(SIZE_BYTES + 1, SIZE_BYTES + MIB), MIB, SIZE_BYTES + MIB),
        (SizeRange(2 * SIZE_BYTES), SIZE_BYTES, 2 * SIZE_BYTES),
        (SizeRange(SIZE_BYTES + 1), MIB - 1, SizeOutOfRangeError),
        (SizeRange(SIZE_BYTES + 1, SIZE_BYTES + 2), GIB, SizeOutOfRangeError),
        (SizeRange(1, SIZE_BYTES - 1), GIB, SizeOutOfRangeError),
        (SizeRange((1 << 63) - 1), 1 << 63, SizeOutOfRangeError),
    ],
)
def test_what_a_volume_grows_to(wanted: SizeRange, left: int, expected: int | type[Exception] | None) -> None:
    """Up to the whole MiB, as far as there is room, never down; large enough is left alone."""
    if isinstance(expected, type):
        with pytest.raises(expected):
            decide_growth(shown(UNUSED), wanted, Capacity(left, left))
    else:
        assert decide_growth(shown(UNUSED), wanted, Capacity(left, left)) == expected


NQN = str(Nqn(SLOT, 1, MARK))
OPEN = shown(held_by(holding(NODE_A)))


@pytest.mark.parametrize(
    ("change", "is_shown"),
    [
        (Change(OPEN.comment), True),
        (Change(OPEN.comment, exported=True, nqn=NQN), True),
        (Change("rds1:other"), False),
        (Change(OPEN.comment, exported=False), False),
        (Change(OPEN.comment, exported=True, nqn=f"{NQN}0"), False),
    ],
)
def test_a_change_is_believed_when_it_shows(change: Change, *, is_shown: bool) -> None:
    """Record, export and name, each that was to change."""
    if is_shown:
        ensure_changed(OPEN, change)
    else:
        with pytest.raises(ConflictError):
            ensure_changed(OPEN, change)


def test_a_growth_is_believed_when_it_shows() -> None:
    """One byte less is not what was asked for."""
    ensure_grown(OPEN, SIZE_BYTES)
    with pytest.raises(NotGrownError):
        ensure_grown(OPEN, SIZE_BYTES + 1)


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        (shown(None), 0),
        (shown(UNUSED), 0),
        (OPEN, 1),
        (shown(held_by(holding(NODE_A), sequence=7), nqn=""), 7),
        (shown(UNUSED, nqn=str(Nqn(SLOT, 9, MARK))), 9),
        (shown(held_by(holding(NODE_A), sequence=7), nqn=str(Nqn(SLOT, 9, MARK))), 9),
        (shown(None, nqn=str(Nqn(SLOT, 9, MARK))), 9),
        (shown(None, nqn="nqn.2000-02.com.mikrotik:disk1"), 0),
    ],
)
def test_the_last_sequence_is_the_highest_there_is_a_trace_of(volume: Volume, expected: int) -> None:
    """In the record or in the name, whichever was not lost."""
    assert last_sequence(volume) == expected


def test_room_that_others_may_have_taken_is_no_final_no() -> None:
    """It is full when it is known what became of them."""
    left = SIZE_BYTES - MIB
    for claimed, error in [(MIB, BusyError), (MIB - 1, InsufficientCapacityError), (0, InsufficientCapacityError)]:
        with pytest.raises(error):
            decide_new(CLAIM, Capacity(left, left, claimed), "w1")
    with pytest.raises(BusyError):
        decide_growth(shown(UNUSED), SizeRange(2 * SIZE_BYTES), Capacity(left, left, MIB))


def test_without_a_capacity_nothing_grows() -> None:
    """What is large enough needs none."""
    assert decide_growth(shown(UNUSED), SizeRange(SIZE_BYTES), None) is None
    with pytest.raises(SizeOutOfRangeError):
        decide_growth(shown(UNUSED), SizeRange(SIZE_BYTES + 1), None)
