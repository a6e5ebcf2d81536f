"""How a parsed line runs: commands one after another, the console's other sessions in between."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from rds_csi_async.simulator.arrays import join_arrays
from rds_csi_async.simulator.code_commands import CODE_COMMANDS
from rds_csi_async.simulator.conditions import read_bare
from rds_csi_async.simulator.failures import Failure, ScriptError
from rds_csi_async.simulator.flow_commands import FLOW_COMMANDS, Exited, Returned
from rds_csi_async.simulator.invocation import Invocation
from rds_csi_async.simulator.lexis import ParseError
from rds_csi_async.simulator.literals import parse_literal
from rds_csi_async.simulator.loop_commands import LOOP_COMMANDS, Continued, LoopLeft
from rds_csi_async.simulator.operators import apply_binary, apply_unary, is_true
from rds_csi_async.simulator.scopes import RowScope, Scope
from rds_csi_async.simulator.session import Session
from rds_csi_async.simulator.syntax_tree import (
    ArrayLiteral,
    Bare,
    Binary,
    Block,
    Broken,
    Call,
    CodeBlock,
    Command,
    Expression,
    Group,
    Literal,
    Statement,
    Substitution,
    Text,
    Unary,
    Variable,
    Word,
)
from rds_csi_async.simulator.value_commands import VALUE_COMMANDS
from rds_csi_async.simulator.values import NOTHING, Array, Code, Value, render_value

_BUILT_IN: Final = {**CODE_COMMANDS, **FLOW_COMMANDS, **LOOP_COMMANDS, **VALUE_COMMANDS}
_CALL_ORIGIN: Final = "/"


class Evaluator:
    """Runs commands for one session; `run_verb` carries out a menu's verb, `parse` makes a block of text."""

    def __init__(
        self,
        session: Session,
        run_verb: Callable[[Invocation], Awaitable[Value]],
        parse: Callable[[str], Block],
    ) -> None:
        self.session = session
        self._run_verb = run_verb
        self._parse = parse

    def parse(self, text: str) -> Block:
        """See `Machine`."""
        try:
            return self._parse(text)
        except ParseError as error:
            raise Failure(str(error)) from error

    async def run_apart(self, script: Block | str) -> str:
        """See `Machine`."""
        written: list[str] = []
        apart = Evaluator(replace(self.session, write=written.append), self._run_verb, self._parse)
        try:
            await apart.run_line(self._parse(script) if isinstance(script, str) else script)
        except (ParseError, ScriptError) as error:
            apart.session.write_line(str(error))
        return "".join(written).replace("\r\n", "\n").removesuffix("\n")

    async def run_line(self, block: Block) -> None:
        """Run a whole line in a root scope of its own.

        Raises:
            ScriptError: it stopped; what ran before stays done.

        """
        try:
            await self.run(block, Scope(self.session.global_values))
        except (Returned, Exited, LoopLeft, Continued):
            return

    async def run(self, block: Block, scope: Scope, *, bracketed: bool = False) -> Value:
        """Run a block's commands in this very scope; return the last one's value."""
        value: Value = NOTHING
        if not block.commands:
            await self.session.pause()  # a loop around nothing must let others in too
        for statement in block.commands:
            await self.session.pause()
            value = await self._execute(statement, scope, bracketed=bracketed)
        return value

    async def evaluate(self, expression: Expression, scope: Scope) -> Value:  # noqa: C901, PLR0911 - one case a node
        """Evaluate an expression."""
        match expression:
            case Literal(value):
                return value
            case Word(text):
                return parse_literal(text)
            case Bare(name) | Variable(name):
                return scope.find(name)
            case Text(parts):
                return "".join([render_value(await self.evaluate(part, scope)) for part in parts])
            case Unary(symbol, operand):
                return apply_unary(symbol, await self.evaluate(operand, scope))
            case Binary():
                return await self._binary(expression, scope)
            case Group(inner):
                return await self.evaluate(inner, scope)
            case ArrayLiteral(elements):
                return await self._array(elements, scope)
            case Substitution(block):
                return await self.run(block, scope.inner(), bracketed=True)
            case CodeBlock(block):
                return Code(block)

    async def _binary(self, expression: Binary, scope: Scope) -> Value:
        left = await self.evaluate(expression.left, scope)
        if isinstance(expression.right, Word):
            right = _bare_operand(expression.right.text, left, expression.operator, scope)
        else:
            right = await self.evaluate(expression.right, scope)
        if expression.operator == "" and isinstance(scope, RowScope):
            return is_true(left) & is_true(right)
        return apply_binary(expression.operator, left, right)

    async def _array(self, elements: tuple[tuple[Expression | None, Expression], ...], scope: Scope) -> Value:
        array = Array()
        for key, element in elements:
            value = await self.evaluate(element, scope)
            if key is None:
                array = Array((*array.items, value), array.keyed)
            else:
                name = render_value(await self.evaluate(key, scope))
                array = join_arrays(array, Array.of_keys({name: value}))
        return array

    async def _execute(self, statement: Statement, scope: Scope, *, bracketed: bool) -> Value:
        match statement:
            case Block():
                return await self.run(statement, scope.inner())
            case Broken(message):
                raise ScriptError(message)
            case Call():
                return await self._traced(_CALL_ORIGIN, self._call(statement, scope))
            case Command():
                invocation = Invocation(self, statement, scope, bracketed)
                run = self._run_verb if statement.path is not None else _BUILT_IN[statement.name]
                return await self._traced(statement.origin, run(invocation))

    async def _traced(self, origin: str, running: Awaitable[Value]) -> Value:
        """Give a refusal the tail that names its command."""
        try:
            return await running
        except Failure as failure:
            message = f"{failure} ({origin}; line 1)"
            raise ScriptError(message) from failure

    async def _call(self, call: Call, scope: Scope) -> Value:
        function = await self.evaluate(call.function, scope)
        if not isinstance(function, Code):
            message = "expected command name"
            raise Failure(message)
        body = scope.root()
        for name, argument in call.arguments:
            body.declare(name, await self.evaluate(argument, scope))
        try:
            return await self.run(function.body, body)
        except Returned as returned:
            return returned.value


def _bare_operand(word: str, left: Value, symbol: str, scope: Scope) -> Value:
    """Read a bare word in a condition on rows: a property, or text where text is compared, or a literal."""
    if isinstance(scope, RowScope) and scope.has_property(word):
        return scope.find(word)
    return read_bare(word, left, symbol)
