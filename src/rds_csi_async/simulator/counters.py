"""What was asked of the simulator so far."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Counters:
    """Counts since the start. `commands` are lines by exec, `verbs` what menus were made to do."""

    connections: int = 0
    logins: int = 0
    refused_logins: int = 0
    commands: int = 0
    verbs: Counter[str] = field(default_factory=Counter)

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
            "verbs": dict(self.verbs),
        }
