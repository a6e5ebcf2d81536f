"""One SSH connection to one appliance. The only module that knows asyncssh.

What it guards against was tried: a cancelled `run` leaves its channel open, so channels are kept here and aborted; a
lost connection ends a command like a good one, but without exit status; without known hosts, asyncssh never asks
whether a host key is the right one. RouterOS answers no SSH keep-alive, so none is sent, but TCP's own; and it drops
the tail of replies to a client with a small window, so asyncssh's 2 MiB stay.

Each stage has its own bound: TCP, login, the opening of a channel, the command. When one is reached, the time limit is
moved on to the end of the next.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import asyncssh

from rds_csi_async.domain.errors import CutOffError, UnreachableError
from rds_csi_async.ports.deadlines import remaining_s
from rds_csi_async.routeros.credentials import Credentials, read_credentials
from rds_csi_async.routeros.links import ChannelRefusedError, LostError
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.tcp import guard

_HOST_KEY_ALGORITHMS: Final = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",  # all that a RouterOS with its RSA key may offer; what is trusted is the pinned key, not the hash
)


class SshSession:
    """A connection that was made, to the box whose key is pinned; a `links.Session`."""

    def __init__(
        self, settings: ApplianceSettings, connection: asyncssh.SSHClientConnection, client: "_Client"
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._client = client

    def is_closed(self) -> bool:
        """See `links.Session`."""
        return self._connection.is_closed()

    def abort(self) -> None:
        """See `links.Session`."""
        self._connection.abort()

    async def wait_stirred(self) -> None:
        """See `links.Session`."""
        await self._client.stirred.wait()
        self._client.stirred.clear()

    async def execute(self, line: str, timeout_s: float) -> str:
        """See `links.Session`. Standard error is passed over: RouterOS writes nothing there."""
        clock = asyncio.get_running_loop().time
        ends_s = clock() + timeout_s
        bound = asyncio.timeout_at(min(ends_s, clock() + self._settings.limits.channel_timeout_s))
        exchange = _Exchange(self._settings.limits.reply_bytes, lambda: _move(bound, ends_s))
        try:
            async with bound:
                # Shielded: a channel that opens after nobody waits for it has to reach us, to be closed.
                failure = await asyncio.shield(self._open(exchange, line))
                if failure is not None:
                    raise failure
                return await exchange.read()
        except (TimeoutError, OSError, asyncssh.Error, CutOffError) as error:
            raise self._error_of(error, exchange, timeout_s) from error
        finally:
            exchange.abandon()

    def _error_of(self, error: Exception, exchange: "_Exchange", timeout_s: float) -> Exception:
        where, said = self._settings.address, str(error)
        if isinstance(error, asyncssh.ChannelOpenError) and not exchange.sent and not self.is_closed():
            return ChannelRefusedError(f"{where} opens no more channels now ({said}); nothing was done")
        self._client.stirred.set()
        if exchange.sent:
            said = said or f"no end within {timeout_s:.1f} s"
            message = f"{where} was sent a command, and its end did not come: {said}"
            return (LostError if self.is_closed() else CutOffError)(message)
        remaining_s(timeout_s)
        return UnreachableError(f"{where} opens no channel: {said or 'it does not answer in time'}; nothing was done")

    async def _open(self, exchange: "_Exchange", line: str) -> Exception | None:
        """Open a channel for one line; give what went wrong, since what is raised when nobody waits is logged."""
        try:
            await self._connection.create_session(lambda: exchange, line, encoding=None)
        except (OSError, asyncssh.Error, UnreachableError) as error:
            return error
        return None


async def open_session(settings: ApplianceSettings) -> SshSession:
    """Connect and log in, with what the files say now.

    Raises:
        UnreachableError: it did not come about, for whatever reason; the message says which.

    """
    clock, limits = asyncio.get_running_loop().time, settings.limits
    bound = asyncio.timeout(None)
    client = _Client(settings, lambda: _move(bound, clock() + limits.login_timeout_s))
    try:
        credentials = await asyncio.to_thread(read_credentials, settings)
        client.pins = credentials.pins
        async with bound:
            bound.reschedule(clock() + limits.connect_timeout_s)
            connection = await _connect(settings, client, credentials)
    except (OSError, ValueError, RuntimeError, asyncssh.Error) as error:  # RuntimeError: it finds no home, say
        raise UnreachableError(_reason_of(error, client, settings)) from error
    return SshSession(settings, connection, client)


async def _connect(settings: ApplianceSettings, client: "_Client", own: Credentials) -> asyncssh.SSHClientConnection:
    key = own.private_key
    return await asyncssh.connect(
        settings.host,
        settings.port,
        client_factory=lambda: client,
        known_hosts=([], [], []),  # none, rather than None: else the pin is never asked
        server_host_key_algs=list(_HOST_KEY_ALGORITHMS),
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],  # else it looks into the home of whoever runs it, who may have none
        config=None,
        agent_path=None,
        username=settings.user,
        client_keys=[] if key is None else [await asyncio.to_thread(asyncssh.import_private_key, key)],
        password=own.password,
        connect_timeout=None,  # bound by us: asyncssh would use wait_for, which swallows cancellations on 3.11
        login_timeout=0,
        tcp_keepalive=True,
    )


def _move(bound: asyncio.Timeout, when_s: float) -> None:
    """Let a time limit end at another time, unless it has ended already."""
    if not bound.expired():
        bound.reschedule(when_s)


class _Client(asyncssh.SSHClient):
    """Trusts nothing but the pinned keys, and tells when the connection is made, and when it stirs."""

    def __init__(self, settings: ApplianceSettings, on_connected: Callable[[], None]) -> None:
        self._lost_after_s = settings.lost_after_s
        self._on_connected = on_connected
        self.pins: frozenset[str] = frozenset()
        self.connected = False
        self.shown = ""
        self.stirred = asyncio.Event()

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.connected = True
        guard(conn.get_extra_info("socket"), self._lost_after_s)
        self._on_connected()

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - asyncssh's signature
        self.shown = key.get_fingerprint()
        return self.shown in self.pins

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        self.stirred.set()


class _Exchange(asyncssh.SSHClientSession[bytes]):
    """One command's channel. An abandoned one is closed as soon as it opens, and its command never sent."""

    def __init__(self, most_bytes: int, on_sent: Callable[[], None]) -> None:
        self._most_bytes = most_bytes
        self._on_sent = on_sent
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._abandoned = False
        self._parts = bytearray()
        self._status: int | None = None
        self._closed = asyncio.Event()
        self.sent = False

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan
        if self._abandoned:
            chan.abort()
            message = "nobody waits for this command any more"
            raise UnreachableError(message)
        self.sent = True
        self._on_sent()

    def session_started(self) -> None:
        if self._channel is not None:
            self._channel.write_eof()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if datatype is None:
            self._parts += data
            if len(self._parts) > self._most_bytes:
                self.abandon()

    def exit_status_received(self, status: int) -> None:
        self._status = status

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        self._closed.set()

    def abandon(self) -> None:
        """Close the channel, now or when it opens."""
        self._abandoned = True
        if self._channel is not None and not self._closed.is_set():
            self._channel.abort()

    async def read(self) -> str:
        """Wait for the end, and give what was printed.

        Raises:
            CutOffError: the end was not the command's own.

        """
        await self._closed.wait()
        if len(self._parts) > self._most_bytes:
            message = f"a reply of more than {self._most_bytes} bytes was cut off"
            raise CutOffError(message)
        if self._status is None:
            message = "the connection was lost before the command had ended"
            raise CutOffError(message)
        return self._parts.decode(errors="replace")


def _reason_of(error: Exception, client: _Client, settings: ApplianceSettings) -> str:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return (
            f"it shows the host key {client.shown or '(none of a known kind)'}, which is not the pinned one: another"
            " box, or somebody in between; if the key was changed on purpose, add it to host_keys, or to the file of"
            " host_key_file, which are read again at each attempt to connect"
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return (
            f"it does not let user {settings.user!r} in ({error}); check the user, its key or password, and its group"
        )
    if isinstance(error, TimeoutError):
        if client.connected:
            return f"it is there, but no login came about within {settings.limits.login_timeout_s:g} s"
        return f"it does not answer within {settings.limits.connect_timeout_s:g} s"
    return str(error) or type(error).__name__
