"""A look comes at once, then again, and never after the time has run out."""

import asyncio

import pytest

from rds_csi_async.host.polling import poll

pytestmark = pytest.mark.looptime


class Clock:
    """Sees the loop's time, and counts the looks."""

    def __init__(self) -> None:
        self.looks = 0

    async def look(self) -> float:
        """Give the time."""
        self.looks += 1
        return asyncio.get_running_loop().time()


async def test_what_is_there_is_taken_at_once() -> None:
    """Without any pause."""
    clock = Clock()
    assert await poll(clock.look, until=lambda _: True, timeout_s=0) == 0
    assert clock.looks == 1


async def test_what_comes_is_seen_soon() -> None:
    """Within the longest pause."""
    clock = Clock()
    assert 5 <= await poll(clock.look, until=lambda now: now >= 5, timeout_s=60) <= 5.2
    assert clock.looks < 40


async def test_what_does_not_come_is_given_as_it_is() -> None:
    """Seen at the very end of the time, and not later."""
    clock = Clock()
    assert await poll(clock.look, until=lambda _: False, timeout_s=1) == 1
