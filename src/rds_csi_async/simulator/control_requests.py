"""One request to a running simulator: a JSON object, or the words of a command line that say the same."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

# What the first bare word after an action's name is.
_PLACED: Final[Mapping[str, str]] = {
    "fault": "kind", "run": "line", "backup": "name", "restore": "name", "safe-mode": "then",
}  # fmt: skip
_TEXTS: Final = frozenset({"do", "kind", "line", "match", "name", "text", "then", "pool"})


@dataclass(slots=True)
class Request:
    """What is asked, each part of it taken once; what nobody takes is a mistake."""

    parts: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str, default: str | None = None) -> str:
        """Take a text; raises KeyError when there is none, and no default."""
        return str(self._take(name, default))

    def number(self, name: str, default: float | None = None) -> float:
        """Take a number; raises as `text` does, and ValueError for what is none."""
        return float(self._take(name, default))

    def whole(self, name: str, default: int | None = None) -> int:
        """Take a whole number; raises as `number` does."""
        return int(self._take(name, default))

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Take true or false."""
        return bool(self._take(name, default))

    def texts(self, name: str) -> list[str]:
        """Take several texts, as a list or parted by commas; none when it is not there."""
        value = self._take(name, "")
        parts = value.split(",") if isinstance(value, str) else value
        return [str(part) for part in parts if part]

    def ensure_all_taken(self) -> None:
        """Refuse what nobody has asked for.

        Raises:
            ValueError: something is left.

        """
        if self.parts:
            message = f"not understood: {', '.join(self.parts)}"
            raise ValueError(message)

    def _take(self, name: str, default: Any) -> Any:  # noqa: ANN401 - JSON can be anything
        if name not in self.parts and default is None:
            message = f"{name} is missing"
            raise ValueError(message)
        return self.parts.pop(name, default)


def decode_request(line: bytes) -> Request:
    """Read a line of JSON.

    Raises:
        ValueError: it is no JSON object.

    """
    parts = json.loads(line)
    if not isinstance(parts, dict):
        message = "a request is a JSON object"
        raise ValueError(message)  # noqa: TRY004 - the answer says so
    return Request(parts)


def parse_words(words: Sequence[str]) -> dict[str, Any]:
    """Read `fault drop-after match=/disk/add times=2`: an action, what it is about, and parts by name.

    Raises:
        ValueError: a word has no name and no place.

    """
    if not words:
        message = "nothing is asked"
        raise ValueError(message)
    action, *rest = words
    request: dict[str, Any] = {"do": action}
    for word in rest:
        name, equals, value = word.partition("=")
        placed = _PLACED.get(action)
        if placed is not None and placed not in request:
            request[placed] = word
        elif equals:
            request[name] = value if name in _TEXTS else _read_value(value)
        else:
            message = f"{word!r} is not of the form name=value"
            raise ValueError(message)
    return request


def _read_value(text: str) -> object:
    """Read a number or a truth, else it is text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
