"""When an appliance's connection comes and goes, told to whoever watches the driver."""

import asyncio

from rds_csi_async.ports.appliance_telemetry import ApplianceTelemetry


class Outages:
    """Tells of one appliance's connection, and how long there was none. Durations are on the event loop's clock."""

    def __init__(self, appliance: str, telemetry: ApplianceTelemetry) -> None:
        self._appliance = appliance
        self._telemetry = telemetry
        self._was_up = False
        self._down_since_s: float | None = None

    def note_begin(self, address: str) -> None:
        """Take that somebody begins to connect: there is no connection yet, which is known."""
        self._telemetry.record_connection(self._appliance, address, up=False)

    def note_attempt(self, address: str, error: BaseException | None) -> None:
        """Take an attempt to connect that ended: with a connection, unless there is an error."""
        now_s = asyncio.get_running_loop().time()
        if self._down_since_s is None:
            self._down_since_s = now_s
        if error is not None or self._was_up:
            self._telemetry.record_reconnect(self._appliance, error, now_s - self._down_since_s)
        if error is None:
            self._was_up, self._down_since_s = True, None
        self._telemetry.record_connection(self._appliance, address, up=error is None)

    def note_loss(self, address: str) -> None:
        """Take that the connection is of no use any more."""
        self._down_since_s = asyncio.get_running_loop().time()
        self._telemetry.record_connection(self._appliance, address, up=False)
