"""What every `StageRecords` must do."""

from abc import ABC, abstractmethod
from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.stage_records import Format, StageRecord, encode_stage_record
from rds_csi_async.ports.stage_records import StageRecords

SLOT = "rds1-aaaaaa-bbbbbbbbbbbbbbbbbbbb"
OTHER = "rds1-aaaaaa-cccccccccccccccccccc"
RECORD = StageRecord(
    f"primary:{SLOT}", "nqn.x", 3, "mount", "ext4", "/var/lib/k é/staged", read_only=False, format=Format.FORMATTING
)
OTHER_RECORD = replace(RECORD, volume_id=f"primary:{OTHER}")


class Shelf(ABC):
    """What a careless person can do to the files."""

    @abstractmethod
    async def scribble(self, slot: str, text: str) -> None:
        """Write some text in place of a record."""


class StageRecordsContract:
    """Subclass with fixtures `records` (none kept) and `shelf`."""

    async def test_absent_is_none(self, records: StageRecords) -> None:
        """And nothing is listed."""
        assert await records.find(SLOT) is None
        assert await records.list_slots() == ()

    async def test_what_is_saved_is_found(self, records: StageRecords) -> None:
        """Whole, and the later one wins."""
        await records.save(SLOT, RECORD)
        assert await records.find(SLOT) == RECORD
        changed = replace(RECORD, format=Format.FORMATTED, targets=("/a b", "/c"))
        await records.save(SLOT, changed)
        assert await records.find(SLOT) == changed
        assert await records.find(OTHER) is None

    async def test_slots_are_listed(self, records: StageRecords) -> None:
        """Those of which there is a record, in order."""
        await records.save(OTHER, OTHER_RECORD)
        await records.save(SLOT, RECORD)
        assert await records.list_slots() == (SLOT, OTHER)

    async def test_removed_is_gone(self, records: StageRecords) -> None:
        """Twice is fine."""
        await records.save(SLOT, RECORD)
        await records.save(OTHER, OTHER_RECORD)
        for _ in range(2):
            await records.remove(SLOT)
        assert await records.find(SLOT) is None
        assert await records.list_slots() == (OTHER,)

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"v": 2}', "\x00", encode_stage_record(OTHER_RECORD)])
    async def test_a_damaged_record_is_refused(self, records: StageRecords, shelf: Shelf, text: str) -> None:
        """Never taken for absent: what this node did is not known."""
        await records.save(SLOT, RECORD)
        await shelf.scribble(SLOT, text)
        with pytest.raises(HostError):
            await records.find(SLOT)
        assert await records.list_slots() == (SLOT,)
