"""The simulated appliance as a whole: its tables, its SSH server, its control socket."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rds_csi_async.simulator.control import Control
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.exports import Exporter, FolderExporter, OutageExporter
from rds_csi_async.simulator.faults import Faults
from rds_csi_async.simulator.lines import Lines
from rds_csi_async.simulator.pools import Pools
from rds_csi_async.simulator.scheduling import Schedule
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.ssh_keys import Key, ensure_key, public_line
from rds_csi_async.simulator.ssh_server import SshServer
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.tables import open_tables
from rds_csi_async.simulator.timing import get_profile

_NOT_STARTED: Final = "the simulator was not started"


class Simulator:
    """A mock RDS; `async with` starts and stops it, and what it holds survives that.

    Below the root: `appliance.json` (tables), `host_key`, `pools/<mount point>/…` (the files), `exports/<nqn>.json`
    (what is exported), `control.sock` (see `control`). `faults`, `counters` and `pools` may be used while it runs.
    """

    def __init__(self, settings: SimulatorSettings, exporter: Exporter | None = None) -> None:
        self.settings = settings
        self.faults = Faults()
        self.counters = Counters()
        self._exporter = OutageExporter(exporter or FolderExporter(settings.root / "exports"))
        self._storage = Storage(settings.root / "pools", settings.pools)
        self.schedule = Schedule(get_profile(settings.profile), settings.scheduling, settings.seed)
        self._server: SshServer | None = None
        self._host_key: Key | None = None
        self._stack = AsyncExitStack()

    @property
    def port(self) -> int:
        """The port that SSH listens on."""
        return self._running().port

    @property
    def host_key_public(self) -> str:
        """The host key as an OpenSSH line, `ssh-ed25519 …`, without a host's name."""
        if self._host_key is None:
            raise RuntimeError(_NOT_STARTED)
        return public_line(self._host_key)

    @property
    def pools(self) -> Pools:
        """The pools: set `by_name[…].mounted` to take one away or bring it back."""
        return self._storage.pools

    @property
    def control_path(self) -> Path:
        """The control socket."""
        return self.settings.root / "control.sock"

    async def __aenter__(self) -> Self:
        """Read what is kept, and open for logins."""
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._exporter.close)
            tables = await open_tables(self.settings, self._storage, self._exporter, self.faults)
            lines = Lines(tables, self.schedule, self.faults, self.counters)
            file = self.settings.host_key_file or self.settings.root / "host_key"
            self._host_key = await asyncio.to_thread(ensure_key, file)
            self._server = SshServer(self.settings, lines, self.settings.port, self._host_key)
            control = Control(self.control_path, self.faults, self.counters, self.pools, self._exporter)
            await stack.enter_async_context(control)
            await stack.enter_async_context(self._server)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all sessions; a command that runs in one is broken off."""
        await self._stack.aclose()

    def _running(self) -> SshServer:
        if self._server is None:
            raise RuntimeError(_NOT_STARTED)
        return self._server
