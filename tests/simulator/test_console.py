"""A console remembers its menu, and says what is wrong with a line."""

from tests.simulator.conftest import Bench


async def test_a_menu_is_entered_and_left(bench: Bench) -> None:
    """The prompt tells where one is."""
    written: list[str] = []
    console = bench.console(written)
    assert console.prompt("admin", "box") == "[admin@box] > "
    await console.run_line("/disk")
    assert console.prompt("admin", "box") == "[admin@box] /disk > "
    await console.run_line(":put [:len [find]]")
    await console.run_line("/")
    assert (written, console.menu) == (["2\r\n"], ())


async def test_errors_are_part_of_the_reply(bench: Bench) -> None:
    """Parse errors and those that come while it runs."""
    assert await bench.run("(") == "expected command name (line 1 column 1)\n"
    assert await bench.run("/disk/remove nobody") == "no such item (/disk/remove; line 1)\n"
    assert await bench.run("") == ""


async def test_a_tab_in_a_line_is_four_blanks(bench: Bench) -> None:
    """In a string too."""
    assert await bench.run(':put "a\tb"') == "a    b\n"
