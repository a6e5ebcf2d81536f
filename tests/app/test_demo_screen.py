"""What the demo shows is what happened."""

import io

import pytest
from rich.console import Console

from rds_csi_async.app.demo_screen import Screen, list_changes
from rds_csi_async.simulator.counters import Counters

_LINE = (
    ':onerror xE in={:if ([:len [/disk/find where slot="a"]] = 0) do={'
    '/disk/add slot="a" comment="rds1:\\7B;\\7D" size=1M};/file/remove $xF} do={}'
)


def test_changes_are_listed_without_the_record() -> None:
    """Reads are not changes, and a quoted semicolon ends nothing."""
    assert list_changes([_LINE], removals=True) == ['/disk/add slot="a" comment="rds1:…" size=1M', "/file/remove $xF"]


def test_a_removal_that_found_nothing_is_not_listed() -> None:
    """The line would have removed a leftover, had there been one."""
    assert list_changes([_LINE], removals=False) == ['/disk/add slot="a" comment="rds1:…" size=1M']


def test_a_step_shows_what_was_sent_and_proven() -> None:
    """In plain text where no terminal is, markup of others' text included."""
    shown, counters = io.StringIO(), Counters()
    screen = Screen(Console(file=shown, record=True))
    counters.count_line("before the step")
    with screen.step("Make [it]", counters) as verified:
        counters.count_line(_LINE)
        counters.count_line(f"/disk/add slot={'long' * 99}")
        verified.note("there [now]")
    text = shown.getvalue()
    assert " 1  Make [it]" in text
    assert "2 commands to the appliance" in text
    assert '> /disk/add slot="a"' in text
    assert "ok there [now]" in text
    assert f"     > /disk/add slot={'long' * 99}\n" in text
    assert "\x1b" not in text


def test_a_step_that_fails_proves_nothing() -> None:
    """Its facts are not shown as if it had ended well."""
    shown = io.StringIO()
    screen = Screen(Console(file=shown))
    message = "no"

    def fail() -> None:
        with screen.step("Make it", Counters()) as verified:
            verified.note("half of it")
            raise ValueError(message)

    with pytest.raises(ValueError, match=message):
        fail()
    assert "half of it" not in shown.getvalue()
