"""Which rows a command names: by id, by row number of the last print, by name, by lists of them."""

from collections.abc import Sequence

from rds_csi_async.simulator.failures import ITEM_EXPECTED, NO_SUCH_ITEM, Failure, refuse_missing
from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.literals import parse_item_id, parse_number
from rds_csi_async.simulator.menus import ID, Indexed, Menu, Row, Schema
from rds_csi_async.simulator.values import Array, Empty, ItemId, Value, render_value


async def get_row(menu: Menu, call: Invocation, argument: str = "number") -> Row:
    """Return the one row that an argument names.

    Raises:
        Failure: it names none, or several.

    """
    number = await call.find_property(argument)
    if number is None:
        refuse_missing(argument)
    found = await menu.find_row(number) if isinstance(number, ItemId) and isinstance(menu, Indexed) else None
    if found is not None:
        return found
    rows = await menu.list_rows()
    items = _items(menu.schema, call, number, rows)
    if len(items) != 1:
        raise Failure(ITEM_EXPECTED)
    return next(row for row in rows if row[ID] == items[0])


async def list_numbers(menu: Menu, call: Invocation) -> tuple[ItemId, ...]:
    """Return the items that `numbers` names; an empty list names none.

    Raises:
        Failure: it names something that is not there, or nothing was given.

    """
    given = await call.find_property("numbers")
    if given is None:
        refuse_missing("numbers")
    return await _known_items(menu, given) or _items(menu.schema, call, given, await menu.list_rows())


async def _known_items(menu: Menu, given: Value) -> tuple[ItemId, ...]:
    """Resolve ids without listing a long table; nothing where that cannot be done."""
    items = given.values() if isinstance(given, Array) else (given,)
    ids = tuple(item for item in items if isinstance(item, ItemId))
    if not isinstance(menu, Indexed) or len(ids) < len(items):
        return ()
    return () if None in [await menu.find_row(item) for item in ids] else ids


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
