"""The simulated appliance as a whole: its tables, its SSH server, its control socket."""

import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from rds_csi_async.simulator.control import Control
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.disk_table import DiskTable
from rds_csi_async.simulator.exports import Exporter, FolderExporter
from rds_csi_async.simulator.faults import Faults
from rds_csi_async.simulator.file_menu import FileMenu
from rds_csi_async.simulator.menus import Menu, MenuVocabulary
from rds_csi_async.simulator.pools import Pools
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.ssh_server import SshServer
from rds_csi_async.simulator.state import State, StateFile
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.subvolume_menu import SubvolumeMenu
from rds_csi_async.simulator.system_menus import IdentityMenu, package_menu, resource_menu, safe_mode_menu
from rds_csi_async.simulator.verbs import Verbs


class Simulator:
    """A mock RDS; `async with` starts and stops it, and what it holds survives that.

    Below the root: `appliance.json` (tables), `host_key`, `pools/<mount point>/…` (the files), `exports/<nqn>.json`
    (what is exported), `control.sock` (see `control`). `faults`, `counters` and `pools` may be used while it runs.
    """

    def __init__(self, settings: SimulatorSettings, exporter: Exporter | None = None) -> None:
        self.settings = settings
        self.faults = Faults()
        self.counters = Counters()
        self._exporter = exporter or FolderExporter(settings.root / "exports")
        self._storage = Storage(settings.root / "pools", settings.pools)
        self._state_file = StateFile(settings.root / "appliance.json")
        self._started_ns = time.monotonic_ns()
        self._server: SshServer | None = None
        self._stack = AsyncExitStack()

    @property
    def port(self) -> int:
        """The port that SSH listens on."""
        return self._running().port

    @property
    def host_key_public(self) -> str:
        """The host key as an OpenSSH line, `ssh-ed25519 …`, without a host's name."""
        return self._running().host_key_public

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
        await self._storage.open()
        state = await self._state_file.load(self.settings.identity)
        menus = await self._open_menus(state)
        self._server = SshServer(
            self.settings,
            vocabulary=MenuVocabulary(menus),
            verbs=Verbs(menus),
            faults=self.faults,
            counters=self.counters,
            identity=lambda: state.identity,
        )
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(Control(self.control_path, self.faults, self.counters, self.pools))
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
            message = "the simulator was not started"
            raise RuntimeError(message)
        return self._server

    async def _open_menus(self, state: State) -> list[Menu]:
        disks = DiskTable(state, self._state_file, self._storage, self._exporter)
        await disks.open()

        async def rename(name: str) -> None:
            state.identity = name
            await self._state_file.save(state)

        return [
            disks,
            SubvolumeMenu(state, self._state_file, self._storage, disks.is_exported),
            FileMenu(self._storage, disks.is_exported),
            resource_menu(self.settings.version, lambda: time.monotonic_ns() - self._started_ns),
            package_menu(self.settings.version),
            IdentityMenu(lambda: state.identity, rename),
            safe_mode_menu(lambda: self.faults.safe_mode_held),
        ]
