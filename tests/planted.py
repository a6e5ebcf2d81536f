"""Secrets that the tests plant wherever a real one would be, and that nothing may print, log or show.

Every test's captured output and log, and whatever the driver and the simulator wrote beside it, is searched for them.
"""

from collections.abc import Iterable
from pathlib import Path

SECRET = "hunter2"  # noqa: S105 - in the secrets and tokens of CSI requests
PASSWORD = "correct-horse"  # noqa: S105 - of a user of an appliance
KEY_MARK = "PRIVATE KEY-----"
PLANTED = (SECRET, PASSWORD, KEY_MARK)


def find_planted(texts: Iterable[str], secrets: Iterable[str] = PLANTED) -> list[str]:
    """List the lines that show one."""
    secrets = tuple(secrets)
    lines = (line for text in texts for line in text.splitlines())
    return [line for line in lines if any(secret in line for secret in secrets)]


def list_secrets(key_file: Path) -> list[str]:
    """Give what is planted and each line of a private key. Blocks."""
    lines = key_file.read_text().splitlines() if key_file.exists() else []
    return [*PLANTED, *(line for line in lines if len(line) > len(KEY_MARK) and "-----" not in line)]
