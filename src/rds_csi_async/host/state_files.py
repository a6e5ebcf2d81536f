"""The node's state files: `<folder>/<slot>.json`, each written so that a power cut leaves the old one or the new."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.stage_records import StageRecord, decode_stage_record, encode_stage_record

_SUFFIX = ".json"


class StateFiles:
    """`StageRecords` in a folder of the node's own disk; it is made when the first record is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def find(self, slot: str) -> StageRecord | None:
        """See `StageRecords`."""
        text = await asyncio.to_thread(self._find_text, slot)
        try:
            return None if text is None else decode_stage_record(text, slot)
        except HostError as error:
            message = (
                f"state file {self._path(slot)}: {error}; bring back the driver that wrote it, or, if it is damaged,"
                " remove the file once nothing of the volume is mounted or attached on this node"
            )
            raise HostError(message) from error

    async def save(self, slot: str, record: StageRecord) -> None:
        """See `StageRecords`."""
        await asyncio.to_thread(self._save_text, slot, encode_stage_record(record))

    async def remove(self, slot: str) -> None:
        """See `StageRecords`."""
        await asyncio.to_thread(self._remove, slot)

    async def list_slots(self) -> tuple[str, ...]:
        """See `StageRecords`."""
        return await asyncio.to_thread(self._list_slots)

    def _path(self, slot: str) -> Path:
        if not slot or "/" in slot or slot.startswith("."):
            message = f"{slot!r} names no state file"
            raise HostError(message)
        return self._folder / f"{slot}{_SUFFIX}"

    def _find_text(self, slot: str) -> str | None:
        path = self._path(slot)
        with _os_errors_of(path):
            try:
                return path.read_bytes().decode(errors="replace")
            except FileNotFoundError:
                return None

    def _save_text(self, slot: str, text: str) -> None:
        path = self._path(slot)
        new = _draft_of(path)  # one writer a slot: the volume's lock
        with _os_errors_of(path):
            if not self._folder.is_dir():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                _sync(self._folder.parent)
            with new.open("wb") as file:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
            _sync(self._folder)

    def _remove(self, slot: str) -> None:
        path = self._path(slot)
        with _os_errors_of(path):
            _draft_of(path).unlink(missing_ok=True)  # of a writer that was killed, or found no room
            with suppress(FileNotFoundError):
                path.unlink()
                _sync(self._folder)

    def _list_slots(self) -> tuple[str, ...]:
        with _os_errors_of(self._folder):
            try:
                names = [path.name for path in self._folder.iterdir()]
            except FileNotFoundError:
                return ()
        return tuple(sorted(n.removesuffix(_SUFFIX) for n in names if n.endswith(_SUFFIX) and not n.startswith(".")))


def _draft_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _os_errors_of(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"state file {path}: {error.strerror}"
        raise HostError(message) from error
