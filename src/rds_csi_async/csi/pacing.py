"""Letting calls begin a few at a time: a sidecar sends a hundred at once, and together they would hold the loop."""

import asyncio
from collections import deque

AT_ONCE = 5  # each takes up to a millisecond of CPU until it first waits; and reading a hundred takes ten


class Pacing:
    """Lets so many begin in one turn of the loop, the others in the turns after it, first come, first served."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._left = at_once  # in this turn
        self._counting = False  # whether something will look when this turn is over
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Return when it is this one's turn."""
        if not self._counting:
            self._counting = True
            asyncio.get_running_loop().call_soon(self._begin_turn)
        if self._left and not self._waiting:
            self._left -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _begin_turn(self) -> None:
        self._left = self._at_once
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else it was cancelled
                turn.set_result(None)
                self._left -= 1
        self._counting = self._left < self._at_once
        if self._counting:
            asyncio.get_running_loop().call_soon(self._begin_turn)
