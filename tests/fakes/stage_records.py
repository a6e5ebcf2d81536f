"""State files in a dict, as text, since that is what outlives a driver."""

from dataclasses import dataclass, field

from rds_csi_async.domain.stage_records import StageRecord, decode_stage_record, encode_stage_record
from tests.fakes.node import FakeOnNode


@dataclass
class FakeStageRecords(FakeOnNode):
    """Sits the exam in `tests/contracts/stage_records.py`, as `StateFiles` does. `texts` are the files, by slot."""

    texts: dict[str, str] = field(default_factory=dict)

    async def find(self, slot: str) -> StageRecord | None:
        """See `StageRecords`."""
        self._begin("find_record")
        self._end()
        text = self.texts.get(slot)
        return None if text is None else decode_stage_record(text, slot)

    async def save(self, slot: str, record: StageRecord) -> None:
        """See `StageRecords`."""
        self._begin("save_record")
        self.texts[slot] = encode_stage_record(record)
        self._end()

    async def remove(self, slot: str) -> None:
        """See `StageRecords`."""
        self._begin("remove_record")
        self.texts.pop(slot, None)
        self._end()

    async def list_slots(self) -> tuple[str, ...]:
        """See `StageRecords`."""
        self._begin("list_slots")
        self._end()
        return tuple(sorted(self.texts))
