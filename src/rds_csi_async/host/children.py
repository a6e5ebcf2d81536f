"""One child process: started without a copy of this one (posix_spawn(3)), and seen to end by pidfd_open(2).

asyncio's own way takes twice the driver's CPU time for each, and before Python 3.12 a thread. What a child is for, how
long it may take and what becomes of it then is `process`' affair.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from rds_csi_async.host.outputs import Output

_OUTPUTS = (1, 2)
_LOOK_EVERY_S = 0.05
_RESTORED = (signal.SIGPIPE, signal.SIGXFSZ)  # which Python ignores, and a child would go on ignoring


class Child:
    """A process that runs, or has ended. Until it has, and was waited for here, its number means no other.

    When there is no descriptor left to see its end by, it is looked at again and again: it is never out of sight.
    """

    def __init__(self, pid: int) -> None:
        """Watch a process that was just started."""
        self._loop = asyncio.get_running_loop()
        self._pid = pid
        self.exited: asyncio.Future[int] = self._loop.create_future()
        """Its exit status; negative when a signal ended it."""
        try:
            self._descriptor = os.pidfd_open(pid)
        except OSError:
            self._look()
        else:
            self._watch()

    @property
    def pid(self) -> int:
        """The number of the process, and of the session that it leads."""
        return self._pid

    def kill(self) -> None:
        """Kill it and all that it started, unless it has ended."""
        if not self.exited.done():
            os.killpg(self._pid, signal.SIGKILL)

    def _watch(self) -> None:
        try:
            self._loop.add_reader(self._descriptor, self._reap)
        except OSError:  # the kernel has no memory for it
            os.close(self._descriptor)
            self._look()

    def _reap(self) -> None:
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        _, status = os.waitpid(self._pid, 0)  # it has ended, so this does not wait
        self.exited.set_result(os.waitstatus_to_exitcode(status))

    def _look(self) -> None:
        ended, status = os.waitpid(self._pid, os.WNOHANG)
        if ended:
            self.exited.set_result(os.waitstatus_to_exitcode(status))
        else:
            self._loop.call_later(_LOOK_EVERY_S, self._look)


class Starter:
    """Starts programs found in the folders of a path, each in a session of its own, with nothing to read."""

    def __init__(self, path: str, environment: Mapping[str, str]) -> None:
        self._folders = path.split(":")
        self._environment = {**environment, "PATH": path}
        self._found: dict[str, str] = {}  # where a program was last time

    def start(self, argv: Sequence[str], outputs: Sequence[Output]) -> Child:
        """Start a program that says what it has to say on these two; from now on they are listened to.

        Raises:
            FileNotFoundError: there is no such program, or not what it takes to run it.
            OSError: it cannot be run.

        """
        child = Child(self._spawn(argv, outputs))
        try:
            for output in outputs:
                output.listen()
        except OSError:
            child.kill()  # what nobody hears, and nobody waits for, must not go on
            raise
        return child

    def _spawn(self, argv: Sequence[str], outputs: Sequence[Output]) -> int:
        refusal: OSError = FileNotFoundError(f"there is no {argv[0]}")
        for place in self._places(argv[0]):
            try:
                pid = _spawn(place, argv, self._environment, outputs)
            except FileNotFoundError:
                continue
            except OSError as error:
                refusal = error
                continue
            self._found[argv[0]] = place
            return pid
        raise refusal

    def _places(self, name: str) -> list[str]:
        if "/" in name:
            return [name]
        last = [self._found[name]] if name in self._found else []
        return [*last, *(f"{folder}/{name}" for folder in self._folders)]


def keep_to_ourselves() -> None:
    """Leave no child what whoever started the driver left open. What Python opens none gets (PEP 446). Blocks."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - no more than the names
        if int(name) > max(_OUTPUTS):
            with suppress(OSError):  # the listing's own
                os.set_inheritable(int(name), False)  # noqa: FBT003 - as the standard library has it


def _spawn(place: str, argv: Sequence[str], environment: Mapping[str, str], outputs: Sequence[Output]) -> int:
    nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    heard = [(os.POSIX_SPAWN_DUP2, output.child_end, end) for output, end in zip(outputs, _OUTPUTS, strict=True)]
    return os.posix_spawn(
        place, list(argv), environment, file_actions=[nothing, *heard], setsid=True, setsigdef=_RESTORED
    )
