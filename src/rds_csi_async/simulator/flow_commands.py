"""The built-in commands that decide what runs: variables, branches, errors, the way out. Loops: `loop_commands`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rds_csi_async.simulator.arrays import with_element
from rds_csi_async.simulator.failures import Failure, ScriptError
from rds_csi_async.simulator.invocation import Invocation, read_seconds, variable_name
from rds_csi_async.simulator.syntax_tree import Bare, Binary, Expression, Group, Literal, Variable
from rds_csi_async.simulator.values import NOTHING, Value, render_value

Run = Callable[[Invocation], Awaitable[Value]]


class Returned(Exception):  # noqa: N818 - a way out, and no error
    """`:return` was reached."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


class Exited(Exception):  # noqa: N818 - a way out, and no error
    """`:exit` was reached: nothing more of the line runs."""


async def _local(call: Invocation) -> Value:
    value = await _initial(call)
    call.scope.declare(variable_name(call, "name"), NOTHING if value is None else value)
    return NOTHING


async def _global(call: Invocation) -> Value:
    call.scope.declare_global(variable_name(call, "name"), await _initial(call))
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


async def _if(call: Invocation) -> Value:
    condition = await call.get("condition")
    if not isinstance(condition, int):
        message = "conditional not boolean"
        raise Failure(message)
    branch = "do" if condition else "else"
    if call.has(branch):
        await call.run(branch)
    return NOTHING


async def _onerror(call: Invocation) -> Value:
    """Run `in`; at an error run `do`, with the error's text in the variable. An error in `do` goes outward."""
    try:
        await call.run("in")
    except ScriptError as error:
        scope = call.scope.inner()
        scope.declare(variable_name(call, "error"), str(error))
        await call.run("do", scope)
        return True
    return False


async def _error(call: Invocation) -> Value:
    raise Failure(render_value(await call.get("message")))


async def _return(call: Invocation) -> Value:
    value = await call.find("value")
    raise Returned(NOTHING if value is None else value)


async def _delay(call: Invocation) -> Value:
    await call.machine.session.sleep(read_seconds(await call.find("delay-time"), 1))
    return NOTHING


async def _exit(_call: Invocation) -> Value:
    raise Exited


FLOW_COMMANDS: Final[Mapping[str, Run]] = {
    "delay": _delay,
    "error": _error,
    "exit": _exit,
    "global": _global,
    "if": _if,
    "local": _local,
    "onerror": _onerror,
    "return": _return,
    "set": _set,
}
