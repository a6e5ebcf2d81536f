"""What is asked of an appliance, told to the telemetry on every path: an `Rds` and a `Vitals` before the real ones."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from rds_csi_async.domain.listings import Listing
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.vitals import DiskArray, Sensor
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.ports.appliance_telemetry import ApplianceTelemetry
from rds_csi_async.ports.rds import Rds
from rds_csi_async.ports.vitals import Vitals

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Meter:
    """Times what is asked of one appliance."""

    appliance: str
    telemetry: ApplianceTelemetry

    async def count(self, verb: str, command: Awaitable[T]) -> T:
        """Wait for a command, and count it as one of `VERBS`; a caller that gives up is a failure too."""
        clock, error = asyncio.get_running_loop().time, None
        begun_s = clock()
        try:
            return await command
        except BaseException as raised:
            error = raised
            raise
        finally:
            self.telemetry.record_command(self.appliance, verb, error, clock() - begun_s)


class MeteredRds:
    """Does what the given `Rds` does, and counts it."""

    def __init__(self, rds: Rds, meter: Meter) -> None:
        self._rds = rds
        self._meter = meter

    async def find_volume(self, slot: str) -> Volume | None:
        """See `Rds`."""
        return await self._meter.count("find", self._rds.find_volume(slot))

    async def get_listing(self) -> Listing:
        """See `Rds`."""
        return await self._meter.count("list", self._rds.get_listing())

    async def get_pool(self, name: str) -> Pool:
        """See `Rds`."""
        return await self._meter.count("show_pool", self._rds.get_pool(name))

    async def create_volume(self, new: NewVolume) -> Volume:
        """See `Rds`."""
        return await self._meter.count("create", self._rds.create_volume(new))

    async def change_volume(self, seen: Volume, change: Change) -> Volume:
        """See `Rds`."""
        return await self._meter.count("change", self._rds.change_volume(seen, change))

    async def remove_volume(self, seen: Volume) -> None:
        """See `Rds`."""
        await self._meter.count("remove", self._rds.remove_volume(seen))

    async def remove_leftovers(self, slot: str) -> None:
        """See `Rds`."""
        await self._meter.count("remove_leftovers", self._rds.remove_leftovers(slot))

    async def ensure_reachable(self) -> None:
        """See `Rds`."""
        await self._meter.count("check", self._rds.ensure_reachable())


class MeteredVitals:
    """Does what the given `Vitals` do, and counts it."""

    def __init__(self, vitals: Vitals, meter: Meter) -> None:
        self._vitals = vitals
        self._meter = meter

    async def read_traffic(self) -> Mapping[str, Mapping[str, float]]:
        """See `Vitals`."""
        return await self._meter.count("read_traffic", self._vitals.read_traffic())

    async def read_sensors(self) -> tuple[Sensor, ...]:
        """See `Vitals`."""
        return await self._meter.count("read_sensors", self._vitals.read_sensors())

    async def read_arrays(self) -> tuple[DiskArray, ...]:
        """See `Vitals`."""
        return await self._meter.count("read_arrays", self._vitals.read_arrays())
