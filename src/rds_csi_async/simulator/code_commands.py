"""The built-in commands that run text: `:parse` makes code of it, `:execute` runs it by itself."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.values import NOTHING, Code, Value, render_value

Run = Callable[[Invocation], Awaitable[Value]]


async def _parse(call: Invocation) -> Value:
    """Make code of text; text that is none is refused with the parser's own words."""
    return Code(call.machine.parse(render_value(await call.get("value"))))


async def _execute(call: Invocation) -> Value:
    """Run text apart from everything: its errors are nobody's, and its output is lost unless it is asked for.

    A real appliance runs it beside the line; here it has ended before the line goes on.
    """
    script = await call.get("script")
    output = await call.machine.run_apart(script.body if isinstance(script, Code) else render_value(script))
    return output if call.has("as-string") else NOTHING


CODE_COMMANDS: Final[Mapping[str, Run]] = {"execute": _execute, "parse": _parse}
