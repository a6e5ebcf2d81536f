"""How late the event loop is: the one measure by which a blocking call shows in production."""

import asyncio
import time
from collections.abc import Callable
from typing import NoReturn

PERIOD_S = 0.5
LIMIT_S = 10.0


class LoopLag:
    """Beats while `watch` runs; `check` is a liveness check that knows how late the beats are.

    A loop that stands still answers no probe at all. This finds one that turns, but so slowly that no deadline is kept
    any more, and a watch that died. `clock` gives seconds and never goes back; `tell` is given how late each beat was.
    """

    def __init__(
        self,
        limit_s: float = LIMIT_S,
        period_s: float = PERIOD_S,
        clock: Callable[[], float] = time.monotonic,
        tell: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._tell = tell
        self._limit_s = limit_s
        self._period_s = period_s
        self._clock = clock
        self._beat_at_s: float | None = None
        self.last_s = 0.0
        self.worst_s = 0.0

    async def watch(self) -> NoReturn:
        """Beat for ever; whoever supervises the process runs and cancels it."""
        while True:
            self.beat()
            await asyncio.sleep(self._period_s)

    def beat(self) -> None:
        """Note how much more than a period has passed since the beat before."""
        self.last_s = self._find_lateness_s()
        self.worst_s = max(self.worst_s, self.last_s)
        self._beat_at_s = self._clock()
        self._tell(self.last_s)

    def check(self) -> str | None:
        """Say what is wrong with the loop's turning, if anything is."""
        if self._beat_at_s is None:
            return "the event loop is not being watched"
        late_s = max(self.last_s, self._find_lateness_s())
        return f"the event loop is {late_s:.1f} s late" if late_s > self._limit_s else None

    def _find_lateness_s(self) -> float:
        """How long the next beat is overdue; the first never is."""
        if self._beat_at_s is None:
            return 0.0
        return max(0.0, self._clock() - self._beat_at_s - self._period_s)
