"""What proves who we are and who the appliance is, read from its files anew for each connect.

A mounted Secret changes by a link that is swapped, so files are always opened by the path that the settings name.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rds_csi_async.routeros.settings import ApplianceSettings

_FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_KEY_TYPE: Final = re.compile(r"(?:ssh|ecdsa)-[a-z0-9-]+")
_LENGTH_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Credentials:
    """For one connect. `pins` are fingerprints of the host keys that are trusted; a private key is text, not a path."""

    pins: frozenset[str]
    private_key: str | None
    password: str | None


def read_credentials(settings: ApplianceSettings) -> Credentials:
    """Read what the settings point at. Blocks.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file does not hold what it should, or no host key is pinned.

    """
    lines = [*settings.host_keys]
    if settings.host_key_file is not None:
        lines += settings.host_key_file.read_text(encoding="utf-8").splitlines()
    return Credentials(
        parse_pins(lines),
        None if settings.key_file is None else settings.key_file.read_text(encoding="utf-8"),
        None if settings.password_file is None else _read_line(settings.password_file),
    )


def parse_pins(lines: Iterable[str]) -> frozenset[str]:
    """Give the fingerprints of all keys that are pinned; empty lines and those that begin with `#` say nothing.

    Raises:
        ValueError: a line is neither a key nor a fingerprint, or there is none at all.

    """
    pins = frozenset(_parse_pin(line.strip()) for line in lines if line.strip() and not line.lstrip().startswith("#"))
    if not pins:
        message = "no host key is pinned"
        raise ValueError(message)
    return pins


def _parse_pin(line: str) -> str:
    if _FINGERPRINT.fullmatch(line):
        return line
    words = line.split()
    for place in (0, 1):  # as in a `.pub` file, or as `ssh-keyscan` prints it, after the host
        if len(words) > place + 1 and _KEY_TYPE.fullmatch(words[place]):
            return _fingerprint(words[place], words[place + 1])
    message = f"{line[:80]!r} is neither a public key (ssh-ed25519 AAAA…) nor a fingerprint of one (SHA256:…)"
    raise ValueError(message)


def _fingerprint(kind: str, body: str) -> str:
    """Work out the SHA256 fingerprint as OpenSSH writes it. A key's body repeats its kind at its beginning."""
    try:
        key = base64.b64decode(body, validate=True)
    except ValueError:
        key = b""
    if not key[_LENGTH_BYTES:].startswith(kind.encode()):
        message = f"the {kind} key {body[:40]!r} is damaged, or cut short"
        raise ValueError(message)
    return f"SHA256:{base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip('=')}"


def _read_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").rstrip("\r\n")
