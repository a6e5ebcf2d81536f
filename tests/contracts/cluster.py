"""What every `Cluster` must do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from rds_csi_async.domain.errors import RefusedError, UnreachableError, VolumeNotFoundError
from rds_csi_async.domain.events import Event, Kind, Reason, Sighting, Subject
from rds_csi_async.ports.cluster import Cluster

CLAIM = Subject(Kind.CLAIM, "photos", "home")  # the one claim that is there
FIRST = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONCE = Sighting(FIRST, FIRST, 1)
EVENT = Event(CLAIM, Reason.MOUNT_FAILURE, "it is not blank")
Counts = Callable[[], list[tuple[str, str, int]]]
"""What is there: the subject's name, the reason, how often it was seen."""


class ClusterContract:
    """Subclass with fixtures `cluster`, `counts` and `fail` (lets the next request fail: down or forbidden)."""

    async def test_an_event_is_posted(self, cluster: Cluster, counts: Counts) -> None:
        """About a claim, and about a node, which nobody asks for."""
        await cluster.post_event(EVENT, ONCE)
        await cluster.post_event(Event(Subject(Kind.NODE, "n1"), Reason.STORAGE_READY, "all is there"), ONCE)
        assert counts() == [("n1", "StorageReady", 1), ("photos", "MountFailure", 1)]

    async def test_posted_twice_it_is_there_once(self, cluster: Cluster, counts: Counts) -> None:
        """A try whose answer was lost is no second event."""
        for _ in range(2):
            await cluster.post_event(EVENT, ONCE)
        assert counts() == [("photos", "MountFailure", 1)]

    async def test_seen_again_it_counts(self, cluster: Cluster, counts: Counts) -> None:
        """The same event, seen since the same moment, is brought up to date."""
        await cluster.post_event(EVENT, ONCE)
        await cluster.post_event(EVENT, Sighting(FIRST, FIRST + timedelta(minutes=9), 7))
        assert counts() == [("photos", "MountFailure", 7)]

    async def test_seen_again_it_comes_back(self, cluster: Cluster, counts: Counts) -> None:
        """One that the API has forgotten since is posted as a new one."""
        await cluster.post_event(EVENT, Sighting(FIRST, FIRST + timedelta(hours=2), 3))
        assert counts() == [("photos", "MountFailure", 3)]

    async def test_a_claim_that_is_gone_is_told(self, cluster: Cluster, counts: Counts) -> None:
        """Nobody could find its event."""
        with pytest.raises(VolumeNotFoundError, match="away"):
            await cluster.post_event(Event(Subject(Kind.CLAIM, "away", "home"), Reason.MOUNT_FAILURE, "x"), ONCE)
        assert counts() == []

    async def test_a_cluster_that_is_down_may_be_tried_again(
        self, cluster: Cluster, counts: Counts, fail: Callable[[str], None]
    ) -> None:
        """And the next try posts it."""
        fail("down")
        with pytest.raises(UnreachableError):
            await cluster.post_event(EVENT, ONCE)
        await cluster.post_event(EVENT, ONCE)
        assert counts() == [("photos", "MountFailure", 1)]

    async def test_a_refusal_is_told_as_one(self, cluster: Cluster, fail: Callable[[str], None]) -> None:
        """A role that lacks a verb is not mended by trying again."""
        fail("forbidden")
        with pytest.raises(RefusedError):
            await cluster.post_event(EVENT, ONCE)
