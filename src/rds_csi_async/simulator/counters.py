"""What was asked of the simulator so far."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, Final

_LINES_KEPT: Final = 200


@dataclass(slots=True)
class Counters:
    """Counts since the start, or since the last reset.

    `commands` are lines by exec, `lines` the last of them, `verbs` what menus did (`/disk/add`). `listings` are reads,
    by menu, for which every row had to be looked at: no single one was named. `rows` were shown, `reply_bytes` written
    in answer to exec. `held` are lines that hung on purpose: each had come as far as its fault let it when it was
    counted. `faults` were met, by kind. `most_at_once` is how many lines ran side by side at the most.
    """

    connections: int = 0
    logins: int = 0
    logins_by_user: Counter[str] = field(default_factory=Counter)
    refused_logins: int = 0
    refused_channels: int = 0
    commands: int = 0
    running: int = 0
    most_at_once: int = 0
    held: int = 0
    rows: int = 0
    reply_bytes: int = 0
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LINES_KEPT))
    verbs: Counter[str] = field(default_factory=Counter)
    listings: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def count_login(self, user: str) -> None:
        """Count someone in."""
        self.logins += 1
        self.logins_by_user[user] += 1

    def count_line(self, line: str) -> None:
        """Count a line by exec that begins, and keep it for whoever shows what was sent."""
        self.commands += 1
        self.running += 1
        self.most_at_once = max(self.most_at_once, self.running)
        self.lines.append(line)

    def count_line_end(self) -> None:
        """Count a line by exec that has ended, however."""
        self.running -= 1

    def count_verb(self, name: str) -> None:
        """Count a menu's verb, by its path."""
        self.verbs[name] += 1

    def count_rows(self, verb: str, rows: int, *, listing: bool) -> None:
        """Count what a read showed, and whether it had to look at every row."""
        self.rows += rows
        if listing:
            self.listings[verb.rpartition("/")[0]] += 1

    def total(self, verb: str) -> int:
        """Add up a verb over all menus."""
        return sum(count for name, count in self.verbs.items() if name.rpartition("/")[2] == verb)

    def reset(self) -> None:
        """Begin anew; what runs now goes on being counted."""
        for name in ("connections", "logins", "refused_logins", "refused_channels", "commands", "held", "rows"):
            setattr(self, name, 0)
        self.reply_bytes, self.most_at_once = 0, self.running
        for counts in (self.logins_by_user, self.verbs, self.listings, self.faults):
            counts.clear()
        self.lines.clear()

    def as_document(self) -> dict[str, Any]:
        """Return the counts as JSON knows them."""
        return {
            "connections": self.connections,
            "logins": self.logins,
            "logins_by_user": dict(self.logins_by_user),
            "refused_logins": self.refused_logins,
            "refused_channels": self.refused_channels,
            "commands": self.commands,
            "running": self.running,
            "most_at_once": self.most_at_once,
            "held": self.held,
            "rows": self.rows,
            "reply_bytes": self.reply_bytes,
            "verbs": dict(self.verbs),
            "listings": dict(self.listings),
            "faults": dict(self.faults),
        }
