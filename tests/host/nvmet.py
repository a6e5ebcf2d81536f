"""The Linux kernel's own NVMe/TCP target as a fabric: what the simulator serves its exports with."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from rds_csi_async.simulator.exports import Export
from rds_csi_async.simulator.nvmet import NvmetExporter
from tests.contracts.connections import Fabric


class NvmetFabric(Fabric):
    """Files of a folder, exported on 127.0.0.1; the folder's file system has to have a block size, as a tmpfs has."""

    def __init__(self, folder: Path) -> None:
        self.exporter = NvmetExporter(folder, self.address)
        self.exports: dict[str, Export] = {}
        self._folder = folder

    async def export(self, nqn: str, size_bytes: int, *, allowed_host: str = "") -> None:
        """See `Fabric`."""
        file = self._folder / f"{uuid.uuid4()}.img"
        await asyncio.to_thread(_set_size, file, size_bytes)
        self.exports[nqn] = Export(nqn, file, size_bytes, allowed_host, self.port)
        await self.exporter.publish(self.exports[nqn])

    async def withdraw(self, nqn: str) -> None:
        """See `Fabric`."""
        await self.exporter.withdraw(nqn)

    async def grow(self, nqn: str, size_bytes: int) -> None:
        """See `Fabric`."""
        export = self.exports[nqn] = replace(self.exports[nqn], size_bytes=size_bytes)
        await asyncio.to_thread(_set_size, export.file, size_bytes)
        await self.exporter.publish(export)


def _set_size(file: Path, size_bytes: int) -> None:
    with file.open("ab") as image:
        image.truncate(size_bytes)


@asynccontextmanager
async def nvmet_fabric(folder: Path) -> AsyncIterator[NvmetFabric]:
    """Give a target that exports nothing; it is gone at the end."""
    fabric = NvmetFabric(folder)
    try:
        yield fabric
    finally:
        await fabric.exporter.close()
