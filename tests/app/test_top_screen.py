"""A picture has a table for all that there is something to say of, and does nothing to a terminal."""

import io
import math

import pytest
from rich.console import Console

from rds_csi_async.app.top_appliances import ApplianceFacts, PoolFacts
from rds_csi_async.app.top_facts import (
    CallFacts,
    NodeFacts,
    PendingFacts,
    Picture,
    ProcessFacts,
)
from rds_csi_async.app.top_screen import render, render_bytes, render_time

YES, NO = True, False
UP = ProcessFacts("a:1", "", "1.2", ("controller",), 3, 0.0025, 0)
EMPTY = Picture((), (), (), (), (), ())
FULL = Picture(
    (UP, ProcessFacts("b:1", "Connection refused"), ProcessFacts("c:1", "", "1.2", ("node",), 0, None, 2)),
    (
        ApplianceFacts("a:1", "rds", "192.0.2.1:22", YES, 2, 10, 3, 10, 7, {"closed": 2}, ("raid5: not clean",)),
        ApplianceFacts("a:1", "new", "192.0.2.3:22", YES, 0, 0, 0, None, None, {}),
        ApplianceFacts("a:1", "old", "192.0.2.2:22", NO, 0, 0, 0, None, None, None),
    ),
    (PoolFacts("rds", "main", YES, 1 << 40, 1 << 36, 1 << 39), PoolFacts("old", "gone", NO, None, None, None)),
    (PendingFacts("a:1", "create", 2, 130),),
    (CallFacts("NodeStageVolume", 3, math.inf, {"UNAVAILABLE": 2}), CallFacts("CreateVolume", 1, 0.25, {})),
    (NodeFacts("c:1", 5, 1, 4, 1, 2, 0, 30), NodeFacts("d:1", None, 0, 0, 0, 0, 0, None)),
)


def _shown(picture: Picture) -> list[str]:
    text = io.StringIO()
    Console(file=text, width=200, highlight=False).print(render(picture, "of the last 60 s"))
    return [" ".join(line.split()) for line in text.getvalue().splitlines()]


@pytest.mark.parametrize(
    "line",
    [
        "a:1 up 1.2 controller 3 0.0025 s",
        "b:1 down Connection refused",
        "c:1 up 1.2 node 0 ? 2 programs hang in the kernel",
        "rds up 192.0.2.1:22 a:1 10 3 failed 10 s 2 closed 7 s ago raid5: not clean; 2 failed to connect",
        "old down 192.0.2.2:22 a:1 0 ? ? ?",
        "new up 192.0.2.3:22 a:1 0 ? none ?",
        "rds/main mounted 1 TiB 64 GiB 512 GiB 94%",
        "old/gone not there ? ? ? ?",
        "create 2 2 min a:1",
        "NodeStageVolume 3 longer 2 UNAVAILABLE",
        "CreateVolume 1 0.25 s",
        "c:1 5 1 4 found, 1 healed, 2 tries failed 0 ended 30 s ago",
        "d:1 ? 0 0 0 ended ?",
    ],
)
def test_each_fact_has_its_line(line: str) -> None:
    """Unknown is a question mark, and no zero."""
    assert line in _shown(FULL)


def test_what_there_is_nothing_to_say_of_has_no_table() -> None:
    """One line is left, which says what is counted."""
    assert _shown(EMPTY) == ["Calls and commands: of the last 60 s. All else since the processes started."]
    shown = _shown(Picture((UP,), (), (), (), (), ()))
    assert [line for line in shown if line.startswith("APPLIANCE")] == []


def test_a_processs_words_do_nothing_to_a_terminal() -> None:
    """Neither its escapes nor what looks like markup; and they end somewhere."""
    words = "\x1b[31mred[/] " + "x" * 5000
    node = NodeFacts(words, 1, 0, 0, 0, 0, 0, None)
    pending, call = PendingFacts(words, words, 1, 1), CallFacts(words, 1, 1, {words: 1})
    pool = PoolFacts(words, words, None, 1, 1, 1)
    appliance = ApplianceFacts(words, words, words, YES, 0, 0, 0, None, None, {words: 1}, (words,))
    text = io.StringIO()
    picture = Picture((ProcessFacts(words, words),), (appliance,), (pool,), (pending,), (call,), (node,))
    Console(file=text, width=200, highlight=False).print(render(picture, "now"))
    assert "\x1b" not in text.getvalue()
    assert "[31mred[/]" in text.getvalue()
    assert len(text.getvalue()) < 20000


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1023, "1023 B"),
        (1 << 30, "1 GiB"),
        (1.5 * (1 << 40), "1.5 TiB"),
        (2**70, "1048576 PiB"),
    ],
)
def test_sizes_are_short(number: float, text: str) -> None:
    """Three digits and a unit."""
    assert render_bytes(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.25, "0.25 s"), (59.6, "60 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 d")],
)
def test_times_are_short(seconds: float, text: str) -> None:
    """Seconds until they say little."""
    assert render_time(seconds) == text
