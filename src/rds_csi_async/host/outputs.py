"""What a child says on one of its outputs: a pipe that the event loop reads, with as little ado as possible."""

import asyncio
import os

_PIECE_BYTES = 1 << 16
_LAST_PIECES = 2  # what a pipe holds, and the end


class Output:
    """One output. What goes past the bound is read and dropped, so that no child waits for being heard."""

    def __init__(self, most_bytes: int) -> None:
        """Make the pipe. `child_end` is what the child is given; `listen` or `close` has to follow.

        Raises:
            OSError: there is no file descriptor left.

        """
        self._most_bytes = most_bytes
        self._said = bytearray()
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        self._end, self.child_end = os.pipe()
        os.set_blocking(self._end, False)

    def listen(self) -> None:
        """Let the child alone have its end, and read from ours as it comes."""
        os.close(self.child_end)
        self.child_end = -1
        self._loop.add_reader(self._end, self._read)

    async def drain(self, timeout_s: float) -> None:
        """Read what is left; wait for whoever else still has the child's end, but not for longer than that."""
        for _ in range(_LAST_PIECES):
            if not self._ended.done():
                self._read()
        if not self._ended.done():
            await asyncio.wait([self._ended], timeout=timeout_s)

    def close(self) -> None:
        """Listen no longer. What is said from now on ends whoever says it."""
        if self.child_end >= 0:
            os.close(self.child_end)
            self.child_end = -1
        if self._end >= 0:
            self._loop.remove_reader(self._end)
            os.close(self._end)
            self._end = -1

    def text(self) -> str:
        """Give what was said, as far as it was kept."""
        return self._said.decode(errors="replace")

    def _read(self) -> None:
        """Read one piece and no more: one that never stops talking must not keep the loop from the others."""
        try:
            piece = os.read(self._end, _PIECE_BYTES)
        except BlockingIOError:
            return
        if piece:
            self._said += piece[: max(self._most_bytes - len(self._said), 0)]
        else:
            self._loop.remove_reader(self._end)
            self._ended.set_result(None)
