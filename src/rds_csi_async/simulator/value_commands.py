"""The built-in commands that make a value of values, and `:put`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rds_csi_async.simulator.failures import refuse_argument, refuse_missing
from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.json_text import OPTIONS, decode_json, encode_json
from rds_csi_async.simulator.literals import parse_item_id, parse_number
from rds_csi_async.simulator.operators import are_equal
from rds_csi_async.simulator.values import (
    NIL,
    NOTHING,
    Array,
    Code,
    Duration,
    Empty,
    ItemId,
    Value,
    render_value,
    type_name,
)

Run = Callable[[Invocation], Awaitable[Value]]

# `:tobool "yes"` is true from 7.22 on.
_BOOLS: Final = {"true": True, "yes": True, "false": False, "no": False}


async def _put(call: Invocation) -> Value:
    call.machine.session.write_line(render_value(await call.get("message")))
    return NOTHING


async def _nothing(_call: Invocation) -> Value:
    return NOTHING


async def _timestamp(call: Invocation) -> Value:
    return Duration(call.machine.session.clock_ns())


async def _serialize(call: Invocation) -> Value:
    value = await call.get("value")
    if await _format(call, "to") != "json":
        refuse_argument("to")
    return encode_json(value, await _options(call))


async def _deserialize(call: Invocation) -> Value:
    text = render_value(await call.get("value"))
    if await _format(call, "from") != "json":
        refuse_argument("from")
    return decode_json(text, await _options(call))


async def _format(call: Invocation, name: str) -> str:
    return render_value(await call.get(name))


async def _options(call: Invocation) -> frozenset[str]:
    given = await call.find("options")
    if given is None:
        return frozenset()
    values = given.values() if isinstance(given, Array) else (given,)
    options = frozenset(map(render_value, values))
    if not options <= OPTIONS:
        refuse_argument("options")
    return options


async def _find(call: Invocation) -> Value:
    within, key, start = await call.get("in"), await call.get("key"), await call.find("from")
    first = start + 1 if isinstance(start, int) else 0
    if isinstance(within, Array):
        places = (place for place, element in enumerate(within.items) if place >= first and are_equal(element, key))
        return next(places, NIL)
    found = render_value(within).find(render_value(key), first)
    return NIL if found < 0 else found


async def _pick(call: Invocation) -> Value:
    """Take one element, or those from `begin` up to and without `end`; what lies outside is left out."""
    source, begin, end = await call.get("counter"), await call.get("begin"), await call.find("end")
    if not isinstance(begin, int):
        refuse_argument("begin")
    first = max(0, begin)
    last = max(first, end) if isinstance(end, int) else first + 1
    if not isinstance(source, Array):
        return render_value(source)[first:last]
    picked = source.items[first:last]
    if end is not None:
        return Array(picked)
    return picked[0] if picked else NOTHING


def _of_value(compute: Callable[[Value], Value]) -> Run:
    async def run(call: Invocation) -> Value:
        value = await call.find("value")
        if value is None:
            refuse_missing("value")
        return compute(value)

    return run


def _length(value: Value) -> Value:
    if isinstance(value, Array):
        return len(value)
    return 0 if isinstance(value, Code) else len(render_value(value))


def _to_number(value: Value) -> Value:
    if isinstance(value, int):
        return int(value)
    number = parse_number(value) if isinstance(value, str) else None
    return NIL if number is None else number


def _to_bool(value: Value) -> Value:
    if isinstance(value, int):
        return value != 0
    return _BOOLS.get(value, NIL) if isinstance(value, str) else NIL


def _to_array(value: Value) -> Value:
    if isinstance(value, Array):
        return value
    if isinstance(value, Empty) or value == "":
        return Array()
    return Array(tuple(value.split(","))) if isinstance(value, str) else Array((value,))


def _to_id(value: Value) -> Value:
    if isinstance(value, ItemId):
        return value
    if isinstance(value, int):
        return ItemId(value)
    item = parse_item_id(value) if isinstance(value, str) else None
    return NIL if item is None else item


VALUE_COMMANDS: Final[Mapping[str, Run]] = {
    "deserialize": _deserialize,
    "find": _find,
    "len": _of_value(_length),
    "nothing": _nothing,
    "pick": _pick,
    "put": _put,
    "serialize": _serialize,
    "timestamp": _timestamp,
    "toarray": _of_value(_to_array),
    "tobool": _of_value(_to_bool),
    "toid": _of_value(_to_id),
    "tonum": _of_value(_to_number),
    "tostr": _of_value(render_value),
    "typeof": _of_value(type_name),
}
