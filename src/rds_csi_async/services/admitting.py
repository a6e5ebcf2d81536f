"""Admitting operations: so many at a time, the others in the order in which they came, none that would come too late.

When more is asked for than can be done before its callers give up, an orchestrator that asks for all of it again and
again gets nothing at all. So what would not be done in time is turned away at once, and the rest is done.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from rds_csi_async.domain.errors import BusyError, DeadlineError
from rds_csi_async.ports.deadlines import Deadline

_WEIGHT = 0.2  # of the last measurement in the mean


@dataclass(eq=False, slots=True)
class _Waiter:
    deadline: Deadline
    outcome: "asyncio.Future[BusyError | None]"  # None: it is its turn


class Lane:
    """The operations of one appliance, `width` of them at a time."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._running = 0
        self._waiting: deque[_Waiter] = deque()
        self._mean_s: float | None = None  # of one operation, from its turn to its end

    def __len__(self) -> int:
        """Tell how many run and wait."""
        return self._running + len(self._waiting)

    def ensure_in_time(self, deadline: Deadline) -> None:
        """Let in what can be done in time as far as is known. With nothing ahead, anything: it may have become faster.

        Raises:
            BusyError: it would not be done before its deadline; the message has the numbers.

        """
        refusal = self._find_refusal(len(self), deadline)
        if refusal is not None:
            raise refusal

    @asynccontextmanager
    async def turn(self, deadline: Deadline) -> AsyncIterator[None]:
        """Wait for a place, and keep it for what runs inside.

        Raises:
            BusyError: meanwhile it is known that it would not be done before its deadline.
            DeadlineError: that has passed.

        """
        await self._wait(deadline)
        begun_s = asyncio.get_running_loop().time()
        done = False
        try:
            yield
            done = True
        finally:
            self._running -= 1
            self._measure(asyncio.get_running_loop().time() - begun_s, done=done)
            self._move_up()
            self._turn_away()

    async def _wait(self, deadline: Deadline) -> None:
        waiter = _Waiter(deadline, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._move_up()
        try:
            while not waiter.outcome.done():
                await asyncio.wait([waiter.outcome], timeout=_get_left_s(deadline))
        except BaseException:
            self._give_up(waiter)
            raise
        refusal = waiter.outcome.result()
        if refusal is not None:
            raise refusal

    def _give_up(self, waiter: _Waiter) -> None:
        if waiter in self._waiting:
            self._waiting.remove(waiter)
        elif waiter.outcome.done() and waiter.outcome.result() is None:  # its turn came at the same moment
            self._running -= 1
            self._move_up()

    def _move_up(self) -> None:
        """Give free places to the first in the row."""
        while self._waiting and self._running < self._width:
            self._running += 1
            self._waiting.popleft().outcome.set_result(None)

    def _turn_away(self) -> None:
        """Tell whoever would come too late, by what is known now."""
        ahead = self._running
        for waiter in tuple(self._waiting):
            refusal = self._find_refusal(ahead, waiter.deadline)
            if refusal is None:
                ahead += 1
            else:
                self._waiting.remove(waiter)
                waiter.outcome.set_result(refusal)

    def _measure(self, took_s: float, *, done: bool) -> None:
        """Count what was done; what failed tells something only when it took longer than usual."""
        if self._mean_s is None:
            self._mean_s = took_s if done else None
        elif done or took_s > self._mean_s:
            self._mean_s += _WEIGHT * (took_s - self._mean_s)

    def _find_refusal(self, ahead: int, deadline: Deadline) -> BusyError | None:
        if not ahead or self._mean_s is None:
            return None
        expected_s = self._mean_s * (ahead // self._width + 1)
        left_s = deadline.remaining_s()
        if expected_s <= left_s:
            return None
        return BusyError(
            f"{ahead} operations are ahead on this appliance, which does {self._width} at a time, each in"
            f" {self._mean_s:.2g} s: this one would take {expected_s:.2g} s, and its caller waits {left_s:.2g} s more;"
            " nothing was done, come back later"
        )


def _get_left_s(deadline: Deadline) -> float:
    left_s = deadline.remaining_s()
    if not left_s:
        message = "the caller's time ran out while others were ahead; nothing was done"
        raise DeadlineError(message)
    return left_s
