"""Ways in which an appliance may differ from what is known of it: one switch each, off unless a simulator is given one.

A quirk sits where it would be met: at what the console makes of a line, at what menus take and show, at the words of a
refusal, at the reply's way back, or at logins. The ones there are: `quirk_list`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar

from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.menus import ID, Menu, Path, Row, Schema
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.values import ItemId, Value

T = TypeVar("T")
Values: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Write:
    """Something that a menu is told to do: `verb` add, set or remove, with these values, to this row."""

    path: Path
    verb: str
    values: Values
    row: Row


def _as_it_is(text: str) -> str:
    return text


def _shown(_path: Path, row: Row) -> Row | None:
    return row


def _built(settings: SimulatorSettings) -> SimulatorSettings:
    return settings


def _taken(write: Write) -> Values | None:
    return write.values


@dataclass(frozen=True, slots=True)
class Quirk:
    """What is different; by default nothing.

    `line` rewrites a line before it is read, `reply` all that it printed. `shows` gives the row that a menu shows, None
    to hide it; `takes` the values that it takes of a write, None to do nothing; it may refuse with a `Failure`. `words`
    rewrites the text of a refusal, `settings` what it is made from. `renumbers`: a changed row gets a new id.
    """

    line: Callable[[str], str] = _as_it_is
    reply: Callable[[str], str] = _as_it_is
    shows: Callable[[Path, Row], Row | None] = _shown
    takes: Callable[[Write], Values | None] = _taken
    words: Callable[[str], str] = _as_it_is
    settings: Callable[[SimulatorSettings], SimulatorSettings] = _built
    renumbers: bool = False


NO_QUIRK: Final = Quirk()


class QuirkyMenu:
    """A menu with a quirk in front of it."""

    def __init__(self, menu: Menu, quirk: Quirk) -> None:
        self._menu = menu
        self._quirk = quirk

    @property
    def schema(self) -> Schema:
        """See `Menu`."""
        return self._menu.schema

    async def list_rows(self) -> Sequence[Row]:
        """See `Menu`."""
        rows = (self._quirk.shows(self.schema.path, row) for row in await self._menu.list_rows())
        return [row for row in rows if row is not None]

    async def add(self, values: dict[str, Value]) -> ItemId:
        """See `Menu`."""
        taken = self._take("add", values, {})
        return await self._worded(self._menu.add(dict(values if taken is None else taken)))

    async def set(self, item: ItemId | None, values: dict[str, Value]) -> None:
        """See `Menu`."""
        row = await self._find(item)
        taken = self._take("set", values, row)
        if taken is None:
            return
        if self._quirk.renumbers and item is not None:
            kept = {name: row[name] for name in self._settable() if name in row}
            await self._menu.remove(item)
            await self._worded(self._menu.add({**kept, **taken}))
        else:
            await self._worded(self._menu.set(item, dict(taken)))

    async def remove(self, item: ItemId) -> None:
        """See `Menu`."""
        if self._take("remove", {}, await self._find(item)) is not None:
            await self._worded(self._menu.remove(item))

    def _take(self, verb: str, values: Values, row: Row) -> Values | None:
        return self._quirk.takes(Write(self.schema.path, verb, values, row))

    async def _find(self, item: ItemId | None) -> Row:
        rows = await self._menu.list_rows()
        return next((row for row in rows if item is None or row.get(ID) == item), {})

    def _settable(self) -> list[str]:
        return [prop.name for prop in self.schema.properties if prop.settable]

    async def _worded(self, working: Awaitable[T]) -> T:
        try:
            return await working
        except Failure as failure:
            raise Failure(self._quirk.words(str(failure))) from failure


def with_quirk(menus: Sequence[Menu], quirk: Quirk) -> list[Menu]:
    """Put a quirk in front of menus; nothing where there is none."""
    return list(menus) if quirk is NO_QUIRK else [QuirkyMenu(menu, quirk) for menu in menus]
