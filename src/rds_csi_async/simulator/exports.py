"""Which disks are exported over NVMe/TCP, told to whoever serves them.

`FolderExporter` writes one JSON file an export, for whoever attaches the backing files on this machine; an exporter
that drives a kernel's target has the same three methods.
"""

import asyncio
import json
from collections.abc import Iterable
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

    def _path(self, nqn: str) -> Path:
        return self._folder / f"{quote(nqn, safe=':')}.json"


def write_document(path: Path, document: object) -> None:
    """Write JSON so that a reader sees the old file or the new one. Blocks."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(json.dumps(document) + "\n", encoding="utf-8")
    temporary.replace(path)


def _empty_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
