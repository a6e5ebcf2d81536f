"""Ending connections that nobody uses: a stage that was cut short and never came back, or an older publication's."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from rds_csi_async.domain.errors import BusyError, DriverError
from rds_csi_async.domain.events import Reason
from rds_csi_async.domain.node_volumes import NodeVolume
from rds_csi_async.domain.orphans import is_due, list_unused
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.domain.staging import Takedown
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.examining import Examining
from rds_csi_async.services.node_volumes import NodeVolumes
from rds_csi_async.services.operations import Operations

_log = logging.getLogger(__name__)
Tell = Callable[[StageRecord | None, Reason, str], None]
"""Tells people something about the volume of this state file."""
_SWEEP_S = 60.0  # for one volume


class Sweeping:
    """Ends what has been unused for the grace time, which is remembered in the state file."""

    def __init__(self, examining: Examining, ports: NodePorts, operations: Operations, tell: Tell) -> None:
        self._examining = examining
        self._volumes = NodeVolumes(ports)
        self._operations = operations
        self._telemetry = ports.telemetry
        self._tell = tell

    async def watch(self, interval_s: float, grace: timedelta) -> None:
        """Sweep for ever; not at once, since a start is when kubelet has most to ask."""
        while True:
            await asyncio.sleep(interval_s)
            await self.sweep(datetime.now(UTC), grace)

    async def sweep(self, now: datetime, grace: timedelta) -> None:
        """Look at every volume with a state file once; what has none is not ours, and is not even looked at."""
        try:
            slots = await self._examining.list_slots()
        except DriverError as error:
            _log.warning("the state files cannot be listed: %s", error)
            return
        for slot in slots:
            try:
                with working_under(Deadline(_SWEEP_S)):
                    if _is_of_interest(await self._examining.observe(slot)):
                        work = partial(self._sweep_one, slot, now, grace)
                        await self._operations.do_chore(slot, work)
            except BusyError:
                continue  # it is being worked on, so it is used
            except DriverError as error:
                _log.warning("%s cannot be swept: %s", slot, error)

    async def _sweep_one(self, slot: str, now: datetime, grace: timedelta) -> None:
        volume = await self._examining.observe(slot)  # again, now that nobody else works on it
        unused, record = list_unused(volume), volume.record
        if record is None or not _is_of_interest(volume):
            return
        if not unused:
            await self._volumes.keep_record(slot, replace(record, unused_since=""))
        elif not record.unused_since:
            await self._volumes.keep_record(slot, replace(record, unused_since=now.isoformat(timespec="seconds")))
        elif is_due(record.unused_since, now, grace):
            await self._end(slot, volume, unused, record)

    async def _end(self, slot: str, volume: NodeVolume, unused: tuple[str, ...], record: StageRecord) -> None:
        numbers = frozenset(held.device_number for held in volume.held if str(held.nqn) in unused)
        await self._volumes.take_down(Takedown(numbers=numbers, nqns=unused))
        await self._volumes.keep_record(slot, replace(record, unused_since=""))
        for nqn in unused:
            self._telemetry.record_orphan_cleaned()
            self._tell(record, Reason.ORPHAN_CLEANED, f"{nqn} was unused since {record.unused_since} and was detached")


def _is_of_interest(volume: NodeVolume) -> bool:
    return bool(list_unused(volume)) or (volume.record is not None and bool(volume.record.unused_since))
