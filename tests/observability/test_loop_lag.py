"""A late loop is noticed, and so is a watch that died."""

import asyncio
from contextlib import suppress

import pytest

from rds_csi_async.observability.loop_lag import LoopLag


class Clock:
    """A clock that is told what time it is."""

    now_s = 1000.0

    def __call__(self) -> float:
        """Tell it."""
        return self.now_s


def test_nobody_watching_is_a_fault() -> None:
    """Silence is not health."""
    assert LoopLag().check() == "the event loop is not being watched"


def test_a_blocking_call_is_measured_and_then_forgiven() -> None:
    """The beat after it tells how late it came; the worst is remembered when the loop is on time again."""
    clock = Clock()
    told: list[float] = []
    lag = LoopLag(limit_s=10, period_s=0.5, clock=clock, tell=told.append)
    lag.beat()
    clock.now_s += 31
    assert lag.check() == "the event loop is 30.5 s late"
    lag.beat()
    assert lag.check() == "the event loop is 30.5 s late"
    clock.now_s += 0.5
    lag.beat()
    assert (lag.check(), lag.last_s, lag.worst_s) == (None, 0, 30.5)
    assert told == [0, 30.5, 0]


def test_late_within_the_limit_is_no_fault() -> None:
    """The limit itself is still allowed, and nothing past it."""
    clock = Clock()
    lag = LoopLag(limit_s=10, period_s=0.5, clock=clock)
    lag.beat()
    clock.now_s += 10.5
    assert lag.check() is None
    clock.now_s += 0.1
    assert lag.check() is not None


@pytest.mark.looptime
async def test_the_watch_beats_until_it_ends() -> None:
    """A watched loop is on time (virtual time is never late); when the watch has died, its silence shows."""
    lag = LoopLag(limit_s=10, period_s=0.5, clock=asyncio.get_running_loop().time)
    with suppress(TimeoutError):
        await asyncio.wait_for(lag.watch(), 60.2)
    assert (lag.check(), lag.worst_s) == (None, 0)
    await asyncio.sleep(20)
    assert lag.check() == "the event loop is 19.7 s late"
