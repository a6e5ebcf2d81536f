"""The unix socket's file: made without a moment in which it is too open, removed only when it is ours.

Everything here blocks, briefly: call it from a thread.
"""

import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

_ANSWER_TIMEOUT_S = 1.0


class SocketPathError(Exception):
    """The path cannot be served on; the message says why, for the person who chose it."""


@dataclass(frozen=True, slots=True)
class BoundSocket:
    """A socket bound to a path, not yet listening."""

    sock: socket.socket
    path: Path
    inode: tuple[int, int]  # device and number of the file it made


def bind_socket(path: Path, *, mode: int) -> BoundSocket:
    """Bind a socket at `path`, whose permissions are `mode` whatever the umask.

    A socket file that nobody answers on, as a killed driver leaves behind, is replaced.

    Raises:
        SocketPathError: somebody serves there, or something else is in the way, or the system refuses the path.

    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        _remove_stale(path)
        os.fchmod(sock.fileno(), 0o600)  # Linux makes the file with the socket's own mode, so it is never wider
        sock.bind(str(path))
        path.chmod(mode)
        return BoundSocket(sock, path, _get_inode(path))
    except OSError as error:
        sock.close()
        message = f"cannot serve on {path}: {error.strerror or error}"
        raise SocketPathError(message) from error
    except SocketPathError:
        sock.close()
        raise


def remove_socket(bound: BoundSocket) -> None:
    """Remove the socket's file, unless it is gone or another's: a successor may have bound the same path.

    The listener has to be closed. The inode alone proves little, since file systems use its number again at once.
    """
    try:
        if _get_inode(bound.path) == bound.inode and not _is_answered(bound.path):
            bound.path.unlink()
    except FileNotFoundError:
        return


def _get_inode(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_dev, status.st_ino


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        message = f"cannot serve on {path}: something that is no socket is there"
        raise SocketPathError(message)
    if _is_answered(path):
        message = f"cannot serve on {path}: another process serves there"
        raise SocketPathError(message)
    path.unlink(missing_ok=True)


def _is_answered(path: Path) -> bool:
    """Whether anybody listens: only a refusal proves that nobody does, a full backlog does not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(_ANSWER_TIMEOUT_S)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
        return True
