"""The Kubernetes API."""

from typing import Protocol

from rds_csi_async.domain.events import Event, Sighting


class Cluster(Protocol):
    """What the driver asks of the cluster it serves. Raises only `DriverError`s, within 15 s at most."""

    async def post_event(self, event: Event, sighting: Sighting) -> None:
        """Post the event, or bring the one that was posted for the same `first` up to date; idempotent.

        Raises:
            UnreachableError: the API does not answer, or is overloaded: it may be tried again.
            RefusedError: it will not have it (no permission, no such namespace); trying again is no use.
            VolumeNotFoundError: the object it is about is not there any more.

        """
        ...
