"""A cluster in memory."""

from dataclasses import dataclass, field
from datetime import datetime

from rds_csi_async.domain.errors import VolumeNotFoundError
from rds_csi_async.domain.events import Event, Kind, Sighting, Subject


@dataclass
class FakeCluster:
    """Keeps the events it was given: the event and when it was first seen, to how it was seen last."""

    claims: set[Subject] = field(default_factory=set)
    events: dict[tuple[Event, datetime], Sighting] = field(default_factory=dict)
    failures: list[Exception] = field(default_factory=list)

    def fail_next(self, error: Exception) -> None:
        """Let the next call fail so."""
        self.failures.append(error)

    async def post_event(self, event: Event, sighting: Sighting) -> None:
        """See `Cluster`."""
        if self.failures:
            raise self.failures.pop(0)
        known = self.events.get((event, sighting.first))
        if known is None and event.subject.kind is Kind.CLAIM and event.subject not in self.claims:
            message = f"{event.subject} is not there any more"
            raise VolumeNotFoundError(message)
        self.events[event, sighting.first] = sighting
