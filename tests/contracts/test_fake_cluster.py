"""The fake sits the exam."""

from collections.abc import Callable

import pytest

from rds_csi_async.domain.errors import RefusedError, UnreachableError
from tests.contracts.cluster import CLAIM, ClusterContract, Counts
from tests.fakes.cluster import FakeCluster

FAILURES = {"down": UnreachableError("nobody answers"), "forbidden": RefusedError("no")}


class TestFakeCluster(ClusterContract):
    """See `ClusterContract`."""

    @pytest.fixture
    def cluster(self) -> FakeCluster:
        """Start with one claim."""
        return FakeCluster({CLAIM})

    @pytest.fixture
    def counts(self, cluster: FakeCluster) -> Counts:
        """Read what it was given."""
        return lambda: sorted((e.subject.name, str(e.reason), seen.count) for (e, _), seen in cluster.events.items())

    @pytest.fixture
    def fail(self, cluster: FakeCluster) -> Callable[[str], None]:
        """Let it fail once."""
        return lambda how: cluster.fail_next(FAILURES[how])
