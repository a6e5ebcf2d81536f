"""One connection: who may log in, how many channels there may be, and what a channel looks like to a line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import asyncssh

from rds_csi_async.simulator.lines import Lines
from rds_csi_async.simulator.logins import Logins, plain_user
from rds_csi_async.simulator.settings import ChannelOverflow, SimulatorSettings
from rds_csi_async.simulator.ssh_keys import public_line

Process: TypeAlias = "asyncssh.SSHServerProcess[str]"
Serve: TypeAlias = Callable[["Process", asyncio.Semaphore], Awaitable[None]]

_SFTP_VERSION: Final = 3
_NO_LIMIT: Final = 1 << 20


class Client:
    """See `lines.Client`: one channel."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.write = process.stdout.write

    @property
    def user(self) -> str:
        """See `lines.Client`."""
        return plain_user(str(self._process.get_extra_info("username")))

    @property
    def width(self) -> int | None:
        """See `lines.Client`."""
        return self._process.term_size[0] or None if self._process.term_type is not None else None

    @property
    def is_gone(self) -> bool:
        """See `lines.Client`."""
        return self._process.channel.is_closing()

    def finish(self) -> None:
        """See `lines.Client`."""
        self._process.exit(0)

    def close(self) -> None:
        """See `lines.Client`."""
        self._process.close()

    def hang_up(self) -> None:
        """See `lines.Client`."""
        self._process.channel.get_connection().abort()

    async def wait_gone(self) -> None:
        """See `lines.Client`."""
        await self._process.channel.wait_closed()


class Connections:
    """Those that are open. After `close` none comes in: one that was accepted just before would serve old tables."""

    def __init__(self) -> None:
        self._open: set[Connection] = set()
        self._closed = False

    def admit(self, connection: "Connection", most: int) -> bool:
        """Take one in, if there are not so many yet (0: any number)."""
        if self._closed or 0 < most <= len(self._open):
            return False
        self._open.add(connection)
        return True

    def discard(self, connection: "Connection") -> None:
        """Let go of one that is lost."""
        self._open.discard(connection)

    def close(self) -> None:
        """Break all of them."""
        self._closed = True
        for connection in list(self._open):
            connection.hang_up()


class Connection(asyncssh.SSHServer):
    """See the module; it adds itself to `connections` while it lives."""

    def __init__(
        self,
        settings: SimulatorSettings,
        logins: Logins,
        lines: Lines,
        connections: Connections,
        serve: Serve,
    ) -> None:
        self._settings = settings
        self._logins = logins
        self._lines = lines
        self._connections = connections
        self._serve = serve
        self._channels = 0
        waits = settings.channel_overflow is ChannelOverflow.WAIT and settings.most_channels > 0
        self._room = asyncio.Semaphore(settings.most_channels if waits else _NO_LIMIT)
        self._user = ""
        self._connection: asyncssh.SSHServerConnection | None = None

    def hang_up(self) -> None:
        """Break the connection."""
        if self._connection is not None:
            self._connection.abort()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """See asyncssh."""
        self._lines.counters.connections += 1
        self._connection = conn
        if not self._connections.admit(self, self._settings.most_sessions):
            self._lines.counters.refused_logins += 1
            conn.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        """See asyncssh."""
        self._connections.discard(self)

    async def begin_auth(self, username: str) -> bool:
        """See asyncssh."""
        self._user = plain_user(username)
        await self._lines.schedule.log_in()
        return True

    def auth_completed(self) -> None:
        """See asyncssh."""
        self._lines.counters.count_login(self._user)

    def session_requested(self) -> "Process | bool":
        """See asyncssh."""
        refuses = self._settings.channel_overflow is ChannelOverflow.REFUSE
        if refuses and 0 < self._settings.most_channels <= self._channels:
            self._lines.counters.refused_channels += 1
            return False
        self._channels += 1
        return _Channel(lambda process: self._serve(process, self._room), self._release)

    def _release(self) -> None:
        self._channels -= 1

    def public_key_auth_supported(self) -> bool:
        """See asyncssh."""
        return self._logins.take_keys

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """See asyncssh."""
        return self._logins.accepts_key(username, public_line(key))

    def password_auth_supported(self) -> bool:
        """See asyncssh."""
        return self._logins.take_passwords

    def validate_password(self, username: str, password: str) -> bool:
        """See asyncssh."""
        return self._logins.accepts_password(username, password)


class _Channel(asyncssh.SSHServerProcess[str]):
    """A channel that says when it is closed, whether or not anything was asked on it."""

    def __init__(self, serve: Callable[["Process"], Awaitable[None]], closed: Callable[[], None]) -> None:
        super().__init__(serve, None, _SFTP_VERSION, allow_scp=False)
        self._tell_closed = closed

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._tell_closed()
