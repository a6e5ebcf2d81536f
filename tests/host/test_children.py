"""A child is started with nothing of ours, and its end is seen."""

import asyncio
import errno
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from rds_csi_async.host.children import Child, Starter, keep_to_ourselves
from rds_csi_async.host.outputs import Output
from rds_csi_async.host.polling import poll
from rds_csi_async.host.process import PATH

FOREVER = ("sleep", "1000000")


@pytest_asyncio.fixture
async def outputs() -> AsyncIterator[Sequence[Output]]:
    """Give what a child says."""
    made = (Output(4096), Output(4096))
    yield made
    for output in made:
        output.close()


@pytest.fixture
def starter() -> Starter:
    """Give one that finds the machine's programs."""
    return Starter(PATH, {"LC_ALL": "C"})


async def _end(child: Child) -> int:
    return await asyncio.wait_for(asyncio.shield(child.exited), 30)


def _make_program(path: Path, exit_status: int, mode: int = 0o755) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\nexit {exit_status}\n")
    path.chmod(mode)


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", -9)])
async def test_the_end_tells_how(starter: Starter, outputs: Sequence[Output], script: str, status: int) -> None:
    """By itself, or by a signal."""
    assert await _end(starter.start(("sh", "-c", script), outputs)) == status


async def test_each_output_is_its_own(starter: Starter, outputs: Sequence[Output]) -> None:
    """And the environment is what was given."""
    await _end(starter.start(("sh", "-c", "echo $LC_ALL; echo no >&2"), outputs))
    for output in outputs:
        await output.drain(30)
    assert [output.text() for output in outputs] == ["C\n", "no\n"]


async def test_nothing_of_ours_is_left_to_it(starter: Starter, outputs: Sequence[Output]) -> None:
    """No open file but the three, of which the first is empty; a session of its own; and a broken pipe ends it."""
    ends = os.pipe()
    os.set_inheritable(ends[1], True)  # noqa: FBT003 - as the standard library has it
    await asyncio.to_thread(keep_to_ourselves)
    script = "ls /proc/$$/fd; cat; cut -d ' ' -f 6 /proc/$$/stat; kill -PIPE $$"
    child = starter.start(("sh", "-c", script), outputs)
    assert await _end(child) == -signal.SIGPIPE
    await outputs[0].drain(30)
    assert outputs[0].text().split() == ["0", "1", "2", str(child.pid)]
    for end in ends:
        os.close(end)


async def test_the_first_folder_that_has_it_counts(tmp_path: Path, outputs: Sequence[Output]) -> None:
    """What cannot be run is passed over; and when it goes, the next one is found."""
    first, second = tmp_path / "first", tmp_path / "second"
    starter = Starter(f"{tmp_path / 'none'}:{first}:{second}", {})
    await asyncio.to_thread(_make_program, second / "made", 2)
    await asyncio.to_thread(_make_program, first / "made", 1, mode=0o644)
    assert await _end(starter.start(["made"], outputs)) == 2
    again = (Output(10), Output(10))
    await asyncio.to_thread((second / "made").unlink)
    await asyncio.to_thread((first / "made").chmod, 0o755)
    assert await _end(starter.start(["made"], again)) == 1
    for output in again:
        output.close()


async def test_what_is_nowhere_is_not_found(tmp_path: Path, outputs: Sequence[Output]) -> None:
    """Other than what is there and cannot be run."""
    starter = Starter(f"{tmp_path}:{tmp_path / 'none'}", {})
    with pytest.raises(FileNotFoundError):
        starter.start(["made"], outputs)
    await asyncio.to_thread(_make_program, tmp_path / "made", 0, mode=0o644)
    with pytest.raises(PermissionError):
        starter.start(["made"], outputs)


async def test_who_has_ended_is_not_killed(
    starter: Starter, outputs: Sequence[Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number may be another's by now."""
    killed: list[int] = []
    child = starter.start(["true"], outputs)
    await _end(child)
    monkeypatch.setattr(os, "killpg", lambda pid, _: killed.append(pid))
    child.kill()
    assert killed == []


async def test_killing_ends_it(starter: Starter, outputs: Sequence[Output]) -> None:
    """And that is its exit status."""
    child = starter.start(FOREVER, outputs)
    child.kill()
    assert await _end(child) == -signal.SIGKILL


def _refuse(*_: object) -> int:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", -9)])
async def test_the_end_is_seen_without_a_descriptor(
    starter: Starter, outputs: Sequence[Output], monkeypatch: pytest.MonkeyPatch, script: str, status: int
) -> None:
    """A process that runs on unseen would write into what the next try makes, and stay as a zombie when it ends."""
    monkeypatch.setattr(os, "pidfd_open", _refuse)
    child = starter.start(("sh", "-c", script), outputs)
    assert await _end(child) == status
    with pytest.raises(ChildProcessError):
        await asyncio.to_thread(os.waitpid, child.pid, os.WNOHANG)


async def test_without_a_descriptor_it_can_be_killed(
    starter: Starter, outputs: Sequence[Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it has ended."""
    monkeypatch.setattr(os, "pidfd_open", _refuse)
    child = starter.start(FOREVER, outputs)
    child.kill()
    assert await _end(child) == -signal.SIGKILL


async def test_a_descriptor_that_cannot_be_watched_is_closed(
    starter: Starter, outputs: Sequence[Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the end is seen all the same."""
    opened: list[int] = []
    open_it = os.pidfd_open

    def note(pid: int) -> int:
        opened.append(open_it(pid))
        return opened[-1]

    loop = asyncio.get_running_loop()
    add_reader = loop.add_reader
    monkeypatch.setattr(os, "pidfd_open", note)
    monkeypatch.setattr(loop, "add_reader", lambda fd, call: _refuse() if fd in opened else add_reader(fd, call))
    assert await _end(starter.start(["true"], outputs)) == 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(opened[0])


async def test_who_cannot_be_heard_does_not_go_on(
    starter: Starter, outputs: Sequence[Output], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would wait for it, and the caller tries again."""
    started: list[int] = []
    spawn = os.posix_spawn

    def note(*arguments: Any, **others: Any) -> int:
        started.append(spawn(*arguments, **others))
        return started[-1]

    monkeypatch.setattr(os, "posix_spawn", note)
    monkeypatch.setattr(outputs[1], "listen", _refuse)
    with pytest.raises(OSError, match="Too many open files"):
        starter.start(FOREVER, outputs)
    gone = await poll(
        lambda: asyncio.to_thread(Path(f"/proc/{started[0]}").exists), until=lambda x: not x, timeout_s=30
    )
    assert not gone
