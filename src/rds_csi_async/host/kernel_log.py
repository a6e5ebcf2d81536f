"""What the kernel says while something is done: the one place where it tells why it refused (`/dev/kmsg`).

Nothing rests on it: a driver that may not read it, or a log that was overwritten meanwhile, only leaves a message with
fewer words.
"""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

_RECORD_BYTES = 8192  # of one record; read(2) gives one at a time
_MOST_RECORDS = 2000


class KernelLog:
    """Reads on from now."""

    def __init__(self, path: Path = Path("/dev/kmsg")) -> None:
        self._path = path

    @asynccontextmanager
    async def following(self) -> AsyncIterator[Callable[[], list[str]]]:
        """Give what lists the messages since now, oldest first; each is given once. It blocks, shortly."""
        descriptor = await asyncio.to_thread(self._open)
        try:
            yield lambda: [] if descriptor is None else _read(descriptor)
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _open(self) -> int | None:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(descriptor, 0, os.SEEK_END)
        except OSError:
            return None
        return descriptor


def parse_record(record: str) -> str:
    """Take the message out of a record, `priority,number,time,flags;message` with lines about a device below it."""
    return record.partition(";")[2].partition("\n")[0]


def _read(descriptor: int) -> list[str]:
    said: list[str] = []
    for _ in range(_MOST_RECORDS):
        try:
            record = os.read(descriptor, _RECORD_BYTES)
        except OSError as error:
            if error.errno == errno.EPIPE:  # records were overwritten before they were read: go on with the next
                continue
            break
        if not record:
            break
        said.append(parse_record(record.decode(errors="replace")))
    return said
