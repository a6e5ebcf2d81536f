"""The socket's file."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rds_csi_async.csi.sockets import SocketPathError, bind_socket, remove_socket


@pytest.fixture(params=[0o022, 0o077, 0o000])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Each of several umasks, for the time of a test."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("mode", [0o600, 0o660])
@pytest.mark.usefixtures("umask")
def test_the_file_has_the_permissions_asked_for(tmp_path: Path, mode: int) -> None:
    """Whatever the umask, the file is as open as it was asked to be, and no more."""
    bound = bind_socket(tmp_path / "csi.sock", mode=mode)
    assert bound.path.stat().st_mode & 0o777 == mode
    bound.sock.close()


@pytest.mark.usefixtures("umask")
def test_the_file_is_never_wider_than_its_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the moment before it gets its permissions, nobody else can connect."""
    seen: list[int] = []
    monkeypatch.setattr(Path, "chmod", lambda path, _mode: seen.append(path.stat().st_mode & 0o777))
    bind_socket(tmp_path / "csi.sock", mode=0o660).sock.close()
    assert seen == [0o600]


def test_what_a_killed_driver_left_is_replaced(tmp_path: Path) -> None:
    """A socket's file that nobody answers on does not keep the next driver from starting."""
    path = tmp_path / "csi.sock"
    bind_socket(path, mode=0o600).sock.close()
    again = bind_socket(path, mode=0o600)
    again.sock.listen()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
    again.sock.close()


@pytest.mark.parametrize("backlog", [0, 5])
def test_a_living_driver_is_left_alone(tmp_path: Path, backlog: int) -> None:
    """Where somebody listens, even too busy to take one more, the path is not taken away."""
    path = tmp_path / "csi.sock"
    first = bind_socket(path, mode=0o600)
    first.sock.listen(backlog)
    waiting = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) for _ in range(3)]
    for client in waiting:
        client.connect_ex(str(path))
    with pytest.raises(SocketPathError, match="another process serves"):
        bind_socket(path, mode=0o600)
    assert path.is_socket()
    for each in [first.sock, *waiting]:
        each.close()


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_what_is_no_socket_is_never_removed(tmp_path: Path, kind: str) -> None:
    """A mistyped path costs nobody a file."""
    path = tmp_path / "precious"
    if kind == "directory":
        path.mkdir()
    elif kind == "link":
        bind_socket(tmp_path / "target", mode=0o600).sock.close()
        path.symlink_to(tmp_path / "target")
    else:
        path.write_text("data")
    with pytest.raises(SocketPathError, match="no socket"):
        bind_socket(path, mode=0o600)
    assert path.is_symlink() or path.exists()


@pytest.mark.parametrize("name", ["missing/csi.sock", "x" * 200])
def test_a_path_that_cannot_be_says_so(tmp_path: Path, name: str) -> None:
    """A folder that is not there, and a name longer than the system takes, are errors with the path in them."""
    with pytest.raises(SocketPathError, match="cannot serve on"):
        bind_socket(tmp_path / name, mode=0o600)


def test_only_the_own_file_is_removed(tmp_path: Path) -> None:
    """A successor that has bound the same path keeps it; removing what is gone already is no error."""
    path = tmp_path / "csi.sock"
    first = bind_socket(path, mode=0o600)
    first.sock.close()
    second = bind_socket(path, mode=0o600)
    second.sock.listen()
    remove_socket(first)
    assert path.is_socket()
    second.sock.close()
    remove_socket(second)
    assert not path.exists()
    remove_socket(second)
