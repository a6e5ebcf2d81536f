"""Programs as children, each bounded in time and output. Nothing else in the driver starts one.

A child gets a session of its own, so that at the deadline it is killed with all that it started; no shell, no
terminal, nothing on stdin, and the C locale, since texts are compared. What does not die of SIGKILL (it waits in the
kernel for a device that does not answer) is written off and counted; nobody waits for it any longer.

A child dies with the driver (prctl(2), PR_SET_PDEATHSIG, set by `setpriv`, which then becomes the program): a mkfs
that went on under the next driver would write into what that one mounts. Those that only read are spared the detour;
and where the driver is the first process of a namespace of its own, as in a container, the kernel sees to it
(pid_namespaces(7)).
"""

import asyncio
import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from rds_csi_async.domain.errors import DeadlineError, HostError, NotReadyError, StuckError
from rds_csi_async.host.children import Child, Starter
from rds_csi_async.host.outputs import Output
from rds_csi_async.ports.deadlines import remaining_s

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MOST_BYTES = 1 << 20
KILL_GRACE_S = 3.0  # what dies at all dies at once; a busy machine may take a little to say so
DRAIN_GRACE_S = 1.0  # a grandchild may keep the pipes open after the child has gone
DEBIAN_PACKAGES = {
    "blkid": "util-linux",
    "blockdev": "util-linux",
    "btrfs": "btrfs-progs",
    "losetup": "mount",
    "mkfs.btrfs": "btrfs-progs",
    "mkfs.ext4": "e2fsprogs",
    "mkfs.xfs": "xfsprogs",
    "modprobe": "kmod",
    "mount": "mount",
    "nvme": "nvme-cli",
    "resize2fs": "e2fsprogs",
    "setpriv": "util-linux",
    "stat": "coreutils",
    "sync": "coreutils",
    "umount": "mount",
    "xfs_growfs": "xfsprogs",
}
# What a node needs whatever the fabric.
NODE_PROGRAMS = tuple(sorted(set(DEBIAN_PACKAGES) - {"losetup", "modprobe", "nvme"}))
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
_ONLY_READ = frozenset({"blkid", "stat", sys.executable})
_NOT_FOUND = 127  # setpriv's exit statuses when the program itself cannot be run, as a shell's
_NOT_RUNNABLE = 126
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that ended by itself; `exit_status` is negative when a signal ended it."""

    argv: tuple[str, ...]
    exit_status: int
    stdout: str
    stderr: str

    def ensure_success(self) -> "Completed":
        """Insist on exit status 0.

        Raises:
            HostError: another one, with what the program said.

        """
        if self.exit_status != 0:
            said = " ".join((self.stderr.strip() or self.stdout.strip() or "without a word").split())
            message = f"{' '.join(self.argv)} failed ({self.exit_status}): {said[-600:]}"
            raise HostError(message)
        return self


class Programs:
    """Runs programs found on a fixed path. `written_off` counts those that no signal ended.

    `tell` is given that number, and how many of them are there still, whenever one of the two changes.
    """

    def __init__(
        self,
        path: str = PATH,
        *,
        kill_grace_s: float = KILL_GRACE_S,
        tell: Callable[[int, int], None] = lambda _written_off, _hanging: None,
    ) -> None:
        self.written_off = 0
        self._tell = tell
        self._hanging: set[Child] = set()
        self._path = path
        self._starter = Starter(path, {"LC_ALL": "C"})
        self._kill_grace_s = kill_grace_s

    async def run(self, argv: Sequence[str], *, timeout_s: float, most_bytes: int = MOST_BYTES) -> Completed:
        """Run a program to its end, for `timeout_s` and as long as the current operation has at most.

        Of each of its two outputs `most_bytes` are kept. Cancelled, it is killed too.

        Raises:
            DeadlineError: the operation's time ran out, before or meanwhile.
            HostError: it took longer than `timeout_s`, and was killed.
            NotReadyError: there is no such program.
            StuckError: it had to be killed, and does not die.

        """
        left_s = remaining_s(timeout_s)
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        outputs: list[Output] = []
        try:
            _open(outputs, most_bytes, argv)
            child = self._start(argv, outputs)
            await self._wait(child, outputs, argv, left_s)
        except TimeoutError:
            message = f"{' '.join(argv)} did not end within {left_s:.1f} s and was killed"
            raise (DeadlineError if left_s < timeout_s else HostError)(message) from None
        finally:
            for output in outputs:
                output.close()
        exit_status = child.exited.result()
        _log.debug("ran %s: exit status %d after %.3f s", " ".join(argv), exit_status, loop.time() - started_s)
        return _ensure_was_run(Completed(tuple(argv), exit_status, *(output.text() for output in outputs)))

    @property
    def hanging(self) -> int:
        """How many of those that were written off are there still."""
        return len(self._hanging)

    async def list_missing(self, names: Iterable[str]) -> list[str]:
        """List those of the programs that are not there, each with the Debian package that has it."""
        found = await asyncio.to_thread(lambda: {name: shutil.which(name, path=self._path) for name in names})
        return [_with_package(name) for name, path in found.items() if path is None]

    def _start(self, argv: Sequence[str], outputs: Sequence[Output]) -> Child:
        started = _render(argv)
        try:
            return self._starter.start(started, outputs)
        except FileNotFoundError:
            message = f"this node lacks {_with_package(started[0])}"
            raise NotReadyError(message) from None
        except OSError as error:
            raise _not_started(argv, error) from error

    async def _wait(self, child: Child, outputs: Iterable[Output], argv: Sequence[str], timeout_s: float) -> None:
        """Wait for its end and its last words; else it is killed."""
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(child.exited)
            for output in outputs:
                await output.drain(DRAIN_GRACE_S)
        except (TimeoutError, asyncio.CancelledError):
            await self._kill(child, argv)
            raise

    async def _kill(self, child: Child, argv: Sequence[str]) -> None:
        """Kill the whole session; raise `StuckError` when the child itself stays."""
        with suppress(ProcessLookupError):
            child.kill()
        _log.debug("killed %s", " ".join(argv))
        try:
            async with asyncio.timeout(self._kill_grace_s):
                await asyncio.shield(child.exited)
        except TimeoutError:
            self._write_off(child)
            message = f"{' '.join(argv)} hangs in the kernel and cannot be killed (process {child.pid})"
            raise StuckError(message) from None

    def _write_off(self, child: Child) -> None:
        def forget(_: object) -> None:
            self._hanging.discard(child)
            self._tell(self.written_off, self.hanging)

        self.written_off += 1
        self._hanging.add(child)
        child.exited.add_done_callback(forget)
        self._tell(self.written_off, self.hanging)


def _open(outputs: list[Output], most_bytes: int, argv: Sequence[str]) -> None:
    """Add both outputs, one by one, so that the caller closes the first where the second cannot be had."""
    try:
        outputs.append(Output(most_bytes))
        outputs.append(Output(most_bytes))
    except OSError as error:
        raise _not_started(argv, error) from error


def _not_started(argv: Sequence[str], error: OSError) -> HostError:
    return HostError(f"{argv[0]} could not be started: {error.strerror}")


def _render(argv: Sequence[str]) -> tuple[str, ...]:
    dies_anyway = argv[0] in _ONLY_READ or os.getpid() == 1
    return (*argv,) if dies_anyway else (*_DIES_WITH_US, *argv)


def _ensure_was_run(done: Completed) -> Completed:
    """Tell a program that could not be run from one that failed."""
    prefix = f"{_DIES_WITH_US[0]}: failed to execute {done.argv[0]}: "
    if done.exit_status == _NOT_FOUND and done.stderr.startswith(prefix):
        message = f"this node lacks {_with_package(done.argv[0])}"
        raise NotReadyError(message)
    if done.exit_status == _NOT_RUNNABLE and done.stderr.startswith(prefix):
        message = f"{done.argv[0]} could not be started: {done.stderr.removeprefix(prefix).strip()}"
        raise HostError(message)
    return done


def _with_package(name: str) -> str:
    package = DEBIAN_PACKAGES.get(name)
    return f"{name} (Debian package {package})" if package else name
