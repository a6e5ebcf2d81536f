"""Starts pytest, the driver and the simulator by forking a process that has loaded all that they load.

In a guest importing takes longer than all that a scenario does.

    python -m tests.vm.forks PYTEST-ARGUMENTS

runs pytest, and gives its exit status. Asked over the socket, one JSON object a connection, it forks a child that runs
the driver's command line, and answers with its process id and, when it has ended, with how it ended.
"""

import asyncio
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

SOCKET = Path("/run/guest/forks")
_BACKLOG = 16


class Forked(asyncio.Protocol):
    """A process that was started over the socket, seen from whoever asked for it."""

    def __init__(self) -> None:
        self.returncode: int | None = None
        self.pid: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._ended = asyncio.Event()
        self._said = b""

    def data_received(self, data: bytes) -> None:
        """Take the process id, and how it ended."""
        *lines, self._said = (self._said + data).split(b"\n")
        for line in lines:
            if not self.pid.done():
                self.pid.set_result(int(line))
            else:
                self.returncode = int(line)
                self._ended.set()

    async def wait(self) -> int:
        """Wait for its end; give how it ended, a signal as a negative number."""
        await self._ended.wait()
        return cast("int", self.returncode)

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal."""
        os.kill(self.pid.result(), signal)


async def launch(arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> Forked:
    """Have a process started that runs `rds-csi` with these arguments, and adds to the log what it says."""
    transport, forked = await asyncio.get_running_loop().create_unix_connection(Forked, str(SOCKET))
    request = {"arguments": list(arguments), "log": str(log), "environment": dict(environment)}
    transport.write(json.dumps(request).encode() + b"\n")
    await forked.pid
    return forked


def serve(arguments: Sequence[str]) -> int:
    """Run pytest, and fork what it asks for; give its exit status."""
    _load()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(SOCKET))
    listening.listen(_BACKLOG)
    tests = os.fork()
    if tests == 0:
        import pytest  # noqa: PLC0415 - the children need none

        listening.close()
        raise SystemExit(pytest.main([*arguments]))
    ended = os.pidfd_open(tests)
    with selectors.DefaultSelector() as selector:
        selector.register(listening, selectors.EVENT_READ, lambda: _fork(selector, listening))
        selector.register(ended, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fd == ended:
                    return os.waitstatus_to_exitcode(os.waitpid(tests, 0)[1])
                cast("Callable[[], None]", key.data)()


def _load() -> None:
    """Import what the commands import when they run."""
    import rds_csi_async.app.cli  # noqa: PLC0415 - whoever only asks needs none of it
    import rds_csi_async.app.controller_wiring  # noqa: PLC0415
    import rds_csi_async.app.node_wiring  # noqa: PLC0415
    import rds_csi_async.app.running  # noqa: PLC0415
    import rds_csi_async.app.simulating  # noqa: F401, PLC0415


def _fork(selector: selectors.BaseSelector, listening: socket.socket) -> None:
    asking, _ = listening.accept()
    request = json.loads(asking.makefile().readline())
    pid = os.fork()
    if pid == 0:
        _run(request)
    asking.sendall(f"{pid}\n".encode())
    process = os.pidfd_open(pid)
    selector.register(process, selectors.EVENT_READ, lambda: _reap(selector, process, pid, asking))


def _reap(selector: selectors.BaseSelector, process: int, pid: int, asking: socket.socket) -> None:
    selector.unregister(process)
    os.close(process)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        asking.sendall(f"{status}\n".encode())
    except BrokenPipeError:  # whoever asked is gone
        pass
    finally:
        asking.close()


def _run(request: dict[str, Any]) -> None:
    """Be the child: run the command line, and end."""
    from rds_csi_async.app.cli import main  # noqa: PLC0415 - as above

    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.closerange(3, min(1 << 16, os.sysconf("SC_OPEN_MAX")))
    os.setsid()
    os.environ.clear()  # noqa: TID251 - it becomes the process that it was asked for
    os.environ.update(request["environment"])  # noqa: TID251
    signal.signal(signal.SIGINT, signal.default_int_handler)
    status = 1
    try:
        status = main(request["arguments"])
    except BaseException:  # noqa: BLE001 - whatever it is, it is the child's end
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.exit(serve(sys.argv[1:]))
