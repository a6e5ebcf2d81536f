"""What a running line needs of the world around it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from rds_csi_async.simulator.values import ItemId, Value


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
    count: Callable[[str], None]
    global_values: dict[str, Value] = field(default_factory=dict)
    width: int | None = None
    rows: dict[tuple[str, ...], tuple[ItemId, ...]] = field(default_factory=dict)

    def write_line(self, text: str) -> None:
        """Write a line with the console's line end."""
        self.write(text + "\r\n")
