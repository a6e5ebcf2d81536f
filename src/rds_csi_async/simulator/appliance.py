"""The simulated appliance as a whole: its tables, its SSH server, its control socket, its power switch."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rds_csi_async.simulator.control import Control
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.exports import Exporter, FolderExporter, OutageExporter
from rds_csi_async.simulator.faults import Faults
from rds_csi_async.simulator.lines import Lines
from rds_csi_async.simulator.pools import Pools
from rds_csi_async.simulator.quirks import NO_QUIRK, Quirk
from rds_csi_async.simulator.scheduling import Schedule
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.ssh_keys import Key, ensure_key, make_key, public_line
from rds_csi_async.simulator.ssh_server import SshServer
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.tables import open_tables
from rds_csi_async.simulator.timing import get_profile
from rds_csi_async.simulator.values import Value
from rds_csi_async.simulator.watching import Watch, by_hand, look_away

if TYPE_CHECKING:
    from rds_csi_async.simulator.snapshots import HeldState

_NOT_STARTED: Final = "the simulator was not started, or is down"


class Simulator:
    """A mock RDS; `async with` starts and stops it, and what it holds survives that.

    Below the root: `appliance.json` and `appliance.journal` (tables), `host_key`, `pools/<mount point>/…` (the files),
    `exports/<nqn>.json` (what is exported), `backups`, `control.sock` (see `control`). `faults`, `counters`,
    `pools` and `watch` may be used while it runs; so may what can be done to an appliance (see `control_faults.Box`).
    """

    def __init__(self, settings: SimulatorSettings, exporter: Exporter | None = None, quirk: Quirk = NO_QUIRK) -> None:
        settings = quirk.settings(settings)
        self.settings = settings
        self._quirk = quirk
        self.watch: Watch = look_away
        self.faults = Faults()
        self.counters = Counters()
        self.exporter = OutageExporter(exporter or FolderExporter(settings.root / "exports"))
        self.schedule = Schedule(get_profile(settings.profile), settings.scheduling, settings.seed)
        self._storage = Storage(settings.root / "pools", settings.pools)
        self._lines: Lines | None = None
        self._server: SshServer | None = None
        self._port = settings.port
        self._own_key: Key | None = None
        self._shown_key: Key | None = None
        self._held: HeldState | None = None
        self._power = asyncio.Lock()
        self._stack = AsyncExitStack()

    @property
    def port(self) -> int:
        """The port that SSH listens on, or will again after a restart."""
        if self._lines is None:
            raise RuntimeError(_NOT_STARTED)
        return self._port

    @property
    def host_key_public(self) -> str:
        """The host key that is shown, as an OpenSSH line, `ssh-ed25519 …`, without a host's name."""
        if self._shown_key is None:
            raise RuntimeError(_NOT_STARTED)
        return public_line(self._shown_key)

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
            stack.push_async_callback(self.exporter.close)
            file = self.settings.host_key_file or self.settings.root / "host_key"
            self._own_key = self._shown_key = await asyncio.to_thread(ensure_key, file)
            stack.push_async_callback(self._stop)
            await self._start()
            await stack.enter_async_context(Control(self.control_path, self))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End all sessions; a command that runs in one is broken off."""
        await self._stack.aclose()

    async def run(self, line: str) -> str:
        """Run a line as an administrator, at once and without faults; return what it wrote, with plain line ends."""
        return await self._running().run_as_administrator(line)

    async def restart(self, down_s: float = 0.0) -> None:
        """Break every connection, be gone for so long, and start anew with what is kept; exports go on."""
        async with self._power:
            await self._stop()
            await asyncio.sleep(down_s)
            await self._start()

    async def reboot(self, down_s: float, mount_s: float) -> None:
        """Go down with all exports; answer SSH after `down_s`, with no pool mounted until `mount_s` later."""
        async with self._power:
            await self._stop()
            await self.exporter.go_down()
            self._held, self.faults.safe_mode_held = None, False
            for pool in self.pools.by_name.values():
                pool.mounted = False
            await asyncio.sleep(down_s)
            await self._start()
            await asyncio.sleep(mount_s)
            await self.give_mounts()
            await self.exporter.come_up()

    async def take_mount(self, pool: str) -> None:
        """Unmount a pool, as by accident: what is exported of it is gone too. Raises KeyError: there is none."""
        self.pools.by_name[pool].mounted = False
        await self._running().tables.disks.serve_all()

    async def give_mounts(self) -> None:
        """Mount every pool."""
        for pool in self.pools.by_name.values():
            pool.mounted = True
        await self._running().tables.disks.serve_all()

    async def change_host_key(self, *, fresh: bool) -> str:
        """Show a new host key to whoever connects from now on, or its own again; return its public half."""
        self._shown_key = await asyncio.to_thread(make_key) if fresh else self._own_key
        if self._server is not None and self._shown_key is not None:
            self._server.show_host_key(self._shown_key)
        return self.host_key_public

    async def back_up(self, name: str) -> None:
        """Keep the tables, but no files, under a name."""
        async with self.schedule.quiet():
            await self._running().tables.snapshots.back_up(name)

    async def restore(self, name: str) -> None:
        """Let the tables be as they were kept, and start anew. Raises KeyError: nothing is kept under this name."""
        async with self.schedule.quiet():
            with by_hand():
                await self._running().tables.snapshots.restore(name)
        await self.restart()

    async def take_safe_mode(self) -> None:
        """Let somebody hold safe mode from now on."""
        async with self.schedule.quiet():
            self._held = self._held or await self._running().tables.snapshots.hold()
        self.faults.safe_mode_held = True

    async def end_safe_mode(self, *, undo: bool) -> None:
        """Let it go, keeping what was changed under it or undoing all of it."""
        held, self._held = self._held, None
        if held is not None:
            async with self.schedule.quiet():
                with by_hand():
                    await self._running().tables.snapshots.let_go(held, undo=undo)
        self.faults.safe_mode_held = False

    async def _start(self) -> None:
        tables = await open_tables(
            self.settings, self._storage, self.exporter, self.faults, self._quirk, watch=self._watching
        )
        width = self.settings.print_width or None
        self._lines = Lines(tables, self.schedule, self.faults, self.counters, self._quirk, width)
        if self._shown_key is not None:
            self._server = SshServer(self.settings, self._lines, self._port, self._shown_key)
            await self._server.start()
            self._port = self._server.port

    async def _stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    def _watching(self, disks: Mapping[int, Mapping[str, Value]]) -> None:
        self.watch(disks)

    def _running(self) -> Lines:
        if self._lines is None:
            raise RuntimeError(_NOT_STARTED)
        return self._lines
