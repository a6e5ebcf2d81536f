"""The built-in commands that run something again: loops, their ways out (from 7.22 on), and `:retry`."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rds_csi_async.simulator.failures import ScriptError
from rds_csi_async.simulator.invocation import Invocation, read_number, read_seconds, variable_name
from rds_csi_async.simulator.operators import is_true
from rds_csi_async.simulator.values import NOTHING, Array, Value

Run = Callable[[Invocation], Awaitable[Value]]


class LoopLeft(Exception):  # noqa: N818 - a way out, and no error
    """`:break` was reached."""


class Continued(Exception):  # noqa: N818 - a way on, and no error
    """`:continue` was reached."""


async def _foreach(call: Invocation) -> Value:
    names = variable_name(call, "counter").split(",")
    values = await call.get("in")
    array = values if isinstance(values, Array) else Array((values,)) if is_true(values) else Array()
    for key, value in array.pairs():
        scope = call.scope.inner()
        for name, element in zip(reversed(names), (value, key), strict=False):
            scope.declare(name, element)
        if await _leaves(call.run("do", scope)):
            break
    return NOTHING


async def _for(call: Invocation) -> Value:
    """Count from one number to another, down if the second is the smaller."""
    start, end = read_number(await call.get("from")), read_number(await call.get("to"))
    step = abs(read_number(await call.get("step"))) if call.has("step") else 1
    step = max(1, step) if start <= end else -max(1, step)
    for number in range(start, end + (1 if step > 0 else -1), step):
        scope = call.scope.inner()
        scope.declare(variable_name(call, "counter"), number)
        if await _leaves(call.run("do", scope)):
            break
    return NOTHING


async def _while(call: Invocation) -> Value:
    while await call.holds("condition"):
        if await _leaves(call.run("do")):
            break
    return NOTHING


async def _do(call: Invocation) -> Value:
    try:
        if not call.has("while"):
            await call.run("command")
            return NOTHING
        while not await _leaves(call.run("command")) and await call.holds("while"):
            pass
    except ScriptError:
        if not call.has("on-error"):
            raise
        await call.run("on-error")
    return NOTHING


async def _retry(call: Invocation) -> Value:
    """Run the command until it succeeds, `max` times at the most; the last error goes outward."""
    most, pause_s = read_number(await call.get("max")), read_seconds(await call.get("delay"), 0)
    for attempt in range(1, max(1, most) + 1):
        try:
            return await call.run("command")
        except ScriptError:
            if attempt >= most:
                raise
            await call.machine.session.sleep(pause_s)
    return NOTHING


async def _break(_call: Invocation) -> Value:
    raise LoopLeft


async def _continue(_call: Invocation) -> Value:
    raise Continued


async def _leaves(turn: Awaitable[Value]) -> bool:
    """Run one turn of a loop; tell whether it leaves the loop."""
    try:
        await turn
    except Continued:
        return False
    except LoopLeft:
        return True
    return False


LOOP_COMMANDS: Final[Mapping[str, Run]] = {
    "break": _break,
    "continue": _continue,
    "do": _do,
    "for": _for,
    "foreach": _foreach,
    "retry": _retry,
    "while": _while,
}
