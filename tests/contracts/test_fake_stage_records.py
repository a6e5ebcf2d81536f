"""The fake sits the exam."""

from dataclasses import dataclass

import pytest

from rds_csi_async.domain.errors import HostError
from tests.contracts.stage_records import RECORD, SLOT, Shelf, StageRecordsContract
from tests.fakes.stage_records import FakeStageRecords


@dataclass
class FakeShelf(Shelf):
    """Reaches into the fake."""

    records: FakeStageRecords

    async def scribble(self, slot: str, text: str) -> None:
        """See `Shelf`."""
        self.records.texts[slot] = text


class TestFakeStageRecords(StageRecordsContract):
    """See `StageRecordsContract`."""

    @pytest.fixture
    def records(self) -> FakeStageRecords:
        """Give an empty shelf."""
        return FakeStageRecords()

    @pytest.fixture
    def shelf(self, records: FakeStageRecords) -> FakeShelf:
        """Give who damages it."""
        return FakeShelf(records)

    async def test_a_planned_failure_comes_once(self, records: FakeStageRecords) -> None:
        """Before anything is written."""
        records.fail_next(HostError("planned"))
        with pytest.raises(HostError):
            await records.save(SLOT, RECORD)
        assert await records.find(SLOT) is None
