"""How tests log in to a simulator: with a key, pinned to the host key that it shows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.settings import SimulatorSettings
from tests.planted import PASSWORD
from tests.simulator.conftest import POOLS

KEY = asyncssh.generate_private_key("ssh-ed25519")


def settings_for(root: Path, **more: object) -> SimulatorSettings:
    """Describe an appliance that takes a key, and a password."""
    line = f"{KEY.export_public_key().decode().strip()} someone"
    return SimulatorSettings(root, POOLS, authorized_keys=(line,), password=PASSWORD, **more)  # type: ignore[arg-type] # by name


async def connect(
    simulator: Simulator, user: str = "admin", key: asyncssh.SSHKey = KEY
) -> asyncssh.SSHClientConnection:
    """Log in; whoever calls closes."""
    known = asyncssh.import_known_hosts(f"[127.0.0.1]:{simulator.port} {simulator.host_key_public}\n")
    return await asyncssh.connect(
        "127.0.0.1",
        simulator.port,
        username=user,
        client_keys=[key],
        known_hosts=known,
        config=None,
        agent_path=None,
        x509_trusted_certs=None,
        preferred_auth="publickey",
    )


@asynccontextmanager
async def login(
    simulator: Simulator, user: str = "admin", key: asyncssh.SSHKey = KEY
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """Be logged in."""
    async with await connect(simulator, user, key) as connection:
        yield connection


async def run(connection: asyncssh.SSHClientConnection, line: str) -> tuple[object, object, object]:
    """Run a line; return what came on stdout and stderr, and the exit status."""
    done = await connection.run(line)
    return done.stdout, done.stderr, done.exit_status
