"""What a menu is, and which commands its schema makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias, runtime_checkable

from rds_csi_async.simulator.properties import Form, Property
from rds_csi_async.simulator.values import ItemId, Value
from rds_csi_async.simulator.vocabulary import BUILT_IN_SHAPES, LATER_SHAPES, Kind, Shape

Path: TypeAlias = tuple[str, ...]
Row: TypeAlias = Mapping[str, Value]

ID: Final = ".id"
_WAYS_OUT_SINCE: Final = (7, 22)
PRINT_FLAGS: Final = frozenset({"detail", "brief", "as-value", "count-only", "without-paging", "stats", "terse"})


@dataclass(frozen=True, slots=True)
class Schema:
    """A menu's table.

    `columns` are what a plain print shows; `naming` is the property that may stand for an id. `copied` are the
    properties that `add copy-from=` takes from another row where they are not given.
    """

    path: Path
    properties: tuple[Property, ...]
    verbs: frozenset[str]
    columns: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    naming: str = "name"
    singleton: bool = False
    copied: frozenset[str] = frozenset()

    def find_property(self, name: str) -> Property | None:
        """Return a property by name."""
        return next((prop for prop in self.properties if prop.name == name), None)

    def names(self) -> frozenset[str]:
        """Name all properties, the id too."""
        return frozenset({ID, *(prop.name for prop in self.properties)})


class Menu(Protocol):
    """A menu that can be read; changing it is refused by a `Failure` where it cannot be done."""

    @property
    def schema(self) -> Schema:
        """The table behind it."""
        ...

    async def list_rows(self) -> Sequence[Row]:
        """Return all rows, each with the properties it has and its id; a singleton has one row without id."""
        ...

    async def add(self, values: dict[str, Value]) -> ItemId:
        """Make a row."""
        ...

    async def set(self, item: ItemId | None, values: dict[str, Value]) -> None:
        """Change a row; None is the row of a singleton."""
        ...

    async def remove(self, item: ItemId) -> None:
        """Take a row away."""
        ...


@runtime_checkable
class Indexed(Protocol):
    """A menu that finds rows without listing all: one with a long table."""

    async def find_row(self, item: ItemId) -> Row | None:
        """Return the row of this id; None if there is none."""
        ...

    async def list_named(self, name: str) -> Sequence[Row]:
        """Return the rows whose naming property is this."""
        ...


@runtime_checkable
class Copying(Protocol):
    """A menu whose rows can be copied with all that is in them."""

    async def copy(self, item: ItemId, name: str) -> None:
        """Copy a row under another name."""
        ...


class MenuVocabulary:
    """The parser's view of the menus; which built-in commands there are depends on the version."""

    def __init__(self, menus: Sequence[Menu], version: tuple[int, int] = (7, 21)) -> None:
        self.built_ins = {**BUILT_IN_SHAPES, **LATER_SHAPES} if version >= _WAYS_OUT_SINCE else BUILT_IN_SHAPES
        self._shapes = {menu.schema.path: _shapes(menu.schema) for menu in menus}
        self._paths = {path[:length] for path in self._shapes for length in range(len(path) + 1)}

    def is_menu(self, path: Path) -> bool:
        """Tell whether there is such a menu, or a menu below it."""
        return path in self._paths

    def find_shape(self, path: Path, verb: str) -> Shape | None:
        """Return the arguments of a menu's verb; None if there is no such verb."""
        return self._shapes.get(path, {}).get(verb)


def _shapes(schema: Schema) -> dict[str, Shape]:
    settable = {prop.name: _kind(prop) for prop in schema.properties if prop.settable}
    rows = not schema.singleton
    every = {
        "add": Shape(parameters={**settable, **(_text("copy-from") if schema.copied else {})}),
        "copy": Shape(("number", "name"), {"number": Kind.ANY, "name": Kind.TEXT}),
        "find": Shape(where=True, bare_where=True),
        "get": Shape(("number", "value-name") if rows else ("value-name",), _text("number", "value-name")),
        "monitor-traffic": Shape(("numbers",), {"numbers": Kind.ANY}, flags=frozenset({"once"})),
        "print": Shape(parameters=_text("proplist"), flags=PRINT_FLAGS, where=rows),
        "remove": Shape(("numbers",), {"numbers": Kind.ANY}),
        "set": Shape(("numbers",), {"numbers": Kind.ANY, **settable}) if rows else Shape(parameters=settable),
    }
    return {verb: shape for verb, shape in every.items() if verb in schema.verbs}


def _kind(prop: Property) -> Kind:
    return Kind.BOOL if prop.form in {Form.BOOL, Form.FLAG} else Kind.TEXT


def _text(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, Kind.TEXT)
