"""The SSH server: logins, exec lines, and a console for people."""

import asyncio
from collections.abc import Callable
from typing import Final

import asyncssh

from rds_csi_async.simulator.lines import Lines, SessionEnded
from rds_csi_async.simulator.logins import Logins
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.ssh_connections import Client, Connection, Connections, Process
from rds_csi_async.simulator.ssh_keys import Key

_SERVER_VERSION: Final = "ROSSSH"
_LONGEST_COMMAND_S: Final = 1.0
_QUIT: Final = frozenset({"quit", "/quit", ":quit"})


class SshServer:
    """Listens from start to stop. A command that has begun ends, also when its client is gone; the line does not."""

    def __init__(self, settings: SimulatorSettings, lines: Lines, port: int, host_key: Key) -> None:
        self._settings = settings
        self._lines = lines
        self._port = port
        self._host_key = host_key
        self._logins = Logins(settings, lines.faults, lines.counters)
        self._running: set[asyncio.Task[None]] = set()
        self._connections = Connections()
        self._acceptor: asyncssh.SSHAcceptor | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; 0 before that."""
        return 0 if self._acceptor is None else self._acceptor.get_port()

    async def start(self) -> None:
        """Listen."""
        self._acceptor = await asyncssh.listen(
            self._settings.listen,
            self._port,
            server_factory=self.connect,
            server_host_keys=[self._host_key],
            server_version=_SERVER_VERSION,
            encoding="latin-1",
            reuse_address=True,
        )

    def connect(self) -> Connection:
        """Make what serves a connection that is being accepted."""
        return Connection(self._settings, self._logins, self._lines, self._connections, self._serve)

    async def stop(self) -> None:
        """Break every connection; what runs ends with the command that it is at, or is broken off if that is long."""
        if self._acceptor is not None:
            self._acceptor.close()
        self._connections.close()
        running = [task for task in self._running if task is not asyncio.current_task()]
        if running:
            await asyncio.wait(running, timeout=_LONGEST_COMMAND_S)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._acceptor is not None:
            await self._acceptor.wait_closed()

    def show_host_key(self, host_key: Key) -> None:
        """Show another key to whoever connects from now on."""
        if self._acceptor is not None:
            self._acceptor.update(server_host_keys=[host_key])

    async def _serve(self, process: Process, room: asyncio.Semaphore) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        client = Client(process)
        try:
            if process.command is None:
                await self._converse(process, client)
            else:
                await self._execute(client, process.command, room)
        except (SessionEnded, asyncssh.Error, ConnectionError):
            process.close()

    async def _execute(self, client: Client, command: str, room: asyncio.Semaphore) -> None:
        async with room:
            self._lines.counters.count_line(command)
            try:
                await self._lines.execute(client, command.encode().decode("latin-1"))
            finally:
                self._lines.counters.count_line_end()

    async def _converse(self, process: Process, client: Client) -> None:
        """Read lines from a person, or from a pipe without a prompt, until `quit` or the end."""
        terminal = process.term_type is not None
        console = self._lines.console(client, _for_terminal(process) if terminal else process.stdout.write)
        while True:
            if terminal:
                process.stdout.write(console.prompt(client.user, self._lines.tables.state.identity))
            line = await _read_line(process)
            if not line or line.strip() in _QUIT:
                process.exit(0)
                return
            console.session.width = client.width
            self._lines.schedule.start_line()
            await console.run_line(line.rstrip("\r\n"))


def _for_terminal(process: Process) -> Callable[[str], None]:
    """Write plain line ends: a terminal's line editor makes the carriage returns."""
    return lambda text: process.stdout.write(text.replace("\r\n", "\n"))


async def _read_line(process: Process) -> str:
    """Read a line; a break gives an empty one, a change of the window's size is passed over."""
    while True:
        try:
            return await process.stdin.readline()
        except asyncssh.TerminalSizeChanged:
            continue
        except (asyncssh.BreakReceived, asyncssh.SignalReceived):
            return "\n"
