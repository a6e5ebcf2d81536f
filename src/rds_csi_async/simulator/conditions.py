"""Conditions on rows, compiled once and tried on each row: tables are long, and the evaluator is not quick.

Says the same as the evaluator with a `RowScope`. A condition that runs commands is left to that.
"""

from collections.abc import Callable

from rds_csi_async.simulator.literals import parse_literal
from rds_csi_async.simulator.menus import Row
from rds_csi_async.simulator.operators import apply_binary, apply_unary, is_true
from rds_csi_async.simulator.scopes import Scope
from rds_csi_async.simulator.syntax_tree import Bare, Binary, Expression, Group, Literal, Text, Unary, Variable, Word
from rds_csi_async.simulator.values import NOTHING, Value, render_value

Compute = Callable[[Row], Value]


def find_compiled(condition: Expression, scope: Scope, properties: frozenset[str]) -> Compute | None:
    """Compile a condition on the rows of a menu with these properties; None when it runs commands."""
    match condition:
        case Group(inner):
            return find_compiled(inner, scope, properties)
        case Unary(symbol, operand):
            return _unary(symbol, find_compiled(operand, scope, properties))
        case Binary(symbol, left, right):
            return _binary(symbol, find_compiled(left, scope, properties), _operand(right, scope, properties))
        case Text(parts):
            return _joined([find_compiled(part, scope, properties) for part in parts])
        case _:
            return _find_leaf(condition, scope, properties)


def read_bare(word: str, left: Value, symbol: str) -> Value:
    """Read a bare word that is no property: text where text is compared, else a literal."""
    return word if isinstance(left, str) or symbol == "~" else parse_literal(word)


def _find_leaf(condition: Expression, scope: Scope, properties: frozenset[str]) -> Compute | None:
    match condition:
        case Literal(value):
            return lambda _row: value
        case Word(text):
            literal = parse_literal(text)
            return lambda _row: literal
        case Bare(name) | Variable(name):
            return (lambda row: row.get(name, NOTHING)) if name in properties else lambda _row: scope.find(name)
        case _:
            return None


def _operand(right: Expression, scope: Scope, properties: frozenset[str]) -> Compute | str | None:
    """Compile what stands on the right; a bare word that is no property is read beside its left."""
    if isinstance(right, Word):
        return find_compiled(Bare(right.text), scope, properties) if right.text in properties else right.text
    return find_compiled(right, scope, properties)


def _unary(symbol: str, operand: Compute | None) -> Compute | None:
    return None if operand is None else lambda row: apply_unary(symbol, operand(row))


def _binary(symbol: str, left: Compute | None, right: Compute | str | None) -> Compute | None:
    if left is None or right is None:
        return None
    if isinstance(right, str):
        word = right

        def compare(row: Row) -> Value:
            value = left(row)
            return apply_binary(symbol, value, read_bare(word, value, symbol))

        return compare
    if symbol == "":
        return lambda row: is_true(left(row)) & is_true(right(row))
    return lambda row: apply_binary(symbol, left(row), right(row))


def _joined(parts: list[Compute | None]) -> Compute | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return lambda row: "".join([render_value(part(row)) for part in known])
