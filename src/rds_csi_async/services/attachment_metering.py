"""What becomes of volumes that are opened to nodes and closed, told to the telemetry on every path.

A migration is a volume that two writing nodes hold: it begins when the second is let in, and ends when one of them
leaves. That the newer one stays is success: what ran on the older one runs there now.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rds_csi_async.domain.errors import HeldElsewhereError, RefusedError
from rds_csi_async.domain.records import Record
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.ports.telemetry import ATTACH_OPERATIONS, DETACH_OPERATIONS, MIGRATION_RESULTS, Telemetry


@dataclass(slots=True)
class Attachment:
    """A volume as it was seen before, and as it then was; None while it is not known."""

    before: Volume | None = None
    after: Volume | None = None

    @property
    def holders(self) -> int:
        """How many nodes hold it, as far as is known."""
        record = _find_record(self.after or self.before)
        return 0 if record is None else len(record.holders)


class AttachmentMetering:
    """Counts, and remembers since when volumes migrate (on the event loop's clock; None: nobody saw it begin)."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._since: dict[tuple[str, str], float | None] = {}

    @contextmanager
    def attaching(self, appliance: str) -> Iterator[Attachment]:
        """Count what runs inside as a volume that is opened to a node; it says what it sees."""
        with self._counted(appliance) as seen, self._timed(lambda: ATTACH_OPERATIONS[seen.holders > 1]):
            yield seen

    @contextmanager
    def detaching(self, appliance: str) -> Iterator[Attachment]:
        """Count what runs inside as a volume that is closed to a node; it says what it sees."""
        with self._counted(appliance) as seen, self._timed(lambda: DETACH_OPERATIONS[seen.holders > 0]):
            yield seen

    def learn(self, appliance: str, migrating: Iterable[str], begun_s: float) -> None:
        """Take the slots of all volumes that migrate by a listing that began then; what began since is not in it."""
        shown = {(appliance, slot) for slot in migrating}
        ours = {key: since for key, since in self._since.items() if key[0] == appliance}
        for key, since in ours.items():
            if key not in shown and (since is None or since < begun_s):
                del self._since[key]
        for key in shown:
            self._since.setdefault(key, None)
        self._telemetry.record_migrations_active(len(self._since))

    @contextmanager
    def _timed(self, find_operation: Callable[[], str]) -> Iterator[None]:
        clock, error = asyncio.get_running_loop().time, None
        begun_s = clock()
        try:
            yield
        except BaseException as raised:
            error = raised
            raise
        finally:
            self._telemetry.record_attachment(find_operation(), error, clock() - begun_s)

    @contextmanager
    def _counted(self, appliance: str) -> Iterator[Attachment]:
        seen = Attachment()
        try:
            yield seen
        except HeldElsewhereError:
            self._telemetry.record_attachment_conflict()
            raise
        if seen.before is not None and seen.after is not None:
            self._note((appliance, seen.after.slot), _find_record(seen.before), _find_record(seen.after))

    def _note(self, key: tuple[str, str], before: Record | None, after: Record | None) -> None:
        was = before is not None and before.is_migrating
        goes_on = after is not None and after.is_migrating
        if goes_on and not was:
            self._since[key] = asyncio.get_running_loop().time()
        elif was and not goes_on and before is not None:
            since = self._since.pop(key, None)
            duration_s = None if since is None else asyncio.get_running_loop().time() - since
            self._telemetry.record_migration(_result_of(before, after), duration_s)
        self._telemetry.record_migrations_active(len(self._since))


def _find_record(volume: Volume | None) -> Record | None:
    """Read the record; None when nobody can, which is for who decides to say: what only counts never fails a call."""
    try:
        return None if volume is None else volume.record()
    except RefusedError:
        return None


def _result_of(before: Record, after: Record | None) -> str:
    """Tell whether the newest holder stayed, and no other."""
    left = () if after is None else after.holders
    success, failed = MIGRATION_RESULTS
    return success if left == before.holders[-1:] else failed
