"""A command about to run: its arguments, evaluated when they are asked for."""

from dataclasses import dataclass
from typing import Final, Protocol

from rds_csi_async.simulator.failures import Failure, refuse_argument, refuse_missing
from rds_csi_async.simulator.operators import is_true
from rds_csi_async.simulator.scopes import Scope
from rds_csi_async.simulator.session import Session
from rds_csi_async.simulator.syntax_tree import Block, Command, Expression, Literal, Word
from rds_csi_async.simulator.values import Code, Duration, Value

_NS_PER_S: Final = 10**9


class Machine(Protocol):
    """What evaluates; commands come back to it for their arguments and blocks."""

    @property
    def session(self) -> Session:
        """The console that the line came from."""
        ...

    async def evaluate(self, expression: Expression, scope: Scope) -> Value:
        """Evaluate an expression."""
        ...

    async def run(self, block: Block, scope: Scope) -> Value:
        """Run a block's commands in this very scope; return the last one's value."""
        ...

    def parse(self, text: str) -> Block:
        """Make a block of text.

        Raises:
            Failure: it is not in the language; the text is the parser's.

        """
        ...

    async def run_apart(self, script: Block | str) -> str:
        """Run a line in a session of its own; return what it wrote, errors too."""
        ...


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command in one scope. `bracketed`: it stands in `[ ]`, so its value is wanted and not its print."""

    machine: Machine
    command: Command
    scope: Scope
    bracketed: bool = False

    def has(self, name: str) -> bool:
        """Tell whether an argument was given."""
        return self.command.find_argument(name) is not None

    async def find(self, name: str) -> Value | None:
        """Return an argument's value; None if it was not given."""
        expression = self.command.find_argument(name)
        return None if expression is None else await self.machine.evaluate(expression, self.scope)

    async def find_property(self, name: str) -> Value | None:
        """Return an argument's value, a bare word being text; None if it was not given."""
        expression = self.command.find_argument(name)
        return expression.text if isinstance(expression, Word) else await self.find(name)

    async def get(self, name: str) -> Value:
        """Return an argument's value.

        Raises:
            Failure: it was not given.

        """
        value = await self.find(name)
        if value is None:
            refuse_missing(name)
        return value

    async def holds(self, name: str) -> bool:
        """Evaluate a condition anew."""
        return is_true(await self.get(name))

    async def run(self, name: str, scope: Scope | None = None) -> Value:
        """Run an argument that is code, in a scope inside this command's or in the given one."""
        code = await self.get(name)
        if not isinstance(code, Code):
            refuse_argument(name)
        return await self.machine.run(code.body, scope or self.scope.inner())


def variable_name(call: Invocation, argument: str) -> str:
    """Return the name that an argument declares, or several parted by commas.

    Raises:
        Failure: it is no name.

    """
    expression = call.command.find_argument(argument)
    if not isinstance(expression, Literal):
        message = "expected variable name"
        raise Failure(message)
    return str(expression.value)


def read_seconds(time: Value | None, default: float) -> float:
    """Read a time span, or a number of seconds.

    Raises:
        Failure: it is neither.

    """
    if time is None:
        return default
    return time.ns / _NS_PER_S if isinstance(time, Duration) else read_number(time)


def read_number(value: Value) -> int:
    """Read a whole number.

    Raises:
        Failure: it is none.

    """
    if isinstance(value, bool) or not isinstance(value, int):
        message = "expected number"
        raise Failure(message)
    return value
