"""Waiting for what the kernel does in its own time and tells nobody of."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

FIRST_PAUSE_S = 0.005
LONGEST_PAUSE_S = 0.2
T = TypeVar("T")


async def poll(look: Callable[[], Awaitable[T]], *, until: Callable[[T], bool], timeout_s: float) -> T:
    """Look until what is seen will do, or the time has run out; give what was seen last.

    The first look comes at once; the pauses grow, since most of it is there within milliseconds.
    """
    loop = asyncio.get_running_loop()
    end_s, pause_s = loop.time() + timeout_s, FIRST_PAUSE_S
    while True:
        seen = await look()
        left_s = end_s - loop.time()
        if until(seen) or left_s <= 0:
            return seen
        await asyncio.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
