"""Channels are few: who may use one now, who waits, and who need not wait since it would be in vain.

Health and the reads that others wait for have a lane of their own, which no flood of work can fill. They use the other
lane too when it is the faster one, but pass nobody by who waits there; so in each lane whoever waits is next some time.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from rds_csi_async.domain.errors import BusyError
from rds_csi_async.ports.deadlines import remaining_s

_MEMORY: Final = 0.1  # how much the latest use of a channel weighs in the mean


class Lanes:
    """A number of channels, some of them kept for what is urgent."""

    def __init__(self, channels: int, urgent: int, name: str) -> None:
        self._urgent = _Lane(urgent)
        self._ordinary = _Lane(channels - urgent)
        self._name = name

    @asynccontextmanager
    async def channel(self, most_s: float, *, urgent: bool) -> AsyncIterator[None]:
        """Hold a channel, waiting for it `most_s` at most.

        Raises:
            BusyError: there is none, or there will be none in time; nothing was done.
            DeadlineError: the caller's time ran out while it waited; nothing was done.

        """
        lane = min(self._urgent, self._ordinary, key=_Lane.wait) if urgent else self._ordinary
        left_s = remaining_s(most_s)
        if lane.wait()[1] > left_s:
            message = (
                f"{lane.waiting} commands wait for a channel to {self._name}: there will be none within {left_s:.1f} s,"
                " so nothing was done; come back later"
            )
            raise BusyError(message)
        try:
            async with asyncio.timeout(left_s):
                await lane.enter()
        except TimeoutError:
            remaining_s(most_s)
            message = f"all {lane.size} channels to {self._name} stay in use; nothing was done"
            raise BusyError(message) from None
        began_s = asyncio.get_running_loop().time()
        try:
            yield
        finally:
            lane.leave(asyncio.get_running_loop().time() - began_s)


class _Lane:
    """Some channels, first come, first served."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.waiting = 0
        self._free = asyncio.Semaphore(size)
        self._mean_s = 0.0

    def wait(self) -> tuple[float, float]:
        """Tell how many uses of a channel a newcomer waits, and guess in how many seconds his own use has ended."""
        if not self._free.locked():
            return 0.0, 0.0
        uses = (self.waiting + 1) / self.size
        return uses, self._mean_s * (uses + 1)

    async def enter(self) -> None:
        """Wait for a channel."""
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1

    def leave(self, held_s: float) -> None:
        """Give the channel to the next."""
        self._mean_s += (held_s - self._mean_s) * (_MEMORY if self._mean_s else 1)
        self._free.release()
