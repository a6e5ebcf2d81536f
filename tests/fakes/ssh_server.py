"""An SSH server whose commands go wrong in every way that a connection can."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncssh

from tests.planted import PASSWORD

USER = "csi"

PAUSE_S = 0.5


@dataclass
class FakeSshServer:
    """Understands `say TEXT`, `pause`, `hang`, `drop`, `no-status`, `flood`, `stderr TEXT`; else it says nothing.

    `commands` are those that came; `open_channels` those whose channel is open. With `slow_opens`, a channel is
    confirmed only when `let_open` is set. `arrived`: one was asked for; `obeyed`: a command began.
    """

    port: int = 0
    host_key: str = ""
    fingerprint: str = ""
    commands: list[str] = field(default_factory=list)
    open_channels: int = 0
    slow_opens: bool = False
    refuse_opens: bool = False
    let_open: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    obeyed: asyncio.Event = field(default_factory=asyncio.Event)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    user_keys: list[str] = field(default_factory=list)


class _Server(asyncssh.SSHServer):
    def __init__(self, fake: FakeSshServer) -> None:
        self._fake = fake

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._fake.connections.append(conn)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002 - asyncssh's signature
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == USER and key.get_fingerprint() in self._fake.user_keys

    async def session_requested(self) -> asyncssh.SSHServerProcess[str]:
        self._fake.arrived.set()
        if self._fake.refuse_opens:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_RESOURCE_SHORTAGE, "too many sessions")
        if self._fake.slow_opens:
            await self._fake.let_open.wait()
        return asyncssh.SSHServerProcess(self._run, None, 3, allow_scp=False)

    async def _run(self, process: asyncssh.SSHServerProcess[str]) -> None:
        fake = self._fake
        fake.open_channels += 1
        fake.commands.append(process.command or "")
        try:
            await self._obey(process)
        finally:
            fake.open_channels -= 1
            fake.closed.set()

    async def _obey(self, process: asyncssh.SSHServerProcess[str]) -> None:
        verb, _, rest = (process.command or "").partition(" ")
        fake = self._fake
        fake.obeyed.set()
        if verb == "hang":
            await process.channel.wait_closed()
            return
        if verb == "drop":
            process.stdout.write("half")
            fake.connections[-1].abort()
            return
        if verb == "no-status":
            process.stdout.write("all")
            process.close()
            return
        if verb == "flood":
            process.stdout.write("x" * int(rest))
        if verb == "pause":
            await asyncio.sleep(PAUSE_S)
            process.stdout.write("after a while")
        if verb == "stderr":
            process.stderr.write(rest)
        if verb == "say":
            process.stdout.write(rest)
        process.exit(0)


@asynccontextmanager
async def serving() -> AsyncIterator[FakeSshServer]:
    """Serve on a free port of this machine."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    fake = FakeSshServer(host_key=key.export_public_key().decode().strip(), fingerprint=key.get_fingerprint())
    listener = await asyncssh.listen("127.0.0.1", 0, server_host_keys=[key], server_factory=lambda: _Server(fake))
    fake.port = listener.get_port()
    try:
        yield fake
    finally:
        for connection in fake.connections:
            connection.abort()
        listener.close()
        await listener.wait_closed()
