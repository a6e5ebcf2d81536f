"""Volumes that are opened and closed are counted, and a migration is seen from its begin to its end."""

import asyncio
from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import HeldElsewhereError, NotReadyError
from rds_csi_async.domain.records import Record
from rds_csi_async.services.attachment_metering import AttachmentMetering
from tests.examples import NODE_A, NODE_B, SHARED_BLOCK, SHARED_READING, SLOT, UNUSED, held_by, holding, shown
from tests.fakes.telemetry import FakeTelemetry, Recorded

pytestmark = pytest.mark.looptime
OLDER = held_by(holding(NODE_A, SHARED_BLOCK))
NEWER = held_by(holding(NODE_B, SHARED_BLOCK))
BOTH = held_by(holding(NODE_A, SHARED_BLOCK), holding(NODE_B, SHARED_BLOCK))
READING = held_by(*(holding(node, SHARED_READING, read_only=True) for node in (NODE_A, NODE_B)))


@pytest.fixture
def telemetry() -> FakeTelemetry:
    """Start with nothing recorded."""
    return FakeTelemetry()


@pytest.fixture
def metering(telemetry: FakeTelemetry) -> AttachmentMetering:
    """Give the one that is examined."""
    return AttachmentMetering(telemetry)


async def _attach(metering: AttachmentMetering, before: Record, after: Record, appliance: str = "rds") -> None:
    with metering.attaching(appliance) as seen:
        seen.before = shown(before)
        await asyncio.sleep(2)
        seen.after = shown(after)


async def _detach(metering: AttachmentMetering, before: Record, after: Record) -> None:
    with metering.detaching("rds") as seen:
        seen.before = shown(before)
        seen.after = shown(after)


async def test_each_is_counted_by_who_else_holds_it(metering: AttachmentMetering, telemetry: FakeTelemetry) -> None:
    """The first holder and the next, the last that leaves and those before; with the time it took."""
    await _attach(metering, UNUSED, OLDER)
    await _attach(metering, OLDER, BOTH)
    await _detach(metering, BOTH, NEWER)
    await _detach(metering, NEWER, UNUSED)
    attachments = telemetry.list_calls("attachment")
    assert [call.detail for call in attachments] == ["attach", "attach_secondary", "detach_partial", "detach"]
    assert attachments[0] == Recorded("attachment", "attach", None, 2)


async def test_a_failure_is_counted_and_a_conflict_beside_it(
    metering: AttachmentMetering, telemetry: FakeTelemetry
) -> None:
    """Only that another holds it is a conflict; the error reaches the caller."""
    for error in (NotReadyError("no"), HeldElsewhereError("another")):
        with pytest.raises(type(error)), metering.attaching("rds"):
            raise error
    assert telemetry.count("attachment", "attach", failed=True) == 2
    assert telemetry.count("attachment_conflict") == 1


async def test_a_record_that_nobody_can_read_fails_no_call(
    metering: AttachmentMetering, telemetry: FakeTelemetry
) -> None:
    """What was remembered of a volume may be damaged, and the volume gone: then that it is gone is the answer."""
    damaged = replace(shown(UNUSED), comment="rds1:{")
    for counted in (metering.attaching, metering.detaching):
        with counted("rds") as seen:
            seen.before = damaged
        with counted("rds") as seen:
            seen.before, seen.after = damaged, shown(UNUSED)
    assert [call.error for call in telemetry.list_calls("attachment")] == [None] * 4


async def test_a_volume_that_has_gone_is_detached(metering: AttachmentMetering, telemetry: FakeTelemetry) -> None:
    """As far as anybody is concerned."""
    with metering.detaching("rds"):
        pass
    assert telemetry.count("attachment", "detach") == 1
    assert telemetry.list_calls("migration") == []


async def test_a_migration_succeeds_when_the_newer_node_stays(
    metering: AttachmentMetering, telemetry: FakeTelemetry
) -> None:
    """It goes on as long as both hold the volume."""
    await _attach(metering, OLDER, BOTH)
    assert telemetry.migrations == 1
    await asyncio.sleep(30)
    await _detach(metering, BOTH, NEWER)
    assert telemetry.migrations == 0
    assert telemetry.list_calls("migration") == [Recorded("migration", "success", None, 30)]


@pytest.mark.parametrize("after", [OLDER, UNUSED])
async def test_it_fails_when_the_newer_node_leaves(
    metering: AttachmentMetering, telemetry: FakeTelemetry, after: Record
) -> None:
    """Alone, or with the other."""
    await _attach(metering, OLDER, BOTH)
    await _detach(metering, BOTH, after)
    assert telemetry.count("migration", "failed") == 1


async def test_a_repeated_call_begins_and_ends_nothing(metering: AttachmentMetering, telemetry: FakeTelemetry) -> None:
    """The record is as it was."""
    await _attach(metering, OLDER, BOTH)
    await _attach(metering, BOTH, BOTH)
    await _detach(metering, NEWER, NEWER)
    assert (telemetry.migrations, telemetry.list_calls("migration")) == (1, [])


async def test_readers_migrate_nowhere(metering: AttachmentMetering, telemetry: FakeTelemetry) -> None:
    """However many they are."""
    await _attach(metering, UNUSED, READING)
    assert telemetry.migrations == 0


async def test_one_whose_begin_nobody_saw_has_no_duration(
    metering: AttachmentMetering, telemetry: FakeTelemetry
) -> None:
    """As after a restart; it is counted all the same."""
    metering.learn("rds", [SLOT], 0)
    assert telemetry.migrations == 1
    await _detach(metering, BOTH, NEWER)
    assert telemetry.list_calls("migration") == [Recorded("migration", "success")]
    assert telemetry.migrations == 0


async def test_a_listing_ends_what_it_does_not_show(metering: AttachmentMetering, telemetry: FakeTelemetry) -> None:
    """Of its own appliance; but not what began after it had."""
    metering.learn("rds", ["rds1-a", "rds1-b"], 0)
    metering.learn("other", ["rds1-a"], 0)
    assert telemetry.migrations == 3
    listing_began_s = asyncio.get_running_loop().time()
    await _attach(metering, OLDER, BOTH)
    metering.learn("rds", ["rds1-b"], listing_began_s)
    assert telemetry.migrations == 3
    metering.learn("rds", [], asyncio.get_running_loop().time() + 1)
    assert telemetry.migrations == 1
