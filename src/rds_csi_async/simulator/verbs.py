"""What `add set remove find get print` do to any menu."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from rds_csi_async.simulator.breathing import BREATH_ROWS, breathe
from rds_csi_async.simulator.conditions import find_compiled, find_named
from rds_csi_async.simulator.failures import NOT_CHANGEABLE, UNKNOWN_VALUE_NAME, Failure, refuse_missing
from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.items import get_row, list_numbers
from rds_csi_async.simulator.menus import ID, Copying, Indexed, Menu, Path, Row, Schema
from rds_csi_async.simulator.monitoring import monitor_traffic
from rds_csi_async.simulator.operators import is_true
from rds_csi_async.simulator.printing import print_rows, print_singleton
from rds_csi_async.simulator.properties import Form, parse_property
from rds_csi_async.simulator.scopes import RowScope
from rds_csi_async.simulator.values import NOTHING, Array, ItemId, Value, render_value


class Verbs:
    """Carries out verbs on the given menus."""

    def __init__(self, menus: Sequence[Menu]) -> None:
        self._menus: Mapping[Path, Menu] = {menu.schema.path: menu for menu in menus}
        self._verbs: Mapping[str, Callable[[Menu, Invocation], Awaitable[Value]]] = {
            "add": _add,
            "copy": _copy,
            "find": _find,
            "get": _get,
            "monitor-traffic": monitor_traffic,
            "print": _print,
            "remove": _remove,
            "set": _set,
        }

    async def run(self, call: Invocation) -> Value:
        """Carry out a verb; the parser has made sure that the menu has it.

        Raises:
            Failure: it was refused.

        """
        return await self._verbs[call.command.name](self._menus[call.command.path or ()], call)


async def _read(menu: Menu, call: Invocation) -> list[Row]:
    """Return the rows that the condition holds for, in the line's turn."""
    turns, verb = call.machine.session.turns, call.command.origin
    await turns.begin_read(verb)
    named = await _named(menu, call)
    rows = await _matching(menu, call, await menu.list_rows() if named is None else named)
    shown = len(rows) if call.command.name == "print" else 0
    await turns.end_read(verb, shown, listing=named is None and not menu.schema.singleton)
    return rows


async def _named(menu: Menu, call: Invocation) -> Sequence[Row] | None:
    """Return the only rows that the condition can hold for, where it names them; None where any may be meant."""
    if call.command.where is None or not isinstance(menu, Indexed):
        return None
    name = find_named(call.command.where, call.scope, menu.schema.naming, menu.schema.names())
    if isinstance(name, ItemId):
        row = await menu.find_row(name)
        return [] if row is None else [row]
    return await menu.list_named(name) if isinstance(name, str) else None


async def _matching(menu: Menu, call: Invocation, rows: Sequence[Row]) -> list[Row]:
    """Choose the rows that the condition holds for, letting others run in between."""
    if call.command.where is None:
        return list(rows)
    names = menu.schema.names()
    holds = find_compiled(call.command.where, call.scope, names)
    chosen: list[Row] = []
    for number, row in enumerate(rows):
        await breathe(number)
        scope = RowScope(call.scope, names, row)
        if is_true(holds(row) if holds else await call.machine.evaluate(call.command.where, scope)):
            chosen.append(row)
    return chosen


async def _find(menu: Menu, call: Invocation) -> Value:
    return Array(tuple(row[ID] for row in await _read(menu, call)))


async def _print(menu: Menu, call: Invocation) -> Value:
    rows = await _read(menu, call)
    session = call.machine.session
    if call.has("count-only"):
        if not call.bracketed:
            session.write_line(str(len(rows)))
        return len(rows)
    names = _shown(menu.schema, await call.find_property("proplist"), detail=call.has("detail"))
    if call.has("as-value"):
        maps: list[Value] = []
        for number, row in enumerate(rows):
            await breathe(number)
            maps.append(_as_value(row, names))
        return maps[0] if menu.schema.singleton else Array(tuple(maps))
    if menu.schema.singleton:
        print_singleton(menu.schema, rows[0], session.write_line)
        return NOTHING
    session.rows[menu.schema.path] = tuple(row[ID] for row in rows if isinstance(row[ID], ItemId))
    printed = partial(print_rows, menu.schema, rows, session.width, detail=call.has("detail"), names=names)
    # A table's columns are as wide as their widest row: what is long is laid out in a thread.
    lines = list(printed()) if len(rows) < BREATH_ROWS else await asyncio.to_thread(lambda: list(printed()))
    for number, line in enumerate(lines):
        await breathe(number)
        session.write_line(line)
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
    wanted = await call.find_property("value-name")
    turns = call.machine.session.turns
    await turns.begin_read(call.command.origin)
    row = (await menu.list_rows())[0] if menu.schema.singleton else await get_row(menu, call)
    await turns.end_read(call.command.origin, 0, listing=False)
    if wanted is None:
        return _as_value(row, menu.schema.names())
    name = render_value(wanted)
    if menu.schema.find_property(name) is None:
        raise Failure(UNKNOWN_VALUE_NAME)
    return row.get(name, NOTHING)


async def _add(menu: Menu, call: Invocation) -> Value:
    values = await _copied(menu, call) | await _values(menu.schema, call)
    missing = [name for name in menu.schema.required if name not in values]
    if missing:
        refuse_missing(*missing)
    async with call.machine.session.turns.change(call.command.origin, _size_of(values)):
        return await menu.add(values)


async def _copied(menu: Menu, call: Invocation) -> dict[str, Value]:
    """Take what another row has, for what is not given; of what lies behind that row nothing is copied."""
    if not call.has("copy-from"):
        return {}
    row = await get_row(menu, call, "copy-from")
    return {name: value for name, value in row.items() if name in menu.schema.copied}


async def _copy(menu: Menu, call: Invocation) -> Value:
    row, name = await get_row(menu, call), render_value(await call.find_property("name") or "")
    item, size_bytes = row[ID], row.get("size")
    if not isinstance(menu, Copying) or not isinstance(item, ItemId):
        raise Failure(NOT_CHANGEABLE)
    async with call.machine.session.turns.change(call.command.origin, size_bytes if isinstance(size_bytes, int) else 0):
        await menu.copy(item, name)
    return NOTHING


async def _set(menu: Menu, call: Invocation) -> Value:
    values = await _values(menu.schema, call)
    items: tuple[ItemId | None, ...] = (None,) if menu.schema.singleton else await list_numbers(menu, call)
    for item in items:
        async with call.machine.session.turns.change(call.command.origin, _size_of(values)):
            await menu.set(item, values)
    return NOTHING


async def _remove(menu: Menu, call: Invocation) -> Value:
    for item in await list_numbers(menu, call):
        async with call.machine.session.turns.change(call.command.origin):
            await menu.remove(item)
    return NOTHING


def _size_of(values: Mapping[str, Value]) -> int:
    """Tell how much a change asks for."""
    size_bytes = values.get("file-size")
    return size_bytes if isinstance(size_bytes, int) else 0


async def _values(schema: Schema, call: Invocation) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, _ in call.command.arguments:
        prop = schema.find_property(name)
        given = await call.find_property(name)
        if prop is not None and given is not None:
            values[name] = parse_property(prop, given)
    return values
