"""Events that are only kept."""

from dataclasses import dataclass, field

from rds_csi_async.domain.events import Event


@dataclass
class FakeEvents:
    """Keeps what was announced, in order."""

    announced: list[Event] = field(default_factory=list)

    def announce(self, event: Event) -> None:
        """See `Events`."""
        self.announced.append(event)
