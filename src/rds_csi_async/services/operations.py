"""Operations outlive their calls: who runs them, who may join, and who has to come back later.

The appliance and the kernel go on when a caller gives up, so what a call starts is a task of the supervisor, and the
call only waits for it. Until it ends other calls for the same volume join it (equal arguments) or are told to come
back.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Hashable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from rds_csi_async.domain.errors import BusyError, NotReadyError, StuckError
from rds_csi_async.ports import deadlines
from rds_csi_async.ports.deadlines import Deadline
from rds_csi_async.ports.progress import Progress
from rds_csi_async.services.admitting import Lane
from rds_csi_async.services.pending import Pending, named_when_slow

_log = logging.getLogger(__name__)
T = TypeVar("T")
_CHORE = object()  # stands in for arguments
_CANCELLATIONS = 3
_CANCEL_GRACE_S = 2.0


class Supervisor:
    """Owns the tasks of one process. One that fails is written down and takes no other with it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ended: list[str] = []
        self._progresses: list[Progress] = []

    def start(self, name: str, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Run the work as a task of this supervisor."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._note)
        return task

    def start_endless(self, name: str, work: Coroutine[Any, Any, object], progress: Progress | None = None) -> None:
        """Run work that must never end while the process lives; should it, `find_ended` tells.

        Should it go on and not get on, `find_stalled` does, where it notes its progress.
        """
        self.start(name, work).add_done_callback(self._note_end)
        if progress is not None:
            self._progresses.append(progress)

    def find_ended(self) -> str | None:
        """Tell which endless work has ended, and why: a reason to start the process anew. None when all goes on."""
        return "; ".join(self._ended) or None

    def find_stalled(self) -> str | None:
        """Tell which endless work does not get on: a reason to start the process anew. None when all does."""
        return "; ".join(filter(None, (progress.find_stall() for progress in self._progresses))) or None

    async def drain(self, timeout_s: float) -> None:
        """Wait for the tasks to end, `timeout_s` at most, then cancel what is left and wait for that.

        A cancellation can be swallowed by what a task awaits, so it is repeated; what then goes on is left behind.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)
        for _ in range(_CANCELLATIONS):
            if not self._tasks:
                return
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=_CANCEL_GRACE_S)
        _log.error("left behind: %s", ", ".join(task.get_name() for task in self._tasks))

    def _note_end(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled():
            self._ended.append(f"{task.get_name()} ended: {task.exception()!r}")
            _log.error("%s, and nothing does it any more", self._ended[-1])

    def _note(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            _log.info("task %s was cancelled", task.get_name())
        elif (error := task.exception()) is not None:
            _log.debug("task %s failed: %s", task.get_name(), error)


@dataclass(frozen=True, slots=True)
class _Operation:
    arguments: Hashable
    deadline: Deadline
    task: "asyncio.Task[Any]"

    @property
    def is_chore(self) -> bool:
        """Nobody asked for it."""
        return self.arguments is _CHORE and not self.task.done()


class Operations:
    """At most one operation a key at a time, `most` in all, and in the lanes that have one no more than their width."""

    def __init__(  # noqa: PLR0913 - bounds, which have defaults
        self,
        supervisor: Supervisor,
        widths: Mapping[str, int] | None = None,
        *,
        default_s: float = 120,
        bound_s: float = 900,
        most: int = 1000,
        pending: Pending | None = None,
    ) -> None:
        self._pending = pending
        self._lanes = {name: Lane(width) for name, width in (widths or {}).items()}
        self._supervisor = supervisor
        self._default_s = default_s
        self._bound_s = bound_s
        self._most = most
        self._running: dict[str, _Operation] = {}

    def __len__(self) -> int:
        """Tell how many are under way."""
        return len(self._running)

    async def do_chore(self, key: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do work that nobody asked for. Who comes meanwhile waits for it, rather than be told to come back.

        Raises:
            BusyError: work that was asked for is under way, so that this has to come back.

        """
        if key in self._running:
            message = f"{self._running[key].task.get_name()} is under way for this volume"
            raise BusyError(message)
        operation = self._begin(key, _CHORE, deadlines.find_current() or Deadline(self._default_s), work, None)
        result: T = await self._wait(operation)
        return result

    async def run(self, key: str, arguments: Hashable, work: Callable[[], Coroutine[Any, Any, T]], lane: str = "") -> T:
        """Do the work, or wait for the same work that is under way; the work goes on when this call is cancelled.

        Raises:
            BusyError: other work for this key is under way, or too much work in all, or more in this lane than can be
                done before the deadline.
            StuckError: the work did not end within the bound; it was given up and the key is free.
            NotReadyError: the driver is stopping, and gave the work up.

        """
        deadline = deadlines.find_current() or Deadline(self._default_s)
        while (operation := self._running.get(key)) is not None and operation.is_chore:
            await asyncio.wait([operation.task])
        if operation is None or operation.task.done():  # what has ended is no answer to a call that came after
            operation = self._begin(key, arguments, deadline, work, self._lanes.get(lane))
        elif operation.arguments != arguments:
            message = f"{operation.task.get_name()} is under way for this volume; come back when it has ended"
            raise BusyError(message)
        operation.deadline.extend(deadline)
        result: T = await self._wait(operation)
        return result

    async def _wait(self, operation: _Operation) -> Any:  # noqa: ANN401 - `run` knows the type by the work it was given
        await asyncio.wait([operation.task])  # which a cancelled caller leaves, and the task does not notice
        if operation.task.cancelled():
            message = f"{operation.task.get_name()} was given up, since the driver stops: its outcome is unknown"
            raise NotReadyError(message)
        return operation.task.result()

    def _begin(
        self,
        key: str,
        arguments: Hashable,
        deadline: Deadline,
        work: Callable[[], Coroutine[Any, Any, T]],
        lane: Lane | None,
    ) -> _Operation:
        if len(self._running) >= self._most:
            message = f"{len(self._running)} operations are under way, as many as this driver takes; come back later"
            raise BusyError(message)
        if lane is not None:
            lane.ensure_in_time(deadline)
        own = Deadline(deadline.remaining_s())  # the caller's is the caller's: joiners must not move that one
        name = getattr(getattr(work, "func", work), "__name__", "work")  # of a partial, too
        title = f"{name} of {key}"
        task = self._supervisor.start(title, self._watched(title, lane, key, own, work))
        self._running[key] = operation = _Operation(arguments, own, task)
        task.add_done_callback(lambda _: self._forget(key, operation))
        return operation

    def _forget(self, key: str, operation: _Operation) -> None:
        if self._running.get(key) is operation:  # the next one may have begun before this was called
            del self._running[key]

    async def _watched(
        self, title: str, lane: Lane | None, key: str, deadline: Deadline, work: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        what = title.partition(" of ")[0]
        with nullcontext() if self._pending is None else self._pending.shown(what, key), named_when_slow(title):
            return await self._in_turn(lane, key, deadline, work)

    async def _in_turn(
        self, lane: Lane | None, key: str, deadline: Deadline, work: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        async with nullcontext() if lane is None else lane.turn(deadline):
            return await self._bounded(key, deadline, work)

    async def _bounded(self, key: str, deadline: Deadline, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        bound = asyncio.timeout(self._bound_s)
        try:
            with deadlines.working_under(deadline):
                async with bound:
                    return await work()
        except TimeoutError as error:
            if not bound.expired():
                raise  # the work's own
            message = f"the operation on {key} did not end within {self._bound_s} s and was given up"
            _log.error("%s: what it did is unknown until the next look", message)
            raise StuckError(message) from error
