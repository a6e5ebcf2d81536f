"""What stands at a path is told apart, and only what is empty goes. The rest of it is in the exam of `HostMounts`."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.mounts import PathFact, PathKind
from rds_csi_async.host.nodes import ensure_block_node, in_thread, look, mode_of, parse_stat, remove_node
from rds_csi_async.host.process import Completed


def _stat(exit_status: int, stdout: str, stderr: str = "") -> Completed:
    return Completed(("stat", "x"), exit_status, stdout, stderr)


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("41ed 0:0", PathFact(PathKind.DIRECTORY)),
        ("81a4 0:0", PathFact(PathKind.FILE)),
        ("a1ff 0:0", PathFact(PathKind.SYMLINK)),
        ("61b0 103:1f", PathFact(PathKind.BLOCK_DEVICE, "259:31")),
        ("21b6 1:3", PathFact(PathKind.OTHER)),
        ("c1ed 0:0", PathFact(PathKind.OTHER)),
    ],
)
def test_modes_are_kinds(said: str, fact: PathFact) -> None:
    """And a block device has its number."""
    assert parse_stat(_stat(0, said)) == fact


@pytest.mark.parametrize("reason", ["No such file or directory", "Not a directory"])
def test_nothing_is_absent(reason: str) -> None:
    """Neither it nor a folder that it would be in."""
    assert parse_stat(_stat(1, "", f"stat: cannot statx 'x': {reason}\n")) == PathFact(PathKind.ABSENT)


@pytest.mark.parametrize("reason", ["Input/output error", "Permission denied", "Transport endpoint is not connected"])
def test_what_cannot_be_looked_at_is_not_absent(reason: str) -> None:
    """A dead mount least of all."""
    with pytest.raises(HostError, match=reason):
        parse_stat(_stat(1, "", f"stat: cannot statx 'x': {reason}\n"))


def test_a_look_in_this_process_sees_the_same(tmp_path: Path) -> None:
    """Links are not followed, and what cannot be looked at is not absent."""
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    kinds = [look(tmp_path / name).kind for name in (".", "file", "link", "none", "file/below")]
    assert kinds == [PathKind.DIRECTORY, PathKind.FILE, PathKind.SYMLINK, PathKind.ABSENT, PathKind.ABSENT]
    assert look(Path("/dev/null")) == PathFact(PathKind.OTHER)
    with pytest.raises(HostError, match="File name too long"):
        look(tmp_path / ("x" * 300))


async def test_the_kernels_no_is_an_error_with_the_path(tmp_path: Path) -> None:
    """So that a person knows where."""
    with pytest.raises(HostError, match="File exists"):
        await in_thread(tmp_path.mkdir)


@pytest.mark.root
def test_a_node_has_the_mode_that_runtimes_read(tmp_path: Path) -> None:
    """Whatever the umask, and a changed wish changes it."""
    path = tmp_path / "node"
    for read_only, mode in ((False, 0o660), (True, 0o440)):
        old = os.umask(0o777)
        try:
            ensure_block_node(path, "7:4095", mode_of(read_only=read_only))
        finally:
            os.umask(old)
        assert path.stat().st_mode == stat.S_IFBLK | mode


@pytest.mark.root
def test_the_draft_of_a_killed_driver_is_replaced(tmp_path: Path) -> None:
    """It is nobody's node yet."""
    path = tmp_path / "node"
    os.mknod(tmp_path / ".node.new", mode_of(read_only=False), os.makedev(7, 4094))
    ensure_block_node(path, "7:4095", mode_of(read_only=False))
    assert [each.name for each in tmp_path.iterdir()] == ["node"]
    assert path.stat().st_rdev == os.makedev(7, 4095)


def test_a_file_with_content_is_never_removed(tmp_path: Path) -> None:
    """Only an empty one is."""
    full, empty = tmp_path / "full", tmp_path / "empty"
    full.write_text("x")
    empty.touch()
    remove_node(empty)
    assert not empty.exists()
    with pytest.raises(HostError):
        remove_node(full)
    assert full.exists()


async def test_other_threads_do_the_work() -> None:
    """The loop goes on meanwhile."""
    seen: list[int] = []
    await in_thread(lambda: seen.append(1))
    assert seen == [1]
    assert asyncio.get_running_loop().is_running()
