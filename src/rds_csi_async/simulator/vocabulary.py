"""Which commands there are and which arguments they take, as the parser needs to know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from types import MappingProxyType
from typing import Final, Protocol


class Kind(Enum):
    """What an argument's text may be."""

    ANY = auto()  # any value; bare words become literals, `{}` an array
    TEXT = auto()  # a property: bare words stay text, `{}` is refused
    BOOL = auto()  # yes or no, checked by the parser
    CODE = auto()  # `{}` is a block
    CONDITION = auto()  # an expression, evaluated as often as it is needed
    NAME = auto()  # a variable's name, not its value


@dataclass(frozen=True, slots=True)
class Shape:
    """The arguments of one command.

    `positional` names what may be given without a name, in order. `where` tells that a condition on rows may follow
    the word `where`, `bare_where` that the word itself may be left out.
    """

    positional: tuple[str, ...] = ()
    parameters: Mapping[str, Kind] = field(default_factory=lambda: MappingProxyType({}))
    flags: frozenset[str] = frozenset()
    where: bool = False
    bare_where: bool = False


class Vocabulary(Protocol):
    """The menus and their verbs, and the built-in commands."""

    @property
    def built_ins(self) -> Mapping[str, Shape]:
        """The arguments of each built-in command."""
        ...

    def is_menu(self, path: tuple[str, ...]) -> bool:
        """Tell whether there is such a menu, or a menu below it."""
        ...

    def find_shape(self, path: tuple[str, ...], verb: str) -> Shape | None:
        """Return the arguments of a menu's verb; None if there is no such verb."""
        ...


def _shape(positional: str = "", flags: str = "", /, **parameters: Kind) -> Shape:
    named = {name.rstrip("_").replace("_", "-"): kind for name, kind in parameters.items()}
    return Shape(tuple(positional.split()), MappingProxyType(named), frozenset(flags.split()))


# The same in 7.21 and 7.24.
BUILT_IN_SHAPES: Final[Mapping[str, Shape]] = MappingProxyType({
    "delay": _shape("delay-time", delay_time=Kind.ANY),
    "deserialize": _shape("value", value=Kind.ANY, from_=Kind.ANY, options=Kind.ANY, delimiter=Kind.ANY),
    "do": _shape("command", command=Kind.CODE, while_=Kind.CONDITION, on_error=Kind.CODE),
    "error": _shape("message", message=Kind.ANY),
    "execute": _shape("script", "as-string", script=Kind.CODE),
    "find": _shape("in key from", in_=Kind.ANY, key=Kind.ANY, from_=Kind.ANY),
    "for": _shape("counter", counter=Kind.NAME, from_=Kind.ANY, to=Kind.ANY, step=Kind.ANY, do=Kind.CODE),
    "foreach": _shape("counter", counter=Kind.NAME, in_=Kind.ANY, do=Kind.CODE, on_error=Kind.CODE),
    "global": _shape("name value", name=Kind.NAME, value=Kind.ANY, do=Kind.CODE),
    "if": _shape("condition", condition=Kind.ANY, do=Kind.CODE, else_=Kind.CODE),
    "len": _shape("value", value=Kind.ANY),
    "local": _shape("name value", name=Kind.NAME, value=Kind.ANY, do=Kind.CODE),
    "nothing": _shape(),
    "onerror": _shape("error", error=Kind.NAME, in_=Kind.CODE, do=Kind.CODE),
    "parse": _shape("value", value=Kind.ANY),
    "pick": _shape("counter begin end", counter=Kind.ANY, begin=Kind.ANY, end=Kind.ANY),
    "put": _shape("message", message=Kind.ANY),
    "retry": _shape("command", command=Kind.CODE, delay=Kind.ANY, max=Kind.ANY),
    "return": _shape("value", value=Kind.ANY),
    "serialize": _shape("value", value=Kind.ANY, to=Kind.ANY, options=Kind.ANY, order=Kind.ANY, delimiter=Kind.ANY),
    "set": _shape("name value", name=Kind.NAME, value=Kind.ANY, do=Kind.CODE),
    "timestamp": _shape(),
    "toarray": _shape("value", value=Kind.ANY),
    "tobool": _shape("value", value=Kind.ANY),
    "toid": _shape("value", value=Kind.ANY),
    "tonum": _shape("value", value=Kind.ANY),
    "tostr": _shape("value", value=Kind.ANY),
    "typeof": _shape("value", value=Kind.ANY),
    "while": _shape("condition", condition=Kind.CONDITION, do=Kind.CODE),
})  # fmt: skip

# From 7.22 on.
LATER_SHAPES: Final[Mapping[str, Shape]] = MappingProxyType({"break": _shape(), "continue": _shape(), "exit": _shape()})
