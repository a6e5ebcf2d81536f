"""Conditions on rows, compiled once and tried on each row: tables are long, and the evaluator is not quick.

Says the same as the evaluator with a `RowScope`. A condition that runs commands is left to that.
"""

from collections.abc import Callable
from typing import Any

from rds_csi_async.simulator.literals import parse_item_id, parse_literal
from rds_csi_async.simulator.menus import ID, Row
from rds_csi_async.simulator.operators import apply_binary, apply_unary, is_true
from rds_csi_async.simulator.scopes import Scope
from rds_csi_async.simulator.syntax_tree import Bare, Binary, Expression, Group, Literal, Text, Unary, Variable, Word
from rds_csi_async.simulator.values import NOTHING, Empty, ItemId, Prefix, Value, render_value

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


def find_named(condition: Expression, scope: Scope, naming: str, properties: frozenset[str]) -> Value | None:
    """Return what the naming property, or the id, has to be for the condition to hold; None if it may be anything.

    An id is an `ItemId`, a name is text. A row that is so named need not fulfil the rest of the condition.
    """
    match condition:
        case Group(inner):
            return find_named(inner, scope, naming, properties)
        case Binary("" | "and" | "&&", left, right):
            found = find_named(left, scope, naming, properties)
            return find_named(right, scope, naming, properties) if found is None else found
        case Binary("=", Bare(name), right) if name in {naming, ID}:
            return _name_of(_operand(right, scope, properties), naming if name == naming else ID)
        case _:
            return None


def _name_of(wanted: Compute | str | None, kind: str) -> Value | None:
    """Read what is the same for every row; a property of the row itself is not."""
    if wanted is None:
        return None
    value = wanted if isinstance(wanted, str) else _constant(wanted)
    if kind == ID:
        return value if isinstance(value, ItemId) else parse_item_id(value) if isinstance(value, str) else None
    return None if value is None or isinstance(value, bool | Empty | Prefix) else render_value(value) or None


def _constant(compute: Compute) -> Value | None:
    """Compute with a row that tells whether it is asked."""
    row = _Watched()
    value = compute(row)
    return None if row.asked else value


class _Watched(dict[str, Value]):
    asked = False

    def get(self, key: str, default: Any = None, /) -> Any:  # noqa: ANN401 - as a dict has it
        self.asked = True
        return super().get(key, default)


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
