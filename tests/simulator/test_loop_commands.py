"""Loops run as often as they should, and are left and retried."""

import pytest

from rds_csi_async.simulator.settings import SimulatorSettings
from tests.simulator.conftest import POOLS, Bench


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (":foreach v in={3;4} do={:put $v}", "3\n4\n"),
        (':foreach k,v in={7;"a"=8} do={:put "$k-$v"}', "0-7\na-8\n"),
        (":foreach v in=({}) do={:put $v}", ""),
        (":for i from=1 to=3 do={:put $i}", "1\n2\n3\n"),
        (":for i from=0 to=-1 do={:put $i}", "0\n-1\n"),
        (":for i from=1 to=6 step=2 do={:put $i}", "1\n3\n5\n"),
        (":local i 0;:while ($i < 2) do={:set i ($i + 1);:put $i}", "1\n2\n"),
        (":local i 0;:do {:set i ($i + 1)} while=($i < 3);:put $i", "3\n"),
        (":do {:error x} on-error={:put caught}", "caught\n"),
        (":do {:error x}", "x (:error; line 1)\n"),
        (':foreach v in={1} do="x"', "invalid value for argument do (:foreach; line 1)\n"),
        (":for i from=1 to=5 do={:if ($i = 3) do={:break};:put $i}", "1\n2\n"),
        (":for i from=1 to=3 do={:if ($i = 2) do={:continue};:put $i}", "1\n3\n"),
        (":foreach v in={1;2} do={:foreach w in={3;4} do={:put $w;:break}}", "3\n3\n"),
        (":local i 0;:while (true) do={:set i ($i + 1);:if ($i = 4) do={:break}};:put $i", "4\n"),
        (":local i 0;:do {:set i ($i + 1);:if ($i = 2) do={:break}} while=(true);:put $i", "2\n"),
        (":foreach v in={1} do={:onerror e in={:break} do={:put caught}};:put left", "left\n"),
        (":put 1;:break;:put 2", "1\n"),
        (":foreach v in={1;2} do={:put $v;:exit};:put never", "1\n"),
        (":retry command={:error x} delay=2 max=3", "x (:error; line 1)\n"),
        (":local n 0;:retry {:set n ($n + 1);:if ($n < 3) do={:error x};:put $n} delay=1s max=9", "3\n"),
        (":retry {:put once} delay=1 max=5", "once\n"),
        (":retry {:put x} delay=1", "missing value(s) of argument(s) max (:retry; line 1)\n"),
        (":retry {:put x} delay=1 max=x", "expected number (:retry; line 1)\n"),
    ],
)
async def test_lines(bench: Bench, line: str, written: str) -> None:
    """What each writes."""
    assert await bench.run(line) == written


async def test_trying_again_waits_in_between(bench: Bench) -> None:
    """And not after the last time."""
    await bench.run(":retry {:error x} delay=500ms max=3")
    assert bench.slept == [0.5, 0.5]


async def test_ways_out_came_with_a_version(bench: Bench) -> None:
    """Before, their names are bad."""
    bench.settings = SimulatorSettings(bench.root, POOLS, version="7.21.5 (long-term)")
    await bench.open()
    assert await bench.run(":break") == "bad command name break (line 1 column 2)\n"
