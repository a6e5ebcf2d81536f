"""A console at an appliance with real files and no network, for tests of what lies behind the network."""

import asyncio
from pathlib import Path

import pytest

from rds_csi_async.simulator.console import Console
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.exports import FolderExporter
from rds_csi_async.simulator.faults import Faults
from rds_csi_async.simulator.pools import PoolSettings
from rds_csi_async.simulator.scheduling import Schedule
from rds_csi_async.simulator.session import Session
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.tables import Tables, open_tables
from rds_csi_async.simulator.turns import LineTurns

GIB = 1 << 30
POOLS = (
    PoolSettings("pool1", "btrfs", 10 * GIB, "6e5ad0a4-0000-4000-8000-000000000001"),
    PoolSettings("raid10", "xfs", 4 * GIB, "6e5ad0a4-0000-4000-8000-000000000002", fs_label="store"),
)


class Bench:
    """Runs lines and returns what they wrote. The clock stands still; `slept` holds the delays asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults = Faults()
        self.settings = SimulatorSettings(root, POOLS)
        self.storage = Storage(root / "pools", POOLS)
        self.slept: list[float] = []
        self.counters = Counters()
        self.tables: Tables

    async def open(self) -> "Bench":
        """Start, or start again from what is kept."""
        self.tables = await open_tables(self.settings, self.storage, FolderExporter(self.root / "exports"), self.faults)
        return self

    def console(self, written: list[str], width: int | None = None) -> Console:
        """Open a console that writes into the list."""

        async def pause() -> None:
            await asyncio.sleep(0)

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            await asyncio.sleep(0)

        turns = LineTurns(Schedule.instant(), self.faults, self.counters)
        session = Session(written.append, pause, sleep, lambda: 1_500_000_000, turns, width=width)
        return Console(self.tables.vocabulary, self.tables.verbs, session)

    async def run(self, line: str, width: int | None = None) -> str:
        """Run a line at a console of its own; the line ends are plain in what is returned."""
        written: list[str] = []
        await self.console(written, width).run_line(line)
        return "".join(written).replace("\r\n", "\n")

    async def value(self, expression: str) -> str:
        """Return what `:put` makes of an expression or a bracket, without its line end."""
        return (await self.run(f":put {expression}")).removesuffix("\n")

    async def add_disk(self, slot: str = "a", size: str = "1G", more: str = "") -> str:
        """Add a disk on the first pool; return what was written, nothing if it went well."""
        return await self.run(f"/disk/add type=file file-path=pool1/{slot}.img file-size={size} slot={slot} {more}")


@pytest.fixture
async def bench(tmp_path: Path) -> Bench:
    """Open an appliance in a fresh folder."""
    return await Bench(tmp_path).open()
