"""State files survive what a node can go through."""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.host.state_files import StateFiles
from tests.contracts.stage_records import OTHER, RECORD, SLOT, Shelf, StageRecordsContract


@dataclass
class FolderShelf(Shelf):
    """Writes over files."""

    folder: Path

    async def scribble(self, slot: str, text: str) -> None:
        """See `Shelf`."""
        await asyncio.to_thread((self.folder / f"{slot}.json").write_text, text)


class TestStateFiles(StageRecordsContract):
    """See `StageRecordsContract`."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Give a folder that is not there yet."""
        return tmp_path / "plugins" / "volumes"

    @pytest.fixture
    def records(self, folder: Path) -> StateFiles:
        """Give an empty shelf."""
        return StateFiles(folder)

    @pytest.fixture
    def shelf(self, folder: Path) -> FolderShelf:
        """Give who damages it."""
        return FolderShelf(folder)

    async def test_another_process_finds_it(self, records: StateFiles, folder: Path) -> None:
        """It is on disk, under the slot's name, and no draft is left beside it."""
        await records.save(SLOT, RECORD)
        assert await StateFiles(folder).find(SLOT) == RECORD
        assert await asyncio.to_thread(lambda: [path.name for path in folder.iterdir()]) == [f"{SLOT}.json"]

    async def test_the_draft_of_a_killed_writer_is_no_record(self, records: StateFiles, folder: Path) -> None:
        """It is not listed, and the next writer takes its place."""
        await records.save(OTHER, RECORD)
        await asyncio.to_thread((folder / f".{SLOT}.json.new").write_text, "half of it")
        assert await records.list_slots() == (OTHER,)
        assert await records.find(SLOT) is None
        await records.save(SLOT, replace(RECORD, sequence=4))
        assert await records.list_slots() == (SLOT, OTHER)

    async def test_no_draft_outlives_its_record(self, records: StateFiles, folder: Path) -> None:
        """Whether it came to be a record or not: nobody would ever look for it."""
        await records.save(OTHER, RECORD)
        for slot in (OTHER, SLOT):
            await asyncio.to_thread((folder / f".{slot}.json.new").write_text, "half of it")
            await records.remove(slot)
        assert await asyncio.to_thread(lambda: list(folder.iterdir())) == []

    async def test_a_damaged_file_is_named(self, records: StateFiles, shelf: FolderShelf, folder: Path) -> None:
        """Who reads the error has to find the file, and to know when it may go."""
        await records.save(SLOT, RECORD)
        await shelf.scribble(SLOT, "{")
        with pytest.raises(HostError, match=f"{folder}/{SLOT}.json.*remove the file once nothing"):
            await records.find(SLOT)

    @pytest.mark.parametrize("slot", ["", "../x", "a/b", ".hidden"])
    async def test_nothing_outside_the_folder_is_named(self, records: StateFiles, slot: str) -> None:
        """A slot is a name, not a path."""
        for call in (records.find(slot), records.save(slot, RECORD), records.remove(slot)):
            with pytest.raises(HostError):
                await call

    async def test_what_cannot_be_read_is_not_absent(self, records: StateFiles, folder: Path) -> None:
        """Something else in its place is an error, for every call."""
        await asyncio.to_thread((folder / f"{SLOT}.json").mkdir, parents=True)
        for call in (records.find(SLOT), records.save(SLOT, RECORD), records.remove(SLOT)):
            with pytest.raises(HostError):
                await call

    async def test_a_folder_that_is_none_is_an_error(self, records: StateFiles, folder: Path) -> None:
        """Never an empty shelf."""
        await asyncio.to_thread(folder.parent.mkdir)
        await asyncio.to_thread(folder.write_text, "a file")
        for call in (records.list_slots(), records.find(SLOT), records.save(SLOT, RECORD)):
            with pytest.raises(HostError):
                await call
