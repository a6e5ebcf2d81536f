"""A session writes lines with the console's line end."""

from tests.simulator.conftest import Bench


async def test_lines_end_as_on_a_console(bench: Bench) -> None:
    """Carriage return and line feed."""
    written: list[str] = []
    bench.console(written).session.write_line("a")
    assert written == ["a\r\n"]
