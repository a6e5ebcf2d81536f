"""What a running line needs of the world around it."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from rds_csi_async.simulator.values import ItemId, Value


class Turns(Protocol):
    """What stands between a line and the menus: time, order, counts, and what goes wrong on purpose."""

    async def begin_read(self, verb: str) -> None:
        """Return when this read may happen; what it raises happens in its place."""
        ...

    async def end_read(self, verb: str, rows: int, *, listing: bool) -> None:
        """Note that so many rows were shown; `listing` when every row had to be looked at."""
        ...

    def change(self, verb: str, size_bytes: int = 0) -> AbstractAsyncContextManager[None]:
        """Let this change, of an object of that size, happen inside; what it raises happens in its place."""
        ...


@dataclass(slots=True)
class Session:
    """One user at one console.

    `pause` is awaited before each command, so that other sessions come in between; what it raises ends the line.
    `width` is the terminal's, None where there is none. `rows` are the ids of the last print of each menu.
    """

    write: Callable[[str], None]
    pause: Callable[[], Awaitable[None]]
    sleep: Callable[[float], Awaitable[None]]
    clock_ns: Callable[[], int]
    turns: Turns
    global_values: dict[str, Value] = field(default_factory=dict)
    width: int | None = None
    rows: dict[tuple[str, ...], tuple[ItemId, ...]] = field(default_factory=dict)

    def write_line(self, text: str) -> None:
        """Write a line with the console's line end."""
        self.write(text + "\r\n")
