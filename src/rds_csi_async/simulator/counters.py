"""What was asked of the simulator so far."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Final

_LINES_KEPT: Final = 200


@dataclass(slots=True)
class Counters:
    """Counts since the start: `commands` are lines by exec, `lines` the last of them, `verbs` what menus did.

    `held` are lines that hung on purpose: each had come as far as its fault let it when it was counted.
    """

    connections: int = 0
    logins: int = 0
    refused_logins: int = 0
    commands: int = 0
    held: int = 0
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    verbs: Counter[str] = field(default_factory=Counter)

    def count_line(self, line: str) -> None:
        """Count a line by exec, and keep it for whoever shows what was sent."""
        self.commands += 1
        self.lines.append(line)

    def count_verb(self, name: str) -> None:
        """Count a menu's verb."""
        self.verbs[name] += 1

    def as_document(self) -> dict[str, Any]:
        """Return the counts as JSON knows them."""
        return {
            "connections": self.connections,
            "logins": self.logins,
            "refused_logins": self.refused_logins,
            "commands": self.commands,
            "held": self.held,
            "verbs": dict(self.verbs),
        }
