"""The record of who holds a volume is true to who can reach it, at every moment."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import settings

from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.errors import (
    ConflictError,
    HeldElsewhereError,
    InvalidRequestError,
    NodeNotFoundError,
    NotReadyError,
    RefusedError,
    VolumeNotFoundError,
)
from rds_csi_async.domain.identifiers import Nqn, VolumeId, host_of, node_id_of
from rds_csi_async.domain.volumes import Change, Volume
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.attachment_metering import AttachmentMetering
from rds_csi_async.services.publishing import Publishing
from tests.examples import (
    BLOCK,
    CLUSTER,
    FOREIGN_ID,
    MOUNT,
    NODE_A,
    NODE_B,
    OTHER_CLUSTER,
    SHARED_READING,
    SIZE_BYTES,
    SLOT,
    UNUSED,
    VOLUME_ID,
    held_by,
    holding,
    shown,
)
from tests.fakes.events import FakeEvents
from tests.fakes.rds import FakeRds
from tests.fakes.telemetry import FakeTelemetry
from tests.services.life_of_a_volume import LifeOfAVolume

TestLifeOfAVolume = LifeOfAVolume.TestCase
TestLifeOfAVolume.settings = settings(max_examples=50, stateful_step_count=40)

ID = str(VOLUME_ID)


def publishing_on(rds: FakeRds, events: FakeEvents | None = None, telemetry: FakeTelemetry | None = None) -> Publishing:
    """Give what publishes on this appliance; its marks are 1, 2, 3."""
    marks = count(1)
    appliances = Appliances(CLUSTER, [Appliance("rds", rds, "192.0.2.1", ("pool1",))])
    return Publishing(
        appliances,
        "w2",
        lambda: f"{next(marks):016x}",
        events or FakeEvents(),
        AttachmentMetering(telemetry or FakeTelemetry()),
    )


@pytest.fixture
def rds() -> FakeRds:
    """Give an appliance with one volume, that nobody holds."""
    return FakeRds({SLOT: replace(shown(UNUSED), port=4421)})


@pytest.fixture
def publishing(rds: FakeRds) -> Publishing:
    """Give the one that is examined."""
    return publishing_on(rds)


async def test_a_node_is_told_where_and_as_whom(rds: FakeRds, publishing: Publishing) -> None:
    """The port is the volume's own, the rest the appliance's and the node's; the export is on, under that name."""
    context = await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    nqn = Nqn(SLOT, 1, f"{1:016x}")
    host = host_of(CLUSTER, NODE_A)
    assert context == PublishContext(nqn, "192.0.2.1", 4421, SIZE_BYTES, host, first_use=True, sole_node=True)
    assert (rds.volumes[SLOT].exported, rds.volumes[SLOT].nqn) == (True, str(nqn))


async def test_the_same_again_tells_the_same(rds: FakeRds, publishing: Publishing) -> None:
    """Nothing is changed, by whichever process."""
    context = await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    assert await publishing.publish(ID, NODE_A, MOUNT, read_only=False) == context
    assert await publishing_on(rds).publish(ID, NODE_A, MOUNT, read_only=False) == context
    assert rds.calls.count("change_volume") == 1


async def test_a_volume_that_moved_is_neither_new_nor_one_nodes_alone(publishing: Publishing) -> None:
    """The second node has to prove more before it writes."""
    first = await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    await publishing.unpublish(ID, NODE_A)
    again = await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    assert (again.nqn.sequence, again.first_use, again.sole_node) == (2, False, True)
    await publishing.unpublish(ID, "")
    moved = await publishing.publish(ID, NODE_B, MOUNT, read_only=False)
    assert (moved.nqn.sequence, moved.first_use, moved.sole_node) == (3, False, False)
    assert len({first.nqn, again.nqn, moved.nqn}) == 3


async def test_several_readers_share_one_name_and_leave_one_by_one(rds: FakeRds, publishing: Publishing) -> None:
    """The last one closes."""
    first = await publishing.publish(ID, NODE_A, SHARED_READING, read_only=True)
    second = await publishing.publish(ID, NODE_B, SHARED_READING, read_only=True)
    assert (second.nqn, second.sole_node) == (first.nqn, False)
    assert second.host != first.host
    await publishing.unpublish(ID, NODE_A)
    assert (rds.volumes[SLOT].exported, rds.volumes[SLOT].nqn) == (True, str(first.nqn))
    await publishing.unpublish(ID, NODE_B)
    assert not rds.volumes[SLOT].exported


@pytest.mark.parametrize(
    ("claim", "told"), [("home/photos", ["PersistentVolumeClaim home/photos: AttachmentConflict"]), ("", [])]
)
async def test_a_conflict_is_told_of_the_claim(rds: FakeRds, claim: str, told: list[str]) -> None:
    """With both nodes' names: one of them has to let go. Where no claim is known the answer has to do."""
    events = FakeEvents()
    rds.volumes[SLOT] = shown(replace(UNUSED, claim=claim))
    publishing = publishing_on(rds, events)
    await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    with pytest.raises(HeldElsewhereError):
        await publishing.publish(ID, NODE_B, MOUNT, read_only=False)
    assert [str(event).partition(": it cannot")[0] for event in events.announced] == told
    assert all(NODE_A in event.note and NODE_B in event.note for event in events.announced)


@pytest.mark.parametrize("node_id", ["", "a", "some-fake-node-id", node_id_of(OTHER_CLUSTER, "a"), "x" * 10_000])
async def test_nobody_is_let_in_that_this_cluster_did_not_make(
    rds: FakeRds, publishing: Publishing, node_id: str
) -> None:
    """The volume stays closed."""
    with pytest.raises(NodeNotFoundError):
        await publishing.publish(ID, node_id, MOUNT, read_only=False)
    assert "change_volume" not in rds.calls


async def test_what_cannot_be_served_changes_nothing(rds: FakeRds, publishing: Publishing) -> None:
    """A volume that another node holds, and one of the other kind."""
    with pytest.raises(InvalidRequestError):
        await publishing.publish(ID, NODE_A, BLOCK, read_only=False)
    await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    held = rds.volumes[SLOT]
    with pytest.raises(RefusedError, match=NODE_A):
        await publishing.publish(ID, NODE_B, MOUNT, read_only=True)
    assert rds.volumes[SLOT] is held


async def test_an_absent_volume_is_not_found_and_needs_no_closing(rds: FakeRds, publishing: Publishing) -> None:
    """On the appliance's word; while its pool is away there is no answer to either."""
    rds.volumes.clear()
    with pytest.raises(VolumeNotFoundError):
        await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    await publishing.unpublish(ID, NODE_A)
    rds.unmounted.add("pool1")
    with pytest.raises(NotReadyError):
        await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    with pytest.raises(NotReadyError):
        await publishing.unpublish(ID, NODE_A)


@pytest.mark.parametrize("text", ["", "storage-pool", SLOT, f"{ID}\n"])
async def test_an_id_that_cannot_be_ours_sends_nothing(rds: FakeRds, publishing: Publishing, text: str) -> None:
    """It is not found, or needs no closing."""
    with pytest.raises(VolumeNotFoundError):
        await publishing.publish(text, NODE_A, MOUNT, read_only=False)
    await publishing.unpublish(text, NODE_A)
    assert rds.calls == []


@pytest.mark.parametrize("volume_id", [FOREIGN_ID, VolumeId("gone", SLOT)])
async def test_what_is_not_known_here_is_refused(rds: FakeRds, publishing: Publishing, volume_id: VolumeId) -> None:
    """It is never said to be closed."""
    with pytest.raises(RefusedError):
        await publishing.publish(str(volume_id), NODE_A, MOUNT, read_only=False)
    with pytest.raises(RefusedError):
        await publishing.unpublish(str(volume_id), NODE_A)
    assert rds.calls == []


class Forgetful(FakeRds):
    """Says yes and does nothing."""

    async def change_volume(self, seen: Volume, change: Change) -> Volume:
        """See `Rds`."""
        assert change.comment != seen.comment
        return seen


@pytest.mark.parametrize(
    "call",
    [
        lambda publishing: publishing.publish(ID, NODE_A, SHARED_READING, read_only=True),
        lambda publishing: publishing.unpublish(ID, NODE_B),
    ],
)
async def test_a_change_that_does_not_show_is_no_success(call: Callable[[Publishing], object]) -> None:
    """An appliance that says yes and does nothing is found out, at opening and at closing."""
    rds = Forgetful({SLOT: shown(held_by(holding(NODE_B, SHARED_READING, read_only=True)))})
    with pytest.raises(ConflictError):
        await call(publishing_on(rds))  # type: ignore[misc]


async def test_what_is_opened_and_closed_is_counted(rds: FakeRds) -> None:
    """On every path: a conflict is one, and a node that was never let in is let go."""
    telemetry = FakeTelemetry()
    publishing = publishing_on(rds, telemetry=telemetry)
    await publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    with pytest.raises(HeldElsewhereError):
        await publishing.publish(ID, NODE_B, MOUNT, read_only=False)
    await publishing.unpublish(ID, NODE_B)
    await publishing.unpublish(ID, NODE_A)
    told = [(call.what, call.detail, call.error is None) for call in telemetry.calls]
    assert told == [
        ("attachment", "attach", True),
        ("attachment", "attach", False),
        ("attachment_conflict", "", True),
        ("attachment", "detach_partial", True),
        ("attachment", "detach", True),
    ]
