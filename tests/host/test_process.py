"""Programs end in time, whatever they do, and say what they said."""

import asyncio
import errno
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import DeadlineError, HostError, NotReadyError, StuckError
from rds_csi_async.host.polling import poll
from rds_csi_async.host.process import Programs
from rds_csi_async.ports.deadlines import Deadline, working_under

FOREVER = ("sleep", "1000000")


async def test_outputs_and_exit_status_are_told_apart() -> None:
    """Each stream by itself, and the status as it is."""
    done = await Programs().run(["sh", "-c", "echo out; echo err >&2; exit 5"], timeout_s=30)
    assert (done.exit_status, done.stdout, done.stderr) == (5, "out\n", "err\n")
    with pytest.raises(HostError, match=r"failed \(5\): err"):
        done.ensure_success()


async def test_success_gives_itself() -> None:
    """So that calls can be chained."""
    done = await Programs().run(["true"], timeout_s=30)
    assert done.ensure_success() is done


async def test_arguments_are_no_shells_business() -> None:
    """What a shell would expand comes through as it is."""
    done = await Programs().run(["printf", "%s|", "$HOME; `id` *", ""], timeout_s=30)
    assert done.stdout == "$HOME; `id` *||"


async def test_a_child_knows_no_more_than_it_needs() -> None:
    """The C locale and a path; nothing of the driver's surroundings, and nothing on stdin."""
    done = await Programs().run(["sh", "-c", "env | grep -v -e ^PWD= -e ^_= -e ^SHLVL=; cat"], timeout_s=30)
    assert sorted(line.partition("=")[0] for line in done.stdout.splitlines()) == ["LC_ALL", "PATH"]
    assert "LC_ALL=C\n" in done.stdout


async def test_a_missing_program_is_named_with_its_package(tmp_path: Path) -> None:
    """The person who reads it can act."""
    programs = Programs(path="/nonexistent")
    with pytest.raises(NotReadyError, match=re.escape("mkfs.xfs (Debian package xfsprogs)")):
        await Programs(path=await asyncio.to_thread(_make_path, tmp_path)).run(["mkfs.xfs", "/dev/x"], timeout_s=30)
    with pytest.raises(NotReadyError, match=re.escape("setpriv (Debian package util-linux)")):
        await programs.run(["mkfs.xfs", "/dev/x"], timeout_s=30)
    with pytest.raises(NotReadyError, match=re.escape("blkid (Debian package util-linux)")):
        await programs.run(["blkid", "/dev/x"], timeout_s=30)
    assert await programs.list_missing(["nvme", "odd"]) == ["nvme (Debian package nvme-cli)", "odd"]
    assert await Programs().list_missing(["sh"]) == []


async def test_what_cannot_be_run_is_an_error() -> None:
    """A folder is no program."""
    with pytest.raises(HostError, match="could not be started"):
        await Programs().run(["/"], timeout_s=30)


async def test_output_is_bounded_and_does_not_block_the_child() -> None:
    """A program that talks without end is heard to its end, and kept in part."""
    argv = [sys.executable, "-c", "print('x' * 3_000_000)"]
    done = await Programs().run(argv, timeout_s=60, most_bytes=1000)
    assert (done.exit_status, done.stdout) == (0, "x" * 1000)


async def test_what_takes_too_long_is_killed_with_all_it_started(tmp_path: Path) -> None:
    """A grandchild does not outlive it."""
    file = tmp_path / "pid"
    script = f"sleep 1000000 & echo $! > {file}.new; mv {file}.new {file}; wait"
    programs = Programs()
    with pytest.raises(HostError, match=r"did not end within 1\.0 s and was killed"):
        await programs.run(["sh", "-c", script], timeout_s=1)
    await _wait_for_end(int(await asyncio.to_thread(file.read_text)))
    assert programs.written_off == 0


async def test_the_operations_time_bounds_it_too() -> None:
    """Whatever the program itself was given; without any left it is not started."""
    with working_under(Deadline(0.2)), pytest.raises(DeadlineError, match="was killed"):
        await Programs().run(FOREVER, timeout_s=3600)
    with working_under(Deadline(0)), pytest.raises(DeadlineError, match="nothing was done"):
        await Programs().run(FOREVER, timeout_s=3600)


async def test_cancelling_kills(tmp_path: Path) -> None:
    """Who loses interest leaves nothing running."""
    file = tmp_path / "pid"
    script = f"echo $$ > {file}.new; mv {file}.new {file}; exec sleep 1000000"
    running = asyncio.get_running_loop().create_task(Programs().run(["sh", "-c", script], timeout_s=3600))
    assert await poll(lambda: asyncio.to_thread(file.exists), until=bool, timeout_s=30)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _wait_for_end(int(await asyncio.to_thread(file.read_text)))


async def test_a_child_dies_with_the_driver(tmp_path: Path) -> None:
    """However the driver ends: killed, it cannot do it itself."""
    file = tmp_path / "pid"
    script = f"echo $$ > {file}.new; mv {file}.new {file}; exec sleep 1000000"
    driver = (
        "import asyncio; from rds_csi_async.host.process import Programs;"
        f"asyncio.run(Programs().run(['sh', '-c', {script!r}], timeout_s=3600))"
    )
    running = asyncio.get_running_loop().create_task(Programs().run([sys.executable, "-c", driver], timeout_s=3600))
    assert await poll(lambda: asyncio.to_thread(file.exists), until=bool, timeout_s=60)
    pid = int(await asyncio.to_thread(file.read_text))
    assert await asyncio.to_thread(_runs, pid)
    assert os.getsid(pid) == pid  # so whoever kills the driver's own session does not reach it
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _wait_for_end(pid)


async def test_a_daemon_that_keeps_the_pipes_is_not_waited_for() -> None:
    """The program has ended, and that is what counts."""
    done = await asyncio.wait_for(Programs().run(["sh", "-c", "setsid sleep 20 & echo said"], timeout_s=15), 15)
    assert (done.exit_status, done.stdout) == (0, "said\n")


async def test_what_cannot_be_killed_is_written_off() -> None:
    """As a child in the kernel's uninterruptible sleep: nobody waits for it, and it is counted."""
    programs = Programs(kill_grace_s=0)  # no time to die in: looks to the caller as a child that does not
    with pytest.raises(StuckError, match="cannot be killed"):
        await programs.run(FOREVER, timeout_s=0.1)
    assert (programs.written_off, programs.hanging) == (1, 1)
    await _count_hanging(programs)


async def test_what_was_written_off_and_ends_at_last_hangs_no_more() -> None:
    """It stays counted as once written off; both are told."""
    told: list[tuple[int, int]] = []
    programs = Programs(kill_grace_s=0, tell=lambda written_off, hanging: told.append((written_off, hanging)))
    with pytest.raises(StuckError):
        await programs.run(FOREVER, timeout_s=0.1)
    assert await _count_hanging(programs) == 0
    assert programs.written_off == 1
    assert told == [(1, 1), (1, 0)]


def _make_path(folder: Path) -> str:
    """Make a folder with nothing in it but what starts programs."""
    (folder / "setpriv").symlink_to(shutil.which("setpriv") or "")
    return str(folder)


async def _count_hanging(programs: Programs) -> int:
    """Give the killed ones time to end."""

    async def look() -> int:
        return programs.hanging

    return await poll(look, until=lambda count: count == 0, timeout_s=30)


async def _wait_for_end(pid: int) -> None:
    """Insist that soon no process of this id is there, or only its remains."""
    assert not await poll(lambda: asyncio.to_thread(_runs, pid), until=lambda runs: not runs, timeout_s=30)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_a_lack_of_descriptors_is_an_error_and_leaves_none_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the first output could be had, and the second not."""
    opened: list[int] = []
    pipe = os.pipe

    def grant_one() -> tuple[int, int]:
        if opened:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        opened.extend(pipe())
        return opened[0], opened[1]

    monkeypatch.setattr(os, "pipe", grant_one)
    with pytest.raises(HostError, match="true could not be started: Too many open files"):
        await Programs().run(["true"], timeout_s=30)
    for descriptor in opened:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(descriptor)
