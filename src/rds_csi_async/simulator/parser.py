"""How a line becomes commands. Knows menus and arguments by a `Vocabulary`, and evaluates nothing."""

from dataclasses import dataclass, field
from typing import Final

from rds_csi_async.simulator.argument_parser import ArgumentParser
from rds_csi_async.simulator.declarations import Declarations
from rds_csi_async.simulator.expression_parser import ExpressionParser
from rds_csi_async.simulator.lexis import (
    EXPECTED_COMMAND,
    EXPECTED_END,
    LETTERS,
    MISSING_BRACE,
    NAME_CHARACTERS,
    SYNTAX_ERROR,
    Cursor,
    expand_tabs,
)
from rds_csi_async.simulator.syntax_tree import Block, Broken, Command, Statement
from rds_csi_async.simulator.vocabulary import Shape, Vocabulary

Path = tuple[str, ...]

_SEPARATORS: Final = frozenset(" ;\n\r")
_WORD: Final = NAME_CHARACTERS | {"-"}


@dataclass(frozen=True, slots=True)
class Program:
    """A line's commands, and the menu that it leaves a person in."""

    block: Block
    menu: Path


def parse_program(text: str, vocabulary: Vocabulary, menu: Path = ()) -> Program:
    """Parse a line whose relative commands start from `menu`.

    Raises:
        ParseError: it is not in the language; the message ends in `(line N column M)`.

    """
    parser = _Parser(Cursor(expand_tabs(text)), vocabulary, menu)
    return Program(parser.read_block(""), parser.menu)


@dataclass(slots=True)
class _Parser:
    cursor: Cursor
    vocabulary: Vocabulary
    menu: Path
    names: Declarations = field(default_factory=Declarations)
    _arguments: ArgumentParser = field(init=False)

    def __post_init__(self) -> None:
        expressions = ExpressionParser(self.cursor, self.read_block)
        self._arguments = ArgumentParser(self.cursor, expressions, self.names, self.read_block)

    def read_block(self, closing: str) -> Block:
        """Read statements up to a closing character, which is taken; empty: up to the end."""
        statements: list[Statement] = []
        menu = self.menu
        with self.names.scope():
            while not self._closes(closing):
                statement = self._statement()
                if statement is not None:
                    statements.append(statement)
                self._end_statement(closing)
        if closing:
            self.menu = menu
        return Block(tuple(statements))

    def _closes(self, closing: str) -> bool:
        self.cursor.take_while(_SEPARATORS)
        while self.cursor.peek() == "#":
            self.cursor.take_until(frozenset("\n"))
            self.cursor.take_while(_SEPARATORS)
        if not self.cursor.at_end():
            return self.cursor.take_if(closing)
        if closing:
            raise self.cursor.error(MISSING_BRACE if closing == "}" else "syntax error")
        return True

    def _end_statement(self, closing: str) -> None:
        self.cursor.skip_blanks()
        following = self.cursor.peek()
        if following not in {"", ";", "\n", "\r"} and following != closing:
            raise self.cursor.error(EXPECTED_END)

    def _statement(self) -> Statement | None:
        if self.cursor.take_if("{"):
            return self.read_block("}")
        if self.cursor.peek() == "$":
            return self._arguments.read_call()
        if self.cursor.take_if(":"):
            return self._built_in()
        if self.cursor.take_if("/"):
            return self._from_menu(())
        if self.cursor.peek() in LETTERS:
            return self._relative()
        raise self.cursor.error(EXPECTED_COMMAND)

    def _built_in(self) -> Statement:
        start = self.cursor.position
        name = self.cursor.take_while(_WORD)
        if not name:
            raise self.cursor.error(EXPECTED_COMMAND)
        shape = self.vocabulary.built_ins.get(name)
        return self._broken_name(name, start) if shape is None else self._arguments.read_command(None, name, shape)

    def _relative(self) -> Statement | None:
        """Read a command that names no root: the menu's own first, then the built-in ones, then from the root."""
        start = self.cursor.position
        name = self.cursor.take_while(_WORD)
        self.cursor.position = start
        if name not in self.vocabulary.built_ins or self._shape(self.menu, name) is not None:
            known = self.vocabulary.is_menu((*self.menu, name)) or self._shape(self.menu, name) is not None
            return self._from_menu(self.menu if known else ())
        return self._built_in()

    def _shape(self, path: Path, verb: str) -> Shape | None:
        return self.vocabulary.find_shape(path, verb)

    def _from_menu(self, path: Path) -> Statement | None:
        """Read `disk btrfs/subvolume print …`: menus parted by blanks or single slashes, then a verb."""
        while True:
            start = self.cursor.position
            name = self.cursor.take_while(_WORD)
            if not name:
                self._enter(path, start)
                return None
            shape = self._shape(path, name)
            if shape is not None:
                return self._verb(path, name, shape)
            if not self.vocabulary.is_menu((*path, name)):
                return self._broken_name(name, start)
            path = (*path, name)
            if not self.cursor.take_if("/"):
                self.cursor.skip_blanks()

    def _enter(self, path: Path, start: int) -> None:
        """Make the menu the one that the following commands start from."""
        if start and self.cursor.text[start - 1] == "/" and path:
            raise self.cursor.error(SYNTAX_ERROR, start)
        if self.cursor.peek() not in {"", ";", "\n", "\r", "}", "]"}:
            raise self.cursor.error(SYNTAX_ERROR)
        self.menu = path

    def _verb(self, path: Path, name: str, shape: Shape) -> Command | Broken:
        outer, self.menu = self.menu, path
        try:
            return self._arguments.read_command(path, name, shape)
        finally:
            self.menu = outer

    def _broken_name(self, name: str, start: int) -> Broken:
        if self.cursor.peek() == "/":
            raise self.cursor.error(SYNTAX_ERROR)
        message = str(self.cursor.error(f"bad command name {name}", start))
        self._arguments.skip_arguments()
        return Broken(message)
