"""The node's state files."""

from typing import Protocol

from rds_csi_async.domain.stage_records import StageRecord


class StageRecords(Protocol):
    """Keeps one record a volume, across crashes of driver and node."""

    async def find(self, slot: str) -> StageRecord | None:
        """Read a record; None when there is none. Damaged or unreadable is `HostError`."""
        ...

    async def save(self, slot: str, record: StageRecord) -> None:
        """Write a record; when this returns it survives a power cut."""
        ...

    async def remove(self, slot: str) -> None:
        """Remove a record; none there is fine."""
        ...

    async def list_slots(self) -> tuple[str, ...]:
        """List the slots of which there is a record."""
        ...
