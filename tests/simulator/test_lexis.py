"""Strings mean what the console's rules say, byte by byte."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.simulator.lexis import Cursor, ParseError, expand_tabs, read_string
from rds_csi_async.simulator.syntax_tree import Expression, Literal, Text, Variable

_PLAIN = frozenset((string.ascii_letters + string.digits + " ._:/,=@+-").encode())
_KNOWN = '"\\nrt$?_abfv \n'


def _no_code() -> Expression:
    message = "no live code in this test"
    raise AssertionError(message)


def _read(text: str) -> Expression:
    return read_string(Cursor(text), _no_code)


def _quote(text: bytes) -> str:
    return "".join(chr(byte) if byte in _PLAIN else f"\\{byte:02X}" for byte in text) + '"'


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\"", '"'), (r"\\", "\\"), (r"\n", "\n"), (r"\r", "\r"), (r"\t", "\t"), (r"\$", "$"), (r"\?", "?"),
        (r"\_", " "), (r"\a", "\a"), (r"\b", "\b"), (r"\f", "\f"), (r"\v", "\v"), (r"\41", "A"), (r"\FF", "\xff"),
        ("a\\ b", "ab"), ("a\\\nb", "ab"), ("x$", "x$"), ("x$ y", "x$ y"),
    ],
)  # fmt: skip
def test_escapes(written: str, meant: str) -> None:
    """Each escape yields its byte; a backslash before a blank or a line's end yields nothing."""
    assert _read(written + '"') == Literal(meant)


@pytest.mark.parametrize("character", sorted(set(string.printable) - set(_KNOWN) - set(string.hexdigits)))
def test_any_other_escape_is_a_syntax_error(character: str) -> None:
    """The column is that of the character after the backslash, counted from 1."""
    with pytest.raises(ParseError, match=r"syntax error \(line 1 column 2\)"):
        _read(f'\\{character}"')


@pytest.mark.parametrize("written", [r"\e2", r"\E", r"\4x", r"\cd"])
def test_hexadecimal_is_two_digits_in_upper_case(written: str) -> None:
    """Anything less is no escape."""
    with pytest.raises(ParseError):
        _read(written + '"')


def test_a_lower_case_letter_may_be_an_escape_of_its_own() -> None:
    """So lower-case hexadecimal can go wrong without an error."""
    assert _read(r'\ff"') == Literal("\ff")


@given(st.binary())
def test_every_byte_can_be_quoted(data: bytes) -> None:
    """Quoting every byte that is not harmless gives back exactly these bytes."""
    assert _read(_quote(data)) == Literal(data.decode("latin-1"))


def test_a_variable_in_a_string_is_letters_and_digits() -> None:
    """What follows them is text again."""
    assert _read('a$b1-c"') == Text((Literal("a"), Variable("b1"), Literal("-c")))


def test_a_string_without_end_is_a_syntax_error() -> None:
    """The quote must close before the line does."""
    with pytest.raises(ParseError, match="syntax error"):
        _read("abc")


def test_a_tab_is_four_blanks() -> None:
    """As the console's input makes of it."""
    assert expand_tabs("a\tb") == "a    b"


def test_errors_name_line_and_column() -> None:
    """Both count from 1."""
    assert str(Cursor("ab\ncd", 4).error("syntax error")) == "syntax error (line 2 column 2)"
