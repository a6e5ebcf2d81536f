"""Looking at an appliance in the background, so that whoever watches the driver is answered from memory.

A scrape asks no appliance anything. What an appliance held is shown for a while after it stopped to answer, since
volumes do not go by that; how its hardware fared is not, since that may be another thing by now.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from rds_csi_async.domain.errors import DriverError, UnreachableError
from rds_csi_async.domain.inventories import CountedVolume, Inventory, count_volume
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.ports.appliance_telemetry import ApplianceTelemetry
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.ports.vitals import Vitals
from rds_csi_async.services.appliances import Appliance

_log = logging.getLogger(__name__)
T = TypeVar("T")
Learn = Callable[[str, Iterable[str], float], None]
"""Takes the key of an appliance, the slots that migrate there, and when (loop's clock) the listing of these began."""
FORGOTTEN_S = 900.0  # after which what an appliance held is not shown any more
_LISTING_S = 120.0
_LOOK_S = 20.0
_RETRY_S = 5.0
_REST = 9.0  # times as long as a survey took: none is to be more than a tenth of what an appliance does
_STEP = 100  # volumes counted before others get a turn on the loop


class Surveying:
    """Surveys one appliance for ever. `owner` is this cluster's id."""

    def __init__(
        self, appliance: Appliance, vitals: Vitals, owner: str, telemetry: ApplianceTelemetry, learn: Learn
    ) -> None:
        self._appliance = appliance
        self._vitals = vitals
        self._owner = owner
        self._telemetry = telemetry
        self._learn = learn
        self._known_s: float | None = None
        self._reasons: dict[str, str | None] = {}

    async def watch(self, interval_s: float) -> None:
        """Survey about every `interval_s` seconds; soon again when the appliance could not be asked.

        An appliance that takes long over it, having thousands of volumes, is left alone nine times as long.
        """
        clock = asyncio.get_running_loop().time
        while True:
            begun_s = clock()
            reached = await self.survey()
            rest_s = _REST * (clock() - begun_s)
            await asyncio.sleep(max(interval_s, rest_s) if reached else min(interval_s, _RETRY_S))

    async def survey(self) -> bool:
        """Look once at all there is; tell whether the appliance could be asked."""
        key = self._appliance.key
        try:
            inventory = await self._within(_LISTING_S, self._take_inventory)
        except DriverError as error:
            self._note("inventory", error)
            self._forget()
            reached = not isinstance(error, UnreachableError)
        else:
            self._note("inventory", None)
            self._telemetry.record_inventory(key, inventory)
            self._known_s, reached = inventory.taken_s, True
        vitals, told = self._vitals, self._telemetry
        told.record_traffic(key, await self._find("traffic", vitals.read_traffic, reached=reached))
        told.record_sensors(key, await self._find("sensors", vitals.read_sensors, reached=reached))
        told.record_arrays(key, await self._find("arrays", vitals.read_arrays, reached=reached))
        return reached

    async def _take_inventory(self) -> Inventory:
        stock = await self._appliance.stocktaking.take()
        counted = await self._count(stock.listing.volumes)
        self._learn(self._appliance.key, [each.slot for each in counted if each.migrating], stock.begun_s)
        listing = stock.listing
        return Inventory(stock.begun_s, listing.pools, tuple(listing.missing), stock.provisioned, counted)

    async def _count(self, volumes: Iterable[Volume]) -> tuple[CountedVolume, ...]:
        counted: list[CountedVolume] = []
        for volume in volumes:
            counted.append(count_volume(volume, self._owner))
            if len(counted) % _STEP == 0:
                await asyncio.sleep(0)
        return tuple(counted)

    async def _find(self, part: str, read: Callable[[], Awaitable[T]], *, reached: bool) -> T | None:
        if not reached:
            return None
        try:
            found = await self._within(_LOOK_S, read)
        except DriverError as error:
            self._note(part, error)
            return None
        self._note(part, None)
        return found

    async def _within(self, most_s: float, work: Callable[[], Awaitable[T]]) -> T:
        with working_under(Deadline(most_s)):
            return await work()

    def _forget(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._known_s is not None and now_s - self._known_s > FORGOTTEN_S:
            self._telemetry.record_inventory(self._appliance.key, None)
            self._known_s = None

    def _note(self, part: str, error: DriverError | None) -> None:
        """Say what is not known, and why, once."""
        reason = None if error is None else str(error)
        if reason != self._reasons.get(part):
            _log.info("%s of %s: %s", part, self._appliance.key, reason or "known again")
        self._reasons[part] = reason
