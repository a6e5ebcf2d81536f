"""Lines become commands, or a syntax error with its place before anything could run."""

import pytest

from rds_csi_async.simulator.lexis import ParseError
from rds_csi_async.simulator.menus import MenuVocabulary
from rds_csi_async.simulator.parser import parse_program
from rds_csi_async.simulator.syntax_tree import Broken, Command
from rds_csi_async.simulator.system_menus import package_menu, resource_menu, safe_mode_menu

VOCABULARY = MenuVocabulary([package_menu("7.23.3"), resource_menu("7.23.3", int), safe_mode_menu(bool)])


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/nope/print", "syntax error (line 1 column 6)"),
        ("/system//package", "syntax error (line 1 column 9)"),
        ("/system / package", "syntax error (line 1 column 9)"),
        (":put 1 2", "expected end of command (line 1 column 8)"),
        (":set x 1", "syntax error (line 1 column 6)"),
        (":put {1;2", "missing closing brace (line 1 column 10)"),
        (":if (true) do={:put 1", "missing closing brace (line 1 column 22)"),
        (":put [:put 1", "syntax error (line 1 column 13)"),
        (":put {}", "syntax error (line 1 column 8)"),
        (":put ()", "syntax error (line 1 column 7)"),
        (":put (1 +)", "syntax error (line 1 column 10)"),
        (":", "expected command name (line 1 column 2)"),
        ("}", "expected command name (line 1 column 1)"),
        ("'a'", "expected command name (line 1 column 1)"),
        ("/system/package/print where", "missing value for where (line 1 column 28)"),
        (":put 1 # no comment here", "expected end of command (line 1 column 8)"),
        (":local f do={:set x 1}", "syntax error (line 1 column 19)"),
        (":put " + "(" * 100, "syntax error"),
    ],
)
def test_refusals(line: str, error: str) -> None:
    """The text and the place are the console's."""
    with pytest.raises(ParseError) as refused:
        parse_program(line, VOCABULARY)
    assert str(refused.value).startswith(error)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nope a=1 b", "bad command name nope (line 1 column 1)"),
        (":nope", "bad command name nope (line 1 column 2)"),
        ("/system/package/nope", "bad command name nope (line 1 column 17)"),
        ("/system/package/print nope=1", "bad parameter nope (line 1 column 23)"),
        ("/system/package/add name=x", "bad command name add (line 1 column 17)"),
    ],
)
def test_what_sits_in_the_tree_until_it_is_reached(line: str, message: str) -> None:
    """A bad name is no parse error."""
    assert parse_program(line, VOCABULARY).block.commands == (Broken(message),)


@pytest.mark.parametrize("line", ["/system/package/print", "/system package print", "/system package/print;;"])
def test_menus_are_parted_by_slashes_or_blanks(line: str) -> None:
    """Both ways mean the same command."""
    assert parse_program(line, VOCABULARY).block.commands == (Command(("system", "package"), "print"),)


def test_a_menu_alone_is_entered() -> None:
    """What follows on the line starts there, and so does the next line."""
    program = parse_program("/system package\nprint", VOCABULARY)
    assert program.menu == ("system", "package")
    assert program.block.commands == (Command(("system", "package"), "print"),)
    assert parse_program("/", VOCABULARY, ("system",)).menu == ()


def test_a_menus_own_find_is_meant_inside_its_commands() -> None:
    """Elsewhere `find` is the built-in one."""
    inside = parse_program("/system/package/get [find name=routeros] version", VOCABULARY)
    assert "path=('system', 'package'), name='find'" in repr(inside)
    assert "path=None, name='find'" in repr(parse_program(':put [find in="ab" key="b"]', VOCABULARY))


def test_comments_stand_only_where_a_statement_starts() -> None:
    """There they eat the line."""
    assert parse_program("# :put 1\n:put 2", VOCABULARY).block == parse_program(":put 2", VOCABULARY).block
