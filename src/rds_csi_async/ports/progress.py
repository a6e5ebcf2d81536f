"""Whether who works for ever still gets on: by the steps that it takes, not by the task being there."""

import time
from collections.abc import Callable


class Progress:
    """Notes the steps of one who has to take one every `most_s` seconds. `clock` gives seconds and never goes back.

    A task that waits for what never comes is as dead as one that has ended, and looks alive to the event loop.
    """

    def __init__(self, who: str, most_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._who = who
        self._most_s = most_s
        self._clock = clock
        self._stepped_s = clock()

    def step(self) -> None:
        """Take one."""
        self._stepped_s = self._clock()

    def find_stall(self) -> str | None:
        """Tell that it has not got on for too long; None when it does."""
        since_s = self._clock() - self._stepped_s
        return f"{self._who} has not got on for {since_s:.0f} s" if since_s > self._most_s else None
