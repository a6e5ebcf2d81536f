"""The values of the console language.

Text is a Python `str` with one character per *byte* (latin-1), because the language counts and escapes bytes; what
enters and leaves the simulator is encoded at its edges. Booleans are `bool`, numbers `int` (64 bits, signed).
"""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

_INT_BITS: Final = 64
_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Empty:
    """No value: `nothing` (missing) or `nil` (a conversion or a search that failed)."""

    kind: str


@dataclass(frozen=True, slots=True)
class ItemId:
    """The opaque id of a row, written `*1F`."""

    number: int


@dataclass(frozen=True, slots=True)
class Duration:
    """A time span in nanoseconds."""

    ns: int


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 address as its 32-bit number."""

    number: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """An IPv4 network."""

    number: int
    length: int


@dataclass(frozen=True, slots=True)
class Code:
    """A block that can be called; `body` is a syntax tree, opaque here."""

    body: Any


@dataclass(frozen=True, slots=True)
class Array:
    """Unkeyed elements, then keyed ones sorted by the bytes of their key."""

    items: tuple["Value", ...] = ()
    keyed: tuple[tuple[str, "Value"], ...] = ()

    @classmethod
    def of_keys(cls, mapping: dict[str, "Value"]) -> "Array":
        """Make an array of keyed elements only."""
        return cls((), tuple(sorted(mapping.items())))

    def __len__(self) -> int:
        """Count all elements."""
        return len(self.items) + len(self.keyed)

    def values(self) -> tuple["Value", ...]:
        """Return every element, keyed ones last."""
        return self.items + tuple(value for _, value in self.keyed)

    def pairs(self) -> tuple[tuple["Value", "Value"], ...]:
        """Return every (index or key, element)."""
        return (*enumerate(self.items), *self.keyed)


Value: TypeAlias = str | bool | int | Empty | ItemId | Duration | Address | Prefix | Code | Array

NOTHING: Final = Empty("nothing")
NIL: Final = Empty("nil")

_KINDS: Final = {
    str: "str",
    bool: "bool",
    int: "num",
    ItemId: "id",
    Duration: "time",
    Address: "ip",
    Prefix: "ip-prefix",
    Code: "code",
    Array: "array",
}


def type_name(value: Value) -> str:
    """Name a value's type as `:typeof` does."""
    return value.kind if isinstance(value, Empty) else _KINDS[type(value)]


def wrap_number(number: int) -> int:
    """Wrap to 64 bits, as arithmetic does."""
    half = 1 << (_INT_BITS - 1)
    return (number + half) % (1 << _INT_BITS) - half


def saturate_number(number: int) -> int:
    """Clamp to 2^63 - 1 and its negative, as literals do."""
    most = (1 << (_INT_BITS - 1)) - 1
    return max(-most, min(most, number))


def render_value(value: Value) -> str:
    """Write a value as `:put` and `:tostr` do."""
    match value:
        case bool():
            return "true" if value else "false"
        case Array():
            keyed = (f"{key}={render_value(element)}" for key, element in value.keyed)
            return ";".join((*map(render_value, value.items), *keyed))
        case str() | int():
            return str(value)
        case _:
            return _render_special(value)


def _render_special(value: Empty | ItemId | Duration | Address | Prefix | Code) -> str:
    match value:
        case ItemId():
            return f"*{value.number:X}"
        case Duration():
            return _render_duration(value.ns)
        case Address():
            return _render_address(value.number)
        case Prefix():
            return f"{_render_address(value.number)}/{value.length}"
        case _:
            return "(code)" if isinstance(value, Code) else ""


def _render_duration(ns: int) -> str:
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    seconds, fraction = divmod(ns, _NS_PER_S)
    days, seconds = divmod(seconds, 86_400)
    weeks, days = divmod(days, 7)
    text = f"{weeks}w" if weeks else ""
    text += f"{days}d" if days else ""
    text += f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return sign + text + (f".{fraction:09}".rstrip("0") if fraction else "")


def _render_address(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
