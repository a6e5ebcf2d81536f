"""What follows a command's name: arguments by name or place, flags, and the condition on rows."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Final

from rds_csi_async.simulator.declarations import Declarations
from rds_csi_async.simulator.expression_parser import ExpressionParser
from rds_csi_async.simulator.lexis import (
    EXPECTED_END,
    LETTERS,
    MISSING_WHERE,
    NAME_CHARACTERS,
    SYNTAX_ERROR,
    Cursor,
    read_string,
)
from rds_csi_async.simulator.syntax_tree import (
    Block,
    Broken,
    Call,
    CodeBlock,
    Command,
    Expression,
    Group,
    Literal,
    Word,
)
from rds_csi_async.simulator.vocabulary import Kind, Shape

_ARGUMENT_NAME: Final = NAME_CHARACTERS | {"-", "."}
_WORD_STOPS: Final = frozenset(' ;()[]{}"$=?\\\n\r')
_ENDS: Final = frozenset(";)]}\n\r")
_BOOL_WORDS: Final = frozenset({"yes", "no"})
_DECLARING: Final = frozenset({"local", "global", "foreach", "for", "onerror"})
_SCOPED: Final = frozenset({"foreach", "for", "onerror"})
_FUNCTION_MAKERS: Final = frozenset({"local", "global", "set"})


@dataclass(slots=True)
class _Reading:
    """The command being read."""

    command: str
    shape: Shape
    arguments: dict[str, Expression] = field(default_factory=dict)
    where: Expression | None = None
    fault: str | None = None
    built_in: bool = True

    def next_positional(self) -> str | None:
        """Name the first argument by place that was not given yet."""
        return next((name for name in self.shape.positional if name not in self.arguments), None)


@dataclass(slots=True)
class ArgumentParser:
    """Reads arguments at a cursor; `read_block` reads commands up to a closing character (which it takes)."""

    cursor: Cursor
    expressions: ExpressionParser
    names: Declarations
    read_block: Callable[[str], Block]

    def read_command(self, path: tuple[str, ...] | None, name: str, shape: Shape) -> Command | Broken:
        """Read the arguments of a command; a bad parameter is raised only when the command is reached."""
        reading = _Reading(name, shape, built_in=path is None)
        with self.names.scope() if path is None and name in _SCOPED else nullcontext():
            while self._more():
                self._argument(reading)
        if reading.fault is not None:
            return Broken(reading.fault)
        return Command(path, name, tuple(reading.arguments.items()), reading.where)

    def read_call(self) -> Call:
        """Read `$function argument name=argument`."""
        function = self.expressions.read_dollar()
        arguments: list[tuple[str, Expression]] = []
        count = 0
        while self._more():
            name = self._take_name()
            if name is None:
                count += 1
                name = str(count)
            arguments.append((name, self._value(Kind.ANY)))
        return Call(function, tuple(arguments))

    def skip_arguments(self) -> None:
        """Read past the arguments of a command that does not exist."""
        while self._more():
            if self._take_name() is None or not self._at_end():
                self._value(Kind.ANY)

    def _more(self) -> bool:
        """Tell whether an argument follows, parted by a blank."""
        before = self.cursor.position
        self.cursor.skip_blanks()
        return not self._at_end() and self.cursor.position > before

    def _at_end(self) -> bool:
        return self.cursor.at_end() or self.cursor.peek() in _ENDS

    def _argument(self, reading: _Reading) -> None:
        start = self.cursor.position
        shape = reading.shape
        if (shape.where or shape.bare_where) and self._take_word("where"):
            reading.where = self._condition()
        elif shape.bare_where:
            reading.where = self.expressions.read_where()
        elif (name := self._take_name()) is not None:
            self._named(reading, name, start)
        elif (flag := next(filter(self._take_word, sorted(shape.flags)), None)) is not None:
            reading.arguments[flag] = Literal(value=True)
        else:
            self._placed(reading, start)

    def _named(self, reading: _Reading, name: str, start: int) -> None:
        kind = reading.shape.parameters.get(name)
        if kind is None:
            if reading.fault is None:
                reading.fault = str(self.cursor.error(f"bad parameter {name}", start))
            if not self._ends_argument():
                self._value(Kind.ANY)
            return
        if self._ends_argument():
            self._read_nothing(reading, name)
            return
        reading.arguments[name] = self._value_for(reading, name, kind)

    def _read_nothing(self, reading: _Reading, name: str) -> None:
        """`name=` at the end of a command gives an empty value, before another argument it is an error."""
        self.cursor.skip_blanks()
        if not self._at_end():
            raise self.cursor.error(EXPECTED_END)
        reading.arguments[name] = Literal("")

    def _placed(self, reading: _Reading, start: int) -> None:
        name = reading.next_positional()
        if name is None:
            raise self.cursor.error(EXPECTED_END, start)
        kind = reading.shape.parameters.get(name, Kind.TEXT)
        reading.arguments[name] = self._value_for(reading, name, kind)

    def _value_for(self, reading: _Reading, name: str, kind: Kind) -> Expression:
        start = self.cursor.position
        if kind is Kind.NAME:
            return self._variable_name(reading)
        makes_function = reading.built_in and name == "do" and reading.command in _FUNCTION_MAKERS
        with self.names.function() if makes_function else nullcontext():
            value = self._value(kind)
        if kind is Kind.BOOL and not _may_be_bool(value):
            raise self.cursor.error(SYNTAX_ERROR, start)
        return value

    def _variable_name(self, reading: _Reading) -> Expression:
        """Read `x`, `k,v`, a quoted name, or (for `:set`) the place of an element, `($x->"k")`."""
        start = self.cursor.position
        if self.cursor.peek() == "(":
            return self.expressions.read_enclosed()
        quoted = read_string(self.cursor, self.expressions.read_enclosed) if self.cursor.take_if('"') else None
        name = str(quoted.value) if isinstance(quoted, Literal) else self.cursor.take_while(NAME_CHARACTERS | {","})
        if not name:
            raise self.cursor.error(SYNTAX_ERROR, start)
        for part in name.split(","):
            if reading.command in _DECLARING:
                self.names.declare(part)
            elif not self.names.knows(part):
                raise self.cursor.error(SYNTAX_ERROR, start)
        return Literal(name)

    def _value(self, kind: Kind) -> Expression:
        value = self._bounded_value(kind)
        if not self.cursor.at_end() and self.cursor.peek() not in _ENDS | {" "}:
            raise self.cursor.error(EXPECTED_END)
        return value

    def _bounded_value(self, kind: Kind) -> Expression:
        following = self.cursor.peek()
        if following == "{":
            return self._braced(kind)
        if following in {"(", "["}:
            return self.expressions.read_enclosed()
        if following == "$":
            return self.expressions.read_dollar()
        if self.cursor.take_if('"'):
            return read_string(self.cursor, self.expressions.read_enclosed)
        start = self.cursor.position
        word = self.cursor.take_until(_WORD_STOPS)
        if not word:
            raise self.cursor.error(SYNTAX_ERROR, start)
        return Word(word)

    def _braced(self, kind: Kind) -> Expression:
        if kind is Kind.CODE:
            self.cursor.take_if("{")
            return CodeBlock(self.read_block("}"))
        if kind is Kind.ANY:
            return self.expressions.read_array(may_be_empty=False)
        raise self.cursor.error(SYNTAX_ERROR)

    def _condition(self) -> Expression:
        self.cursor.skip_blanks()
        if self._at_end():
            raise self.cursor.error(MISSING_WHERE)
        return self.expressions.read_where()

    def _take_name(self) -> str | None:
        """Take `name=`; nothing is taken if that is not what comes next."""
        start = self.cursor.position
        if self.cursor.peek() in LETTERS | {"."}:
            name = self.cursor.take_while(_ARGUMENT_NAME)
            if self.cursor.take_if("="):
                return name
        self.cursor.position = start
        return None

    def _take_word(self, word: str) -> bool:
        after = self.cursor.peek(len(word) + 1)
        if after.startswith(word) and after[len(word) :] in _ENDS | {" ", ""}:
            return self.cursor.take_if(word)
        return False

    def _ends_argument(self) -> bool:
        return self._at_end() or self.cursor.peek() == " "


def _may_be_bool(value: Expression) -> bool:
    """Tell whether a typed argument can be yes or no: by its text, or only known when it runs."""
    match value:
        case Word(text):
            return text in _BOOL_WORDS
        case Literal(text):
            return text in _BOOL_WORDS
        case Group(Literal(text)):
            return not isinstance(text, int) or isinstance(text, bool)
        case _:
            return True
