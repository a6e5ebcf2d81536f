"""One SSH connection to one appliance. The only module that knows asyncssh.

What it guards against was tried: a cancelled `run` leaves its channel open, so channels are kept here and aborted; a
lost connection ends a command like a good one, but without exit status; without known hosts, asyncssh never asks
whether a host key is the right one. RouterOS answers no SSH keep-alive, so none is sent; and it drops the tail of
replies to a client with a small window, so asyncssh's 2 MiB stay.
"""

import asyncio
from pathlib import Path
from typing import Final

import asyncssh

from rds_csi_async.domain.errors import CutOffError, UnreachableError
from rds_csi_async.ports.deadlines import remaining_s
from rds_csi_async.routeros.settings import ApplianceSettings

_HOST_KEY_ALGORITHMS: Final = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",  # all that a RouterOS with its RSA key may offer; what is trusted is the pinned key, not the hash
)


class LostError(CutOffError):
    """The connection broke after a command was sent."""


class Session:
    """A connection that was made, to the box whose key is pinned."""

    def __init__(self, settings: ApplianceSettings, connection: asyncssh.SSHClientConnection, pin: "_Pin") -> None:
        self._settings = settings
        self._connection = connection
        self._pin = pin

    def is_closed(self) -> bool:
        """Tell whether nothing can be run on it any more."""
        return self._connection.is_closed()

    def abort(self) -> None:
        """Close it at once."""
        self._connection.abort()

    async def wait_stirred(self) -> None:
        """Wait until it is lost, or a command on it went wrong: somebody should look whether it still lives."""
        await self._pin.stirred.wait()
        self._pin.stirred.clear()

    async def execute(self, line: str, timeout_s: float) -> str:
        """Run one line, and give what it printed.

        Raises:
            UnreachableError: no channel was opened; nothing was sent.
            LostError: it was sent, and then the connection was lost.
            CutOffError: it was sent, and its end did not come, or it printed too much.
            DeadlineError: the caller's time ran out before it was sent.

        """
        exchange = _Exchange(self._settings.limits.reply_bytes)
        try:
            async with asyncio.timeout(timeout_s):
                # Shielded: a channel that opens after nobody waits for it has to reach us, to be closed.
                failure = await asyncio.shield(self._open(exchange, line))
                if failure is not None:
                    raise failure
                return await exchange.read()
        except (TimeoutError, OSError, asyncssh.Error, CutOffError) as error:
            self._pin.stirred.set()
            said = str(error) or f"no end within {timeout_s:.1f} s"
            if exchange.sent:
                message = f"{self._settings.address} was sent a command, and its end did not come: {said}"
                raise (LostError if self.is_closed() else CutOffError)(message) from error
            remaining_s(timeout_s)
            message = f"{self._settings.address} opens no channel: {said}; nothing was done"
            raise UnreachableError(message) from error
        finally:
            exchange.abandon()

    async def _open(self, exchange: "_Exchange", line: str) -> Exception | None:
        """Open a channel for one line; give what went wrong, since what is raised when nobody waits is logged."""
        try:
            await self._connection.create_session(lambda: exchange, line, encoding=None)
        except (OSError, asyncssh.Error, UnreachableError) as error:
            return error
        return None


async def open_session(settings: ApplianceSettings) -> Session:
    """Connect and log in.

    Raises:
        UnreachableError: it did not come about, for whatever reason; the message says which.

    """
    limits, pin = settings.limits, _Pin(frozenset())
    try:
        fingerprints, keys, password = await asyncio.to_thread(_read_secrets, settings)
        pin = _Pin(fingerprints)
        async with asyncio.timeout(limits.connect_timeout_s + limits.login_timeout_s):
            connection = await asyncssh.connect(
                settings.host,
                settings.port,
                client_factory=lambda: pin,
                known_hosts=([], [], []),  # none, rather than None: else the pin is never asked
                server_host_key_algs=list(_HOST_KEY_ALGORITHMS),
                x509_trusted_certs=None,
                config=None,
                agent_path=None,
                username=settings.user,
                client_keys=keys,
                password=password,
                connect_timeout=None,  # bound above: asyncssh would use wait_for, which swallows cancellations on 3.11
                login_timeout=limits.login_timeout_s,
                tcp_keepalive=True,
            )
    except (OSError, ValueError, asyncssh.Error) as error:
        raise UnreachableError(_reason_of(error, pin, settings)) from error
    return Session(settings, connection, pin)


class _Pin(asyncssh.SSHClient):
    """Trusts nothing but the pinned keys, and tells when the connection stirs."""

    def __init__(self, fingerprints: frozenset[str]) -> None:
        self._fingerprints = fingerprints
        self.shown = ""
        self.stirred = asyncio.Event()

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - asyncssh's signature
        self.shown = key.get_fingerprint()
        return self.shown in self._fingerprints

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncssh's signature
        self.stirred.set()


class _Exchange(asyncssh.SSHClientSession[bytes]):
    """One command's channel. An abandoned one is closed as soon as it opens, and its command never sent."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
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


def _read_secrets(settings: ApplianceSettings) -> tuple[frozenset[str], list[asyncssh.SSHKey], str | None]:
    """Read what the settings point at. Blocks: files, and the unlocking of a key."""
    fingerprints = frozenset(
        text if text.startswith("SHA256:") else asyncssh.import_public_key(text).get_fingerprint()
        for text in settings.host_keys
    )
    keys = [asyncssh.read_private_key(settings.key_file)] if settings.key_file else []
    return fingerprints, keys, _read_line(settings.password_file) if settings.password_file else None


def _read_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip("\r\n")


def _reason_of(error: Exception, pin: _Pin, settings: ApplianceSettings) -> str:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return (
            f"it shows the host key {pin.shown or '(none of a known kind)'}, which is not the pinned one: another box,"
            " or somebody in between; if the key was changed on purpose, change host_keys in the settings"
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return (
            f"it does not let user {settings.user!r} in ({error}); check the user, its key or password, and its group"
        )
    if isinstance(error, TimeoutError):
        return "it does not answer in time"
    return str(error) or type(error).__name__
