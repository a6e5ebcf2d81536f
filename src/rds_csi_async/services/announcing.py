"""Events on their way to the cluster: said once where they repeat themselves, and never too many.

Without a cluster they go to the log alone.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from rds_csi_async.domain.errors import DriverError, UnreachableError
from rds_csi_async.domain.events import Event, Sighting, shortened
from rds_csi_async.ports.cluster import Cluster
from rds_csi_async.ports.telemetry import Telemetry

_log = logging.getLogger(__name__)
QUIET_S = 300.0  # between two postings of the same event
BURST = 25  # of all events at once, then one every `REFILL_S`; as client-go's own limit
REFILL_S = 10.0
_MOST_REMEMBERED = 1000
_MOST_WAITING = 200
_TRIES = 5
_FIRST_PAUSE_S = 1.0


@dataclass(frozen=True, slots=True)
class _Known:
    sighting: Sighting
    posted: datetime


class Announcing:
    """The `Events` of a process. `deliver` has to run for ever where there is a cluster."""

    def __init__(
        self,
        telemetry: Telemetry,
        cluster: Cluster | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._telemetry = telemetry
        self._cluster = cluster
        self._now = now
        self._known: OrderedDict[Event, _Known] = OrderedDict()
        self._waiting: asyncio.Queue[tuple[Event, Sighting]] = asyncio.Queue(_MOST_WAITING)
        self._allowance = float(BURST)
        self._refilled = now()
        self._withheld = 0

    def announce(self, event: Event) -> None:
        """See `Events`."""
        event, now = replace(event, note=shortened(event.note)), self._now()
        known = self._known.get(event)
        sighting = Sighting(now, now, 1) if known is None else known.sighting.again(now)
        due = known is None or (now - known.posted).total_seconds() >= QUIET_S
        posted = now if due or known is None else known.posted
        self._known[event] = _Known(sighting, posted)
        self._known.move_to_end(event)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.popitem(last=False)
        if due:
            self._say(event, sighting)

    async def deliver(self) -> None:
        """Post for ever what was announced, in turn."""
        while True:
            event, sighting = await self._waiting.get()
            await self._deliver(event, sighting)

    def _say(self, event: Event, sighting: Sighting) -> None:
        level = logging.WARNING if event.reason.is_warning else logging.INFO
        _log.log(level, "%s%s", event, f" ({sighting.count} times)" if sighting.count > 1 else "")
        if self._cluster is None:
            return
        if not self._is_allowed() or self._waiting.full():
            self._withheld += 1
            _log.info("too many events: the cluster has not been told of %d so far", self._withheld)
            return
        self._waiting.put_nowait((event, sighting))

    def _is_allowed(self) -> bool:
        now = self._now()
        gained = (now - self._refilled).total_seconds() / REFILL_S
        self._allowance, self._refilled = min(BURST, self._allowance + max(gained, 0)), now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    async def _deliver(self, event: Event, sighting: Sighting) -> None:
        if self._cluster is None:
            return
        pause_s = _FIRST_PAUSE_S
        for attempt in range(1, _TRIES + 1):
            try:
                await self._cluster.post_event(event, sighting)
            except UnreachableError as error:
                _log.debug("event %s is not posted yet (try %d): %s", event.reason, attempt, error)
                await asyncio.sleep(pause_s)
                pause_s *= 2
            except DriverError as error:
                _log.warning("event %s about %s was not posted: %s", event.reason, event.subject, error)
                return
            else:
                self._telemetry.record_event_posted(event.reason)
                return
        _log.warning("event %s about %s was not posted: the cluster does not answer", event.reason, event.subject)
