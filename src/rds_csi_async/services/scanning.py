"""Looking after staged volumes: a dead mount is found before somebody trips over it, and healed if it can be."""

import asyncio
import logging
import random
from collections.abc import Callable

from rds_csi_async.domain.errors import BusyError, DriverError
from rds_csi_async.domain.events import Reason
from rds_csi_async.domain.node_volumes import NodeVolume
from rds_csi_async.domain.scans import WELL, Diagnosis, Trouble
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.ports.telemetry import Telemetry
from rds_csi_async.services.examining import Examining
from rds_csi_async.services.healing import Healing

_log = logging.getLogger(__name__)
Tell = Callable[[StageRecord | None, Reason, str], None]
"""Tells people something about the volume of this state file."""
_JITTER = 0.2  # share of the interval, so that not all nodes look at once
_LOOK_S = 20.0  # for one volume
_REASONS = {
    Trouble.STALE: Reason.STALE_MOUNT_DETECTED,
    Trouble.NO_DEVICE: Reason.CONNECTION_FAILURE,
    Trouble.LINK_DOWN: Reason.CONNECTION_FAILURE,
    Trouble.READ_ONLY: Reason.VOLUME_READ_ONLY,
    Trouble.HUNG: Reason.CONNECTION_FAILURE,
}


class Scanning:
    """Looks at every staged volume of the node again and again, and calls `step` whenever it gets on."""

    def __init__(
        self,
        examining: Examining,
        healing: Healing,
        telemetry: Telemetry,
        tell: Tell,
        step: Callable[[], None] = lambda: None,
    ) -> None:
        self._step = step
        self._examining = examining
        self._healing = healing
        self._telemetry = telemetry
        self._tell = tell
        self._known: dict[str, Diagnosis] = {}

    async def watch(self, interval_s: float) -> None:
        """Scan for ever, about every `interval_s` seconds."""
        while True:
            await self.scan()
            await asyncio.sleep(interval_s * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - spread, no secret

    async def scan(self) -> None:
        """Look at all of them once, one after the other; one that cannot be looked at holds up no other."""
        clock = asyncio.get_running_loop().time
        begun_s = clock()
        self._step()
        try:
            slots = await self._examining.list_slots()
        except DriverError as error:
            _log.warning("the state files cannot be listed: %s", error)
            return
        for slot in slots:
            await self._scan_one(slot)
            self._step()
        for gone in self._known.keys() - set(slots):
            del self._known[gone]
        self._telemetry.record_scan(clock() - begun_s)

    async def _scan_one(self, slot: str) -> None:
        try:
            with working_under(Deadline(_LOOK_S)):
                volume, found = await self._examining.examine(slot)
        except DriverError as error:
            _log.warning("%s cannot be looked at: %s", slot, error)
            return
        self._note(slot, volume, found)
        if found.is_healable:
            await self._heal(slot, volume)

    async def _heal(self, slot: str, volume: NodeVolume) -> None:
        try:
            found = await self._healing.heal(slot, volume)
        except BusyError:
            return  # somebody is at work on it, and will find out himself; else the next scan does
        except DriverError as error:
            self._tell(volume.record, Reason.RECOVERY_FAILED, f"{slot} could not be staged anew: {error}")
        else:
            self._note(slot, volume, found)

    def _note(self, slot: str, volume: NodeVolume, found: Diagnosis) -> None:
        """Tell what has changed since the last look."""
        before, self._known[slot] = self._known.get(slot, WELL), found
        if found.trouble is before.trouble:
            return
        if found.trouble is Trouble.STALE:
            self._telemetry.record_stale_mount_detected()
        if found.trouble is Trouble.NONE:
            self._tell(volume.record, Reason.CONNECTION_RECOVERY, f"{slot} can be used again; it was {before.trouble}")
        else:
            self._tell(volume.record, _REASONS[found.trouble], f"{slot}: {found.note}")
