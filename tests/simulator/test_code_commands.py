"""Text becomes code, and runs apart."""

import pytest

from tests.simulator.conftest import Bench


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (':local f [:parse ":put (1 + 1)"];$f', "2\n"),
        (':local f [:parse ":put \\$x"];$f x=5', "5\n"),
        (':put [:typeof [:parse ":put 1"]]', "code\n"),
        (':onerror e in={:parse ":put ("} do={:put $e}', "syntax error (line 1 column 7) (:parse; line 1)\n"),
        (':put ("<" . [:execute script=":put 1;:put 2" as-string] . ">")', "<1\n2>\n"),
        (":put [:execute script={:put 1} as-string]", "1\n"),
        (':execute ":put unseen";:put on', "on\n"),
        (':put [:execute ":error boom" as-string]', "boom (:error; line 1)\n"),
        (':put [:execute ":put (" as-string]', "syntax error (line 1 column 7)\n"),
        (':local x 1;:put [:execute ":put [:typeof \\$x]" as-string]', "nothing\n"),
        (":execute", "missing value(s) of argument(s) script (:execute; line 1)\n"),
    ],
)
async def test_lines(bench: Bench, line: str, written: str) -> None:
    """What each writes."""
    assert await bench.run(line) == written


async def test_what_runs_apart_changes_the_appliance(bench: Bench) -> None:
    """And the user's globals."""
    line = ':execute ":global g 5; /system/identity/set name=x"; :global g; :put $g; :put [/system/identity/get name]'
    assert await bench.run(line) == "5\nx\n"
