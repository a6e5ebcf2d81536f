"""How text becomes an expression: operands, operators and their precedence."""

import re
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rds_csi_async.simulator.lexis import LETTERS, MISSING_BRACE, NAME_CHARACTERS, SYNTAX_ERROR, Cursor, read_string
from rds_csi_async.simulator.literals import parse_item_id, parse_literal
from rds_csi_async.simulator.syntax_tree import (
    ArrayLiteral,
    Bare,
    Binary,
    Block,
    Expression,
    Group,
    Literal,
    Substitution,
    Unary,
    Variable,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# From loose to tight; the console's own order, in which `.` binds looser than arithmetic.
_LEVELS: Final[tuple[tuple[str, ...], ...]] = (
    (",",),
    ("||", "or"),
    ("&&", "and"),
    ("in",),
    ("!=", "<=", ">=", "=", "<", ">", "~"),
    (".",),
    ("<<", ">>"),
    ("|",),
    ("^",),
    ("&",),
    ("+", "-"),
    ("*", "/", "%"),
    ("->",),
)
_AND_LEVEL: Final = 2
_COMPARISON_LEVEL: Final = 4
# Text that begins a longer operator is not the shorter one.
_LONGER: Final = {"<": ("<<", "<="), ">": (">>", ">="), "|": ("||",), "&": ("&&",), "-": ("->",)}
_PREFIXES: Final = ("!", "-", "~")
_NUMBERED: Final = re.compile(r"\d+(?:\.\d+){1,3}/\d+|0x[0-9A-Fa-f]+|[0-9A-Za-z]+(?:[.:][0-9A-Za-z]+)*")
_ITEM_ID: Final = re.compile(r"\*[0-9A-Fa-f]+")
_PROPERTY_CHARACTERS: Final = NAME_CHARACTERS | {"-"}
# `options=(json.pretty,json.no-string-conversion)` is documented: words with dots that mean themselves.
_OPTION_PREFIX: Final = "json"
_OPTION_CHARACTERS: Final = LETTERS | {"-", "."}
_VALUE_STOPS: Final = frozenset(' ;()[]{}"$\n')
_OPERAND_STARTS: Final = LETTERS | NAME_CHARACTERS | frozenset('"$([{!')
_MOST_DEPTH: Final = 60


@dataclass(slots=True)
class ExpressionParser:
    """Reads expressions at a cursor; `read_block` reads commands up to a closing character (which it takes)."""

    cursor: Cursor
    read_block: Callable[[str], Block]
    _in_where: bool = False
    _depth: int = field(default=0, init=False)

    def read_expression(self) -> Expression:
        """Read a whole expression, of the loosest kind."""
        with self._deeper():
            return self._climb(0)

    def read_where(self) -> Expression:
        """Read a condition on rows: bare words are properties, operands side by side are joined by AND."""
        outer, self._in_where = self._in_where, True
        try:
            return self.read_expression()
        finally:
            self._in_where = outer

    def read_enclosed(self) -> Expression:
        """Read what starts with `(` or `[`, up to its closing bracket."""
        if self.cursor.take_if("["):
            return self._substitution()
        self.cursor.take_if("(")
        self.cursor.skip_blanks()
        inner = self.read_expression()
        self.cursor.skip_blanks()
        if not self.cursor.take_if(")"):
            raise self.cursor.error(SYNTAX_ERROR)
        return Group(inner)

    def read_array(self, *, may_be_empty: bool) -> Expression:
        """Read an array literal whose opening brace comes next."""
        self.cursor.take_if("{")
        elements: list[tuple[Expression | None, Expression]] = []
        while not self._closes_array():
            elements.append(self._element())
        if not elements and not may_be_empty:
            raise self.cursor.error(SYNTAX_ERROR)
        return ArrayLiteral(tuple(elements))

    def read_dollar(self) -> Expression:
        """Read a variable whose `$` comes next: `$name`, `$"any name"`, `$(…)`, `$[…]`."""
        self.cursor.take_if("$")
        if self.cursor.take_if('"'):
            quoted = read_string(self.cursor, self.read_enclosed)
            if isinstance(quoted, Literal):
                return Variable(str(quoted.value))
            raise self.cursor.error(SYNTAX_ERROR)
        if self.cursor.peek() in {"(", "["}:
            return self.read_enclosed()
        name = self.cursor.take_while(NAME_CHARACTERS)
        if not name:
            raise self.cursor.error(SYNTAX_ERROR)
        return Variable(name)

    def _substitution(self) -> Expression:
        outer, self._in_where = self._in_where, False
        with self._deeper():
            block = self.read_block("]")
        self._in_where = outer
        return Substitution(block)

    def _climb(self, loosest: int) -> Expression:
        """Read operands and the operators between them that bind as tightly as this level, or tighter."""
        left = self._prefixed()
        while (found := self._take_operator(loosest)) is not None:
            operator, level = found
            self.cursor.skip_blanks()
            if level == _COMPARISON_LEVEL and self._in_where and self._starts_bare_value():
                right: Expression = Word(self.cursor.take_until(_VALUE_STOPS))
            else:
                right = self._climb(level + 1)
            left = Binary(operator, left, right)
        return left

    def _take_operator(self, loosest: int) -> tuple[str, int] | None:
        start = self.cursor.position
        self.cursor.skip_blanks()
        for level, operators in enumerate(_LEVELS):
            operator = next(filter(self._is_operator, operators), None)
            if operator is not None and level >= loosest:
                self.cursor.take_if(operator)
                return operator, level
            if operator is not None:
                break
        else:
            if loosest <= _AND_LEVEL and self.cursor.peek() in _OPERAND_STARTS:
                return "", _AND_LEVEL
        self.cursor.position = start
        return None

    def _is_operator(self, operator: str) -> bool:
        if operator.isalpha():
            after = self.cursor.peek(len(operator) + 1)
            return after.startswith(operator) and after[len(operator) :] not in _PROPERTY_CHARACTERS
        if any(self.cursor.peek(2) == longer for longer in _LONGER.get(operator, ())):
            return False
        return self.cursor.peek(len(operator)) == operator

    def _starts_bare_value(self) -> bool:
        return not self.cursor.at_end() and self.cursor.peek() not in _VALUE_STOPS

    def _prefixed(self) -> Expression:
        self.cursor.skip_blanks()
        if _ITEM_ID.match(self.cursor.text, self.cursor.position):
            return self._item_id()
        for prefix in _PREFIXES:
            if self.cursor.take_if(prefix):
                with self._deeper():
                    return Unary(prefix, self._prefixed())
        if self._is_operator("any"):
            self.cursor.take_if("any")
            return Unary("any", self._prefixed())
        return self._operand()

    def _operand(self) -> Expression:
        start = self.cursor.peek()
        if start in {"(", "["}:
            return self.read_enclosed()
        if start == "{":
            with self._deeper():
                return self.read_array(may_be_empty=True)
        if start == "$":
            return self.read_dollar()
        if self.cursor.take_if('"'):
            return read_string(self.cursor, self.read_enclosed)
        if start.isdigit() and (match := _NUMBERED.match(self.cursor.text, self.cursor.position)):
            self.cursor.position = match.end()
            value = parse_literal(match[0])
            return Bare(match[0]) if value == match[0] else Literal(value)
        return self._bare()

    def _bare(self) -> Expression:
        start = self.cursor.position
        dot = "." if self.cursor.take_if(".") else ""
        name = dot + self.cursor.take_while(_PROPERTY_CHARACTERS if self._in_where else NAME_CHARACTERS)
        if name in {"", "."}:
            raise self.cursor.error(SYNTAX_ERROR, start)
        if name == _OPTION_PREFIX and self.cursor.peek() == ".":
            return Literal(name + self.cursor.take_while(_OPTION_CHARACTERS))
        value = parse_literal(name)
        return Bare(name) if value == name else Literal(value)

    def _item_id(self) -> Expression:
        self.cursor.take_if("*")
        item = parse_item_id("*" + self.cursor.take_while(NAME_CHARACTERS))
        if item is None or not self._in_where:
            raise self.cursor.error(SYNTAX_ERROR)
        return Literal(item)

    def _closes_array(self) -> bool:
        self.cursor.take_while(frozenset(" ;\n"))
        if self.cursor.at_end():
            raise self.cursor.error(MISSING_BRACE)
        return self.cursor.take_if("}")

    def _element(self) -> tuple[Expression | None, Expression]:
        expression = self.read_expression()
        self.cursor.skip_blanks()
        if self.cursor.peek() not in {"", ";", "}", "\n"}:
            raise self.cursor.error(SYNTAX_ERROR)
        if not isinstance(expression, Binary) or expression.operator != "=":
            return None, expression
        key = expression.left
        return (Literal(key.name) if isinstance(key, Bare) else key), expression.right

    @contextmanager
    def _deeper(self) -> "Iterator[None]":
        self._depth += 1
        if self._depth > _MOST_DEPTH:
            raise self.cursor.error(SYNTAX_ERROR)
        try:
            yield
        finally:
            self._depth -= 1
