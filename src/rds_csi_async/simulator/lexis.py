"""Where one is in a line, and what its smallest pieces are: blanks, words, strings with their escapes."""

from collections.abc import Callable
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Final

from rds_csi_async.simulator.syntax_tree import Expression, Literal, Text, Variable

SYNTAX_ERROR: Final = "syntax error"
EXPECTED_END: Final = "expected end of command"
EXPECTED_COMMAND: Final = "expected command name"
MISSING_BRACE: Final = "missing closing brace"
MISSING_WHERE: Final = "missing value for where"

LETTERS: Final = frozenset(ascii_letters)
NAME_CHARACTERS: Final = frozenset(ascii_letters + digits)
_ESCAPES: Final = {
    '"': '"', "\\": "\\", "$": "$", "?": "?", "_": " ", "n": "\n", "r": "\r", "t": "\t",
    "a": "\a", "b": "\b", "f": "\f", "v": "\v", " ": "", "\n": "",
}  # fmt: skip
_HEX: Final = frozenset("0123456789ABCDEF")
_TAB_BLANKS: Final = "    "


class ParseError(Exception):
    """The line is not in the language: nothing of it may run."""

    def __init__(self, text: str, line: int, column: int) -> None:
        super().__init__(f"{text} (line {line} column {column})")


def expand_tabs(text: str) -> str:
    """Replace each raw tab by four blanks, as the console's input does."""
    return text.replace("\t", _TAB_BLANKS)


@dataclass(slots=True)
class Cursor:
    """A place in a text that moves forward."""

    text: str
    position: int = 0

    def peek(self, length: int = 1) -> str:
        """Look at the next characters; fewer at the end."""
        return self.text[self.position : self.position + length]

    def at_end(self) -> bool:
        """Tell whether nothing is left."""
        return self.position >= len(self.text)

    def take(self) -> str:
        """Take one character; empty at the end."""
        character = self.peek()
        self.position += 1
        return character

    def take_if(self, wanted: str) -> bool:
        """Take exactly this text if it comes next."""
        found = bool(wanted) and self.text.startswith(wanted, self.position)
        if found:
            self.position += len(wanted)
        return found

    def take_while(self, allowed: frozenset[str]) -> str:
        """Take characters as long as they are allowed."""
        start = self.position
        while self.peek() in allowed and not self.at_end():
            self.position += 1
        return self.text[start : self.position]

    def take_until(self, stops: frozenset[str]) -> str:
        """Take characters up to one of these, or to the end."""
        start = self.position
        while not self.at_end() and self.peek() not in stops:
            self.position += 1
        return self.text[start : self.position]

    def skip_blanks(self) -> None:
        """Skip blanks, and line breaks after a backslash."""
        while self.take_if(" ") or self.take_if("\\\n") or self.take_if("\\\r\n"):
            pass

    def error(self, text: str, position: int | None = None) -> ParseError:
        """Make the error that points here, or at another place; columns count bytes from 1."""
        place = self.position if position is None else position
        before = self.text[:place]
        return ParseError(text, before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1)


def read_string(cursor: Cursor, substitution: Callable[[], Expression]) -> Expression:
    """Read the rest of a string whose opening quote was taken.

    `substitution` is called with the cursor on `(` or `[` after a `$`, and reads the live code.
    """
    parts: list[Expression] = []
    plain: list[str] = []
    while not cursor.take_if('"'):
        if cursor.at_end():
            raise cursor.error(SYNTAX_ERROR)
        character = cursor.take()
        if character == "\\":
            plain.append(_read_escape(cursor))
        elif character == "$" and (live := _read_live(cursor, substitution)) is not None:
            parts += [Literal("".join(plain)), live]
            plain.clear()
        else:
            plain.append(character)
    tail = Literal("".join(plain))
    return Text((*parts, tail)) if parts else tail


def _read_live(cursor: Cursor, substitution: Callable[[], Expression]) -> Expression | None:
    if cursor.peek() in {"(", "["}:
        return substitution()
    name = cursor.take_while(NAME_CHARACTERS)
    return Variable(name) if name else None


def _read_escape(cursor: Cursor) -> str:
    r"""Read what follows a backslash; `\XX` is upper case only."""
    pair = cursor.peek(2)
    if len(pair) == len("XX") and _HEX.issuperset(pair):
        cursor.position += 2
        return chr(int(pair, 16))
    character = cursor.peek()
    if character not in _ESCAPES:
        raise cursor.error(SYNTAX_ERROR)
    cursor.position += 1
    return _ESCAPES[character]
