"""Which disks are exported over NVMe/TCP, told to whoever serves them.

`FolderExporter` writes one JSON file an export, for whoever attaches the backing files on this machine;
`nvmet.NvmetExporter` drives this kernel's own target. `OutageExporter` stands before one of them.
"""

import asyncio
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Export:
    """One subsystem with one namespace. An empty `allowed_host` lets anyone in."""

    nqn: str
    file: Path
    size_bytes: int
    allowed_host: str
    port: int


class Exporter(Protocol):
    """Serves exports, or tells who does."""

    async def restore(self, exports: Iterable[Export]) -> None:
        """Serve exactly these, whatever was served before."""
        ...

    async def publish(self, export: Export) -> None:
        """Serve this, or let what is served under its NQN become this."""
        ...

    async def withdraw(self, nqn: str) -> None:
        """Serve it no more; live sessions end."""
        ...

    async def close(self) -> None:
        """Let go of whatever outlives this process and is of no use without it."""
        ...


class FolderExporter:
    """Keeps `<folder>/<nqn>.json` for each export; characters that no file name takes are percent-quoted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def restore(self, exports: Iterable[Export]) -> None:
        """See `Exporter`."""
        await asyncio.to_thread(_empty_folder, self._folder)
        for export in exports:
            await self.publish(export)

    async def publish(self, export: Export) -> None:
        """See `Exporter`."""
        document = {
            "nqn": export.nqn,
            "file": str(export.file),
            "size": export.size_bytes,
            "allowed_host": export.allowed_host,
            "port": export.port,
        }
        await asyncio.to_thread(write_document, self._path(export.nqn), document)

    async def withdraw(self, nqn: str) -> None:
        """See `Exporter`."""
        await asyncio.to_thread(self._path(nqn).unlink, missing_ok=True)

    async def close(self) -> None:
        """See `Exporter`. Its files only say what was exported; the next one starts from them anew."""

    def _path(self, nqn: str) -> Path:
        return self._folder / f"{quote(nqn, safe=':')}.json"


class OutageExporter:
    """Serves nothing while the appliance is down, whatever is asked of it; up again, what it was asked for last."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter
        self._wanted: dict[str, Export] = {}
        self._up = True
        self._turn = asyncio.Lock()

    async def restore(self, exports: Iterable[Export]) -> None:
        """See `Exporter`."""
        async with self._turn:
            self._wanted = {export.nqn: export for export in exports}
            await self._exporter.restore(self._wanted.values() if self._up else ())

    async def publish(self, export: Export) -> None:
        """See `Exporter`."""
        async with self._turn:
            self._wanted[export.nqn] = export
            if self._up:
                await self._exporter.publish(export)

    async def withdraw(self, nqn: str) -> None:
        """See `Exporter`."""
        async with self._turn:
            self._wanted.pop(nqn, None)
            await self._exporter.withdraw(nqn)

    async def close(self) -> None:
        """See `Exporter`."""
        await self._exporter.close()

    async def go_down(self) -> None:
        """Serve nothing: every port is closed, every session has ended."""
        async with self._turn:
            self._up = False
            await self._exporter.restore(())

    async def come_up(self, only: Collection[str] = ()) -> None:
        """Serve again, at first only these NQNs if some are named: an appliance brings one up after the other."""
        async with self._turn:
            self._up = not only
            await self._exporter.restore([export for nqn, export in self._wanted.items() if self._up or nqn in only])


def write_document(path: Path, document: object) -> None:
    """Write JSON so that a reader sees the old file or the new one. Blocks."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(json.dumps(document) + "\n", encoding="utf-8")
    temporary.replace(path)


def _empty_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
