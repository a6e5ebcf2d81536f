"""Telling people, through the cluster, what they should know."""

from typing import Protocol

from rds_csi_async.domain.events import Event


class Events(Protocol):
    """Takes events. Never raises, never waits; one that is like an earlier one is summed up with it."""

    def announce(self, event: Event) -> None:
        """Tell of something that happened now."""
        ...
