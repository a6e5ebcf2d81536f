"""Whether the RouterOS that answers has all that is needed: its version, and the package that serves disks."""

import re

from rds_csi_async.domain.errors import CutOffError, NotReadyError
from rds_csi_async.routeros.rows import find_flag, find_text, rows_of
from rds_csi_async.routeros.syntax import Reply, render_rows, render_text

OLDEST = (7, 21)  # the first with `nvme-tcp-server-nqn`
PACKAGE = "rose-storage"
_VERSION = re.compile(r"(\d{1,4})\.(\d{1,4})")


def render_version(token: str) -> str:
    """Print the version. A menu that a version lacks would make it refuse the whole line, so this one asks no more."""
    return f':put ("=version " . [/system/resource/get version] . {render_text(" " + token)})'


def parse_version(text: str, token: str) -> str:
    """Give the version that the appliance named.

    Raises:
        CutOffError: the answer is not whole.

    """
    for line in text.split("\n"):
        words = line.split()
        if len(words) > 2 and words[0] == "=version" and words[-1] == token:  # noqa: PLR2004 - mark, version, token
            return " ".join(words[1:-1])
    message = f"the appliance did not tell its version: {text[-120:]!r}"
    raise CutOffError(message)


def render_packages() -> list[str]:
    """Print the row of the package without which `/disk` knows neither files nor exports."""
    return [render_rows("package", f"/system/package/print as-value where name={render_text(PACKAGE)}")]


def ensure_equipped(reply: Reply) -> None:
    """Work with boxes that have the package, installed and enabled, or show its properties on one of our pools.

    Raises:
        NotReadyError: this one has not; the message says what to do.

    """
    rows = [row for row in rows_of(reply, "package") if find_text(row, "name") == PACKAGE]
    if any(not find_flag(row, "disabled") and not find_flag(row, "available") for row in rows):
        return
    if any("nvme-tcp-export" in row for row in rows_of(reply, "pool")):
        return  # whatever the package is called there
    todo = "enable" if any(find_flag(row, "disabled") for row in rows) else "install"
    message = f"RouterOS lacks the package {PACKAGE}, so it can serve no volumes: {todo} it, and reboot the appliance"
    raise NotReadyError(message)


def ensure_supported(version: str) -> None:
    """Work with versions that have all that is needed.

    Raises:
        NotReadyError: this one has not.

    """
    match = _VERSION.match(version)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        message = f"RouterOS {version[:40]} is too old: it cannot give a volume a name; upgrade to 7.21 or newer"
        raise NotReadyError(message)
