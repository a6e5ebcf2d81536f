"""Keys in files and out of them, as OpenSSH writes them."""

from pathlib import Path
from typing import TypeAlias

import asyncssh

Key: TypeAlias = asyncssh.SSHKey


def ensure_key(path: Path) -> asyncssh.SSHKey:
    """Read the private key of this path; if there is none, make one, readable to nobody else. Blocks."""
    if path.exists():
        return asyncssh.read_private_key(path)
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(key.export_private_key())
    return key


def make_key() -> asyncssh.SSHKey:
    """Make a host key that is kept nowhere."""
    return asyncssh.generate_private_key("ssh-ed25519")


def public_line(key: asyncssh.SSHKey) -> str:
    """Write a key's public half as OpenSSH does, `ssh-ed25519 …`."""
    return key.export_public_key().decode().strip()
