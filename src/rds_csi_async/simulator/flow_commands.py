"""The built-in commands that decide what runs: variables, branches, loops, errors."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rds_csi_async.simulator.arrays import with_element
from rds_csi_async.simulator.failures import Failure, ScriptError
from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.operators import is_true
from rds_csi_async.simulator.syntax_tree import Bare, Binary, Expression, Group, Literal, Variable
from rds_csi_async.simulator.values import NOTHING, Array, Duration, Value, render_value

Run = Callable[[Invocation], Awaitable[Value]]

_NS_PER_S: Final = 10**9


class Returned(Exception):  # noqa: N818 - a way out, and no error
    """`:return` was reached."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


async def _local(call: Invocation) -> Value:
    value = await _initial(call)
    call.scope.declare(_name(call, "name"), NOTHING if value is None else value)
    return NOTHING


async def _global(call: Invocation) -> Value:
    call.scope.declare_global(_name(call, "name"), await _initial(call))
    return NOTHING


async def _set(call: Invocation) -> Value:
    value = await _initial(call)
    place = call.command.find_argument("name")
    if place is not None:
        await _assign(call, place, NOTHING if value is None else value)
    return NOTHING


async def _initial(call: Invocation) -> Value | None:
    return await call.find("do") if call.has("do") else await call.find("value")


async def _assign(call: Invocation, place: Expression, value: Value) -> None:
    match place:
        case Literal(name):
            call.scope.assign(str(name), value)
        case Group(inner):
            await _assign(call, inner, value)
        case Variable(name) | Bare(name):
            call.scope.assign(name, value)
        case Binary("->", left, right):
            container = await call.machine.evaluate(left, call.scope)
            key = await call.machine.evaluate(right, call.scope)
            await _assign(call, left, with_element(container, key, value))
        case _:
            message = "expected variable name"
            raise Failure(message)


def _name(call: Invocation, argument: str) -> str:
    expression = call.command.find_argument(argument)
    if not isinstance(expression, Literal):
        message = "expected variable name"
        raise Failure(message)
    return str(expression.value)


async def _if(call: Invocation) -> Value:
    condition = await call.get("condition")
    if not isinstance(condition, int):
        message = "conditional not boolean"
        raise Failure(message)
    branch = "do" if condition else "else"
    if call.has(branch):
        await call.run(branch)
    return NOTHING


async def _foreach(call: Invocation) -> Value:
    names = _name(call, "counter").split(",")
    values = await call.get("in")
    array = values if isinstance(values, Array) else Array((values,)) if is_true(values) else Array()
    for key, value in array.pairs():
        scope = call.scope.inner()
        for name, element in zip(reversed(names), (value, key), strict=False):
            scope.declare(name, element)
        await call.run("do", scope)
    return NOTHING


async def _for(call: Invocation) -> Value:
    """Count from one number to another, down if the second is the smaller."""
    start, end = _counted(await call.get("from")), _counted(await call.get("to"))
    step = abs(_counted(await call.get("step"))) if call.has("step") else 1
    step = max(1, step) if start <= end else -max(1, step)
    for number in range(start, end + (1 if step > 0 else -1), step):
        scope = call.scope.inner()
        scope.declare(_name(call, "counter"), number)
        await call.run("do", scope)
    return NOTHING


def _counted(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        message = "expected number"
        raise Failure(message)
    return value


async def _while(call: Invocation) -> Value:
    while await call.holds("condition"):
        await call.run("do")
    return NOTHING


async def _do(call: Invocation) -> Value:
    try:
        await call.run("command")
        while call.has("while") and await call.holds("while"):
            await call.run("command")
    except ScriptError:
        if not call.has("on-error"):
            raise
        await call.run("on-error")
    return NOTHING


async def _onerror(call: Invocation) -> Value:
    """Run `in`; at an error run `do`, with the error's text in the variable. An error in `do` goes outward."""
    try:
        await call.run("in")
    except ScriptError as error:
        scope = call.scope.inner()
        scope.declare(_name(call, "error"), str(error))
        await call.run("do", scope)
        return True
    return False


async def _error(call: Invocation) -> Value:
    raise Failure(render_value(await call.get("message")))


async def _return(call: Invocation) -> Value:
    value = await call.find("value")
    raise Returned(NOTHING if value is None else value)


async def _delay(call: Invocation) -> Value:
    time = await call.find("delay-time")
    seconds = time.ns / _NS_PER_S if isinstance(time, Duration) else 1 if time is None else _counted(time)
    await call.machine.session.sleep(seconds)
    return NOTHING


FLOW_COMMANDS: Final[Mapping[str, Run]] = {
    "delay": _delay,
    "do": _do,
    "error": _error,
    "for": _for,
    "foreach": _foreach,
    "global": _global,
    "if": _if,
    "local": _local,
    "onerror": _onerror,
    "return": _return,
    "set": _set,
    "while": _while,
}
