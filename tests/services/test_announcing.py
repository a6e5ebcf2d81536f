"""Events are said once where they repeat themselves, and a flood of them drowns nobody."""

import asyncio
import contextlib
import logging
from datetime import UTC, datetime, timedelta

import pytest

from rds_csi_async.domain.errors import RefusedError, UnreachableError
from rds_csi_async.domain.events import LONGEST_NOTE, Event, Kind, Reason, Sighting, Subject
from rds_csi_async.services.announcing import BURST, QUIET_S, REFILL_S, Announcing
from tests.fakes.cluster import FakeCluster
from tests.fakes.telemetry import FakeTelemetry

NODE = Subject(Kind.NODE, "n1")
EVENT = Event(NODE, Reason.STORAGE_NOT_READY, "no nvme")
DOWN = UnreachableError("nobody answers")


class World:
    """A driver's announcing, its clock, and the cluster behind it."""

    def __init__(self, cluster: FakeCluster | None) -> None:
        self.now = datetime(2026, 11, 24, 12, tzinfo=UTC)
        self.telemetry = FakeTelemetry()
        self.cluster = cluster or FakeCluster()
        self.announcing = Announcing(self.telemetry, cluster, lambda: self.now)

    def announce(self, event: Event = EVENT, *, after_s: float = 0) -> None:
        """Let time pass, and then the event happen."""
        self.now += timedelta(seconds=after_s)
        self.announcing.announce(event)

    async def deliver(self, for_s: float = 1) -> list[tuple[str, int]]:
        """Let what waits be posted; list the notes of all that was posted, and how often each was seen."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(for_s):
                await self.announcing.deliver()
        return [(event.note, sighting.count) for (event, _), sighting in self.cluster.events.items()]


@pytest.fixture
def world() -> World:
    """Have a cluster."""
    return World(FakeCluster())


@pytest.mark.looptime
async def test_an_event_is_posted_and_counted(world: World) -> None:
    """Counted when it is there, not when it is wished."""
    world.announce()
    assert world.telemetry.count("event_posted", "StorageNotReady") == 0
    assert await world.deliver() == [("no nvme", 1)]
    assert world.telemetry.count("event_posted", "StorageNotReady") == 1


@pytest.mark.looptime
async def test_what_repeats_itself_is_summed_up(world: World) -> None:
    """Said at once, then with its count when it has gone on for a while: it is one event, since the first time."""
    first = world.now
    for _ in range(10):
        world.announce(after_s=1)
    assert await world.deliver() == [("no nvme", 1)]
    world.announce(after_s=QUIET_S)
    assert await world.deliver() == [("no nvme", 11)]
    assert world.cluster.events == {
        (EVENT, first + timedelta(seconds=1)): Sighting(first + timedelta(seconds=1), world.now, 11)
    }
    assert world.telemetry.count("event_posted", "StorageNotReady") == 2


@pytest.mark.looptime
async def test_another_note_is_another_event(world: World) -> None:
    """Two troubles at once are both told."""
    world.announce()
    world.announce(Event(NODE, Reason.STORAGE_NOT_READY, "no mkfs"))
    assert await world.deliver() == [("no nvme", 1), ("no mkfs", 1)]


@pytest.mark.looptime
async def test_a_flood_is_dammed(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """So many at once and no more, then one by one as time passes; the log has all, and how many were not posted."""
    caplog.set_level(logging.INFO)
    for number in range(BURST + 3):
        world.announce(Event(NODE, Reason.STORAGE_NOT_READY, f"trouble {number}"))
    assert len(await world.deliver()) == BURST
    assert f"trouble {BURST + 2}" in caplog.text
    assert "the cluster has not been told of 3 so far" in caplog.text
    for number in range(3):
        world.announce(Event(NODE, Reason.STORAGE_NOT_READY, f"later {number}"), after_s=REFILL_S / 2)
    assert len(await world.deliver()) == BURST + 1


@pytest.mark.looptime
async def test_a_cluster_that_is_down_for_a_moment_is_told_later(world: World) -> None:
    """Nothing is lost over an API server's restart, and what came meanwhile comes after."""
    world.cluster.fail_next(DOWN)
    world.cluster.fail_next(DOWN)
    world.announce()
    world.announce(Event(NODE, Reason.STORAGE_READY, "all is there"))
    assert await world.deliver(for_s=60) == [("no nvme", 1), ("all is there", 1)]


@pytest.mark.looptime
async def test_one_that_cannot_be_posted_holds_up_no_other(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Whether it is refused or nobody answers for long: the log has it, and the next one's turn comes."""
    world.cluster.fail_next(RefusedError("no permission to create events"))
    world.announce()
    for _ in range(5):
        world.cluster.fail_next(DOWN)
    world.announce(Event(NODE, Reason.STORAGE_NOT_READY, "no mkfs"))
    world.announce(Event(NODE, Reason.STORAGE_READY, "all is there"))
    assert await world.deliver(for_s=600) == [("all is there", 1)]
    assert "no permission to create events" in caplog.text
    assert "the cluster does not answer" in caplog.text
    assert world.telemetry.count("event_posted", "StorageNotReady") == 0


@pytest.mark.looptime
async def test_without_a_cluster_the_log_is_told(caplog: pytest.LogCaptureFixture) -> None:
    """Trouble as a warning, good news as news; nothing is counted as posted."""
    caplog.set_level(logging.INFO)
    world = World(None)
    world.announce()
    world.announce(Event(NODE, Reason.STORAGE_READY, "all is there"))
    assert await world.deliver() == []
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "Node n1: StorageNotReady: no nvme"),
        ("INFO", "Node n1: StorageReady: all is there"),
    ]
    assert world.telemetry.calls == []


@pytest.mark.looptime
async def test_notes_are_made_to_fit(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A program's whole output is no event."""
    world.announce(Event(NODE, Reason.STORAGE_NOT_READY, "x" * 5000))
    assert len(caplog.messages[0]) < LONGEST_NOTE + 100


@pytest.mark.looptime
async def test_a_clock_that_is_set_back_does_no_harm(world: World) -> None:
    """Nothing is allowed more for it, and nothing fails."""
    world.announce()
    world.announce(Event(NODE, Reason.STORAGE_READY, "x"), after_s=-3600)
    assert [note for note, _ in await world.deliver(for_s=0.01)] == ["no nvme", "x"]


@pytest.mark.looptime
async def test_what_is_remembered_is_bounded(world: World) -> None:
    """A year of different events is not kept."""
    for number in range(2000):
        world.announce(Event(NODE, Reason.STORAGE_NOT_READY, f"trouble {number}"))
    world.announce(Event(NODE, Reason.STORAGE_NOT_READY, "trouble 0"), after_s=REFILL_S)
    assert ("trouble 0", 1) in await world.deliver(for_s=0.5)
