"""What `add set remove find get print` do to any menu."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from rds_csi_async.simulator.conditions import find_compiled
from rds_csi_async.simulator.failures import (
    ITEM_EXPECTED,
    NO_SUCH_ITEM,
    UNKNOWN_VALUE_NAME,
    Failure,
    refuse_missing,
)
from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.literals import parse_item_id, parse_number
from rds_csi_async.simulator.menus import ID, Indexed, Menu, Path, Row, Schema
from rds_csi_async.simulator.operators import is_true
from rds_csi_async.simulator.printing import print_rows, print_singleton
from rds_csi_async.simulator.properties import Form, parse_property
from rds_csi_async.simulator.scopes import RowScope
from rds_csi_async.simulator.values import NOTHING, Array, Empty, ItemId, Value, render_value

_BREATH_ROWS: Final = 100


class Verbs:
    """Carries out verbs on the given menus."""

    def __init__(self, menus: Sequence[Menu]) -> None:
        self._menus: Mapping[Path, Menu] = {menu.schema.path: menu for menu in menus}
        self._verbs: Mapping[str, Callable[[Menu, Invocation], Awaitable[Value]]] = {
            "add": _add,
            "find": _find,
            "get": _get,
            "print": _print,
            "remove": _remove,
            "set": _set,
        }

    async def run(self, call: Invocation) -> Value:
        """Carry out a verb; the parser has made sure that the menu has it.

        Raises:
            Failure: it was refused.

        """
        call.machine.session.count(call.command.name)
        return await self._verbs[call.command.name](self._menus[call.command.path or ()], call)


async def _matching(menu: Menu, call: Invocation) -> list[Row]:
    """Return the rows that the condition holds for, letting others run in between."""
    rows = await menu.list_rows()
    if call.command.where is None:
        return list(rows)
    names = menu.schema.names()
    holds = find_compiled(call.command.where, call.scope, names)
    chosen: list[Row] = []
    for number, row in enumerate(rows):
        await _breathe(number)
        scope = RowScope(call.scope, names, row)
        if is_true(holds(row) if holds else await call.machine.evaluate(call.command.where, scope)):
            chosen.append(row)
    return chosen


async def _breathe(number: int) -> None:
    """Let others run after every so many rows of a long table."""
    if number % _BREATH_ROWS == _BREATH_ROWS - 1:
        await asyncio.sleep(0)


async def _find(menu: Menu, call: Invocation) -> Value:
    return Array(tuple(row[ID] for row in await _matching(menu, call)))


async def _print(menu: Menu, call: Invocation) -> Value:
    rows = await _matching(menu, call)
    session = call.machine.session
    if call.has("count-only"):
        if not call.bracketed:
            session.write_line(str(len(rows)))
        return len(rows)
    names = _shown(menu.schema, await call.find_property("proplist"), detail=call.has("detail"))
    if call.has("as-value"):
        maps: list[Value] = []
        for number, row in enumerate(rows):
            await _breathe(number)
            maps.append(_as_value(row, names))
        return maps[0] if menu.schema.singleton else Array(tuple(maps))
    if menu.schema.singleton:
        print_singleton(menu.schema, rows[0], session.write_line)
    else:
        session.rows[menu.schema.path] = tuple(row[ID] for row in rows if isinstance(row[ID], ItemId))
        print_rows(menu.schema, rows, session, detail=call.has("detail"), names=names)
    return NOTHING


def _shown(schema: Schema, proplist: Value | None, *, detail: bool) -> frozenset[str]:
    if proplist is not None:
        parts = proplist.values() if isinstance(proplist, Array) else (proplist,)
        return frozenset(name for part in parts for name in render_value(part).split(","))
    if detail or schema.singleton:
        return schema.names()
    return frozenset(schema.columns) | {prop.name for prop in schema.properties if prop.form is Form.FLAG}


def _as_value(row: Row, names: frozenset[str]) -> Array:
    return Array.of_keys({name: value for name, value in row.items() if name in names or name == ID})


async def _get(menu: Menu, call: Invocation) -> Value:
    row = (await menu.list_rows())[0] if menu.schema.singleton else await _the_row(menu, call)
    wanted = await call.find_property("value-name")
    if wanted is None:
        return _as_value(row, menu.schema.names())
    name = render_value(wanted)
    if menu.schema.find_property(name) is None:
        raise Failure(UNKNOWN_VALUE_NAME)
    return row.get(name, NOTHING)


async def _the_row(menu: Menu, call: Invocation) -> Row:
    number = await call.find_property("number")
    if number is None:
        refuse_missing("number")
    found = menu.find_row(number) if isinstance(number, ItemId) and isinstance(menu, Indexed) else None
    if found is not None:
        return found
    rows = await menu.list_rows()
    items = _items(menu.schema, call, number, rows)
    if len(items) != 1:
        raise Failure(ITEM_EXPECTED)
    return next(row for row in rows if row[ID] == items[0])


async def _add(menu: Menu, call: Invocation) -> Value:
    values = await _values(menu.schema, call)
    missing = [name for name in menu.schema.required if name not in values]
    if missing:
        refuse_missing(*missing)
    return await menu.add(values)


async def _set(menu: Menu, call: Invocation) -> Value:
    values = await _values(menu.schema, call)
    if menu.schema.singleton:
        await menu.set(None, values)
        return NOTHING
    for item in await _numbers(menu, call):
        await menu.set(item, values)
    return NOTHING


async def _remove(menu: Menu, call: Invocation) -> Value:
    for item in await _numbers(menu, call):
        await menu.remove(item)
    return NOTHING


async def _values(schema: Schema, call: Invocation) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, _ in call.command.arguments:
        prop = schema.find_property(name)
        given = await call.find_property(name)
        if prop is not None and given is not None:
            values[name] = parse_property(prop, given)
    return values


async def _numbers(menu: Menu, call: Invocation) -> tuple[ItemId, ...]:
    given = await call.find_property("numbers")
    if given is None:
        refuse_missing("numbers")
    return _items(menu.schema, call, given, await menu.list_rows())


def _items(schema: Schema, call: Invocation, given: Value, rows: Sequence[Row]) -> tuple[ItemId, ...]:
    """Resolve ids, row numbers of the last print, names, and lists of them; an empty list is nothing to do."""
    if isinstance(given, Array):
        return tuple(item for element in given.values() for item in _items(schema, call, element, rows))
    if isinstance(given, Empty) or given == "":
        raise Failure(ITEM_EXPECTED)
    item = given if isinstance(given, ItemId) else parse_item_id(render_value(given))
    if item is not None:
        if all(row[ID] != item for row in rows):
            raise Failure(NO_SUCH_ITEM)
        return (item,)
    return tuple(_by_name(schema, call, name, rows) for name in render_value(given).split(","))


def _by_name(schema: Schema, call: Invocation, name: str, rows: Sequence[Row]) -> ItemId:
    found = [row[ID] for row in rows if row.get(schema.naming) == name]
    number = parse_number(name)
    if not found and number is not None:
        printed = call.machine.session.rows.get(schema.path, ())
        found = list(printed[number : number + 1]) if number >= 0 else []
    if not found or not isinstance(found[0], ItemId):
        raise Failure(NO_SUCH_ITEM)
    return found[0]
