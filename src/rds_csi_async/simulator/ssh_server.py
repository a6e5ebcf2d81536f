"""The SSH server: logins, exec lines, and a console for people. The one module of the simulator that knows asyncssh."""

import asyncio
import time
from collections.abc import Callable
from itertools import count as count_from
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NoReturn, Self, TypeAlias

import asyncssh

from rds_csi_async.simulator.console import Console
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.faults import Faults, LineFault
from rds_csi_async.simulator.logins import Logins, plain_user
from rds_csi_async.simulator.session import Session
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.tables import Tables

if TYPE_CHECKING:
    from rds_csi_async.simulator.values import Value

_Process: TypeAlias = "asyncssh.SSHServerProcess[str]"

_SERVER_VERSION: Final = "ROSSSH"
_CHANGES: Final = frozenset({"add", "remove", "set"})
_COMMANDS_ALONE: Final = 16  # that a session without company runs before it looks whether it got some
_QUIT: Final = frozenset({"quit", "/quit", ":quit"})


class _SessionEnded(Exception):  # noqa: N818 - a way out, and no error
    """Nobody is left to read what the line would write."""


class SshServer:
    """Listens while it is entered. A command that has begun ends, also when its client is gone; the line does not."""

    def __init__(self, settings: SimulatorSettings, tables: Tables, faults: Faults, counters: Counters) -> None:
        self._settings = settings
        self._tables = tables
        self._faults = faults
        self._counters = counters
        self._globals: dict[str, dict[str, Value]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self.host_key_public = ""

    @property
    def port(self) -> int:
        """The port that is listened on; 0 before that."""
        return 0 if self._acceptor is None else self._acceptor.get_port()

    async def __aenter__(self) -> Self:
        """Make or read the host key, and listen."""
        file = self._settings.host_key_file or self._settings.root / "host_key"
        key = await asyncio.to_thread(ensure_key, file)
        self.host_key_public = key.export_public_key().decode().strip()
        logins = Logins(self._settings, self._faults, self._counters)
        self._acceptor = await asyncssh.listen(
            self._settings.listen,
            self._settings.port,
            server_factory=lambda: _Connection(logins, self._counters, self._connections),
            process_factory=self._serve,
            server_host_keys=[key],
            server_version=_SERVER_VERSION,
            encoding="latin-1",
            reuse_address=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Break off all that runs, and every connection."""
        if self._acceptor is not None:
            self._acceptor.close()
        for connection in list(self._connections):
            connection.abort()
        running = [task for task in self._running if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._acceptor is not None:
            await self._acceptor.wait_closed()

    async def _serve(self, process: _Process) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            if process.command is None:
                await self._converse(process)
            else:
                self._counters.count_line(process.command)
                await self._execute(process, process.command.encode().decode("latin-1"))
        except (_SessionEnded, asyncssh.Error, ConnectionError):
            process.close()

    async def _execute(self, process: _Process, line: str) -> None:
        """Run the line of an exec request; its exit status is 0, whatever came of it."""
        fault = self._faults.take_line(line)
        if fault is LineFault.DROP_BEFORE:
            process.channel.get_connection().abort()
            return
        if fault is LineFault.HANG:
            await self._hold(process)
        reply: list[str] = []
        write = process.stdout.write if fault is None else reply.append
        await self._console(process, write, midway=fault is LineFault.HANG_MIDWAY).run_line(line)
        if fault in {LineFault.HANG_AFTER, LineFault.HANG_MIDWAY}:
            await self._hold(process)
        if fault is LineFault.DROP_AFTER:
            process.channel.get_connection().abort()
            return
        text = "".join(reply)
        process.stdout.write(text[: len(text) // 2])
        process.exit(0)

    async def _hold(self, process: _Process) -> NoReturn:
        """Do nothing more until the client has gone."""
        self._counters.held += 1
        await process.channel.wait_closed()
        raise _SessionEnded

    async def _converse(self, process: _Process) -> None:
        """Read lines from a person, or from a pipe without a prompt, until `quit` or the end."""
        terminal = process.term_type is not None
        console = self._console(process, _for_terminal(process) if terminal else process.stdout.write)
        while True:
            if terminal:
                process.stdout.write(console.prompt(_user(process), self._tables.state.identity))
            line = await _read_line(process)
            if not line or line.strip() in _QUIT:
                process.exit(0)
                return
            console.session.width = _width(process)
            await console.run_line(line.rstrip("\r\n"))

    def _console(self, process: _Process, write: Callable[[str], None], *, midway: bool = False) -> Console:
        changes: list[str] = []

        def count(verb: str) -> None:
            changes.extend({verb} & _CHANGES)
            self._counters.count_verb(verb)

        paused = count_from(1)

        async def pause() -> None:
            if self._faults.delay_s or len(self._running) > 1 or next(paused) % _COMMANDS_ALONE == 0:
                await asyncio.sleep(self._faults.delay_s)
            if midway and changes:
                await self._hold(process)
            if process.channel.is_closing():
                raise _SessionEnded

        session = Session(
            write=write,
            pause=pause,
            sleep=asyncio.sleep,
            clock_ns=time.time_ns,
            count=count,
            global_values=self._globals.setdefault(_user(process), {}),
            width=_width(process),
        )
        return Console(self._tables.vocabulary, self._tables.verbs, session)


def ensure_key(path: Path) -> asyncssh.SSHKey:
    """Read the private key of this path; if there is none, make one, readable to nobody else. Blocks."""
    if path.exists():
        return asyncssh.read_private_key(path)
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(key.export_private_key())
    return key


class _Connection(asyncssh.SSHServer):
    """Asks the rules about one connection's logins."""

    def __init__(self, logins: Logins, counters: Counters, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._logins = logins
        self._counters = counters
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._counters.connections += 1
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        if self._connection is not None:
            self._connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh's signature
        return True

    def auth_completed(self) -> None:
        self._counters.logins += 1

    def public_key_auth_supported(self) -> bool:
        return self._logins.take_keys

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._logins.accepts_key(username, key.export_public_key().decode())

    def password_auth_supported(self) -> bool:
        return self._logins.take_passwords

    def validate_password(self, username: str, password: str) -> bool:
        return self._logins.accepts_password(username, password)


def _user(process: _Process) -> str:
    """Name who logged in."""
    return plain_user(str(process.get_extra_info("username")))


def _width(process: _Process) -> int | None:
    return process.term_size[0] or None if process.term_type is not None else None


def _for_terminal(process: _Process) -> Callable[[str], None]:
    """Write plain line ends: a terminal's line editor makes the carriage returns."""
    return lambda text: process.stdout.write(text.replace("\r\n", "\n"))


async def _read_line(process: _Process) -> str:
    """Read a line; a break gives an empty one, a change of the window's size is passed over."""
    while True:
        try:
            return await process.stdin.readline()
        except asyncssh.TerminalSizeChanged:
            continue
        except (asyncssh.BreakReceived, asyncssh.SignalReceived):
            return "\n"
