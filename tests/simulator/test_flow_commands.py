"""Variables, branches, loops and errors."""

import pytest

from tests.simulator.conftest import Bench


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (":local x 0;:put $x", "0\n"),
        (":local x;:put [:typeof $x]", "nothing\n"),
        (":local x 1;{:local x 2;:put $x};:put $x", "2\n1\n"),
        (":local x 1;{:set x 2};:put $x", "2\n"),
        ("{:local x 1};:put $x", "\n"),
        (':local a ({});:set ($a->"k") 5;:put ($a->"k")', "5\n"),
        (":if (1 = 1) do={:put y} else={:put n}", "y\n"),
        (":if (1 = 2) do={:put y} else={:put n}", "n\n"),
        (":if (0) do={:put y}", ""),
        (':if ("yes") do={:put y}', "conditional not boolean (:if; line 1)\n"),
        (":onerror e in={:error boom} do={:put $e}", "boom (:error; line 1)\n"),
        (":put [:onerror e in={:error boom} do={}]", "true\n"),
        (":put [:onerror e in={:put fine} do={}]", "fine\nfalse\n"),
        (":onerror e in={:error a} do={:error b}", "b (:error; line 1)\n"),
        (":onerror e in={:foreach v do={}} do={:put $e}", "missing value(s) of argument(s) in (:foreach; line 1)\n"),
        (":onerror e in={nope} do={:put $e}", "bad command name nope (line 1 column 16)\n"),
        (":put 1;:return 5;:put 2", "1\n"),
        (":global g 1;{:put $g}", "1\n"),
    ],
)
async def test_lines(bench: Bench, line: str, written: str) -> None:
    """What each writes."""
    assert await bench.run(line) == written


async def test_a_global_lives_on_but_is_seen_only_where_declared(bench: Bench) -> None:
    """For the user whose it is."""
    written: list[str] = []
    console = bench.console(written)
    for line in (":global g 5", ":put $g", ":global g;:put $g"):
        await console.run_line(line)
    assert written == ["\r\n", "5\r\n"]


async def test_delay_is_left_to_the_session(bench: Bench) -> None:
    """In seconds, or as a time."""
    await bench.run(":delay 2;:delay 200ms")
    assert bench.slept == [2, 0.2]
