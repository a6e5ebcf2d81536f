"""People see how far it is, what was found, and what follows; pipes get it whole."""

import io

from rich.console import Console

from rds_csi_async.app.doctor_screen import DoctorScreen
from rds_csi_async.domain.assumptions import ASSUMPTIONS
from rds_csi_async.domain.verdicts import Finding, Verdict

FIRST, SECOND = ASSUMPTIONS[:2]


def _screen(*, terminal: bool = False) -> tuple[DoctorScreen, io.StringIO, io.StringIO]:
    shown, told = io.StringIO(), io.StringIO()
    consoles = (Console(file=one, force_terminal=terminal, highlight=False, width=120) for one in (shown, told))
    return DoctorScreen(*consoles), shown, told


def test_a_table_says_what_was_seen_and_what_follows() -> None:
    """A row for each, and one line of what it comes to."""
    screen, shown, _ = _screen()
    screen.show([Finding(FIRST, Verdict.HELD, "fine"), Finding(SECOND, Verdict.DID_NOT_HOLD, "7.20.8 [stable]")])
    lines = [" ".join(line.split()) for line in shown.getvalue().splitlines()]
    assert lines[1].startswith(f"held {FIRST.key} {FIRST.says[:20]}")
    assert any(line.startswith(f"did not hold {SECOND.key} {SECOND.says} 7.20.8 [stable]") for line in lines)
    assert SECOND.if_not.split()[0] in shown.getvalue()
    assert lines[-1].endswith("The driver needs what was not found: version.")


def test_an_appliances_words_do_nothing_to_a_terminal() -> None:
    """Neither its escapes nor what looks like markup; and they end somewhere."""
    screen, shown, _ = _screen()
    screen.show([Finding(FIRST, Verdict.HELD, "\x1b[31mred[/] " + "x" * 5000)])
    assert "\x1b" not in shown.getvalue()
    assert len(shown.getvalue()) < 2000


def test_progress_stays_out_of_the_way() -> None:
    """It goes elsewhere, one line each, and ends when it is told to."""
    screen, shown, told = _screen(terminal=True)
    screen.begin(FIRST)
    screen.end(Finding(FIRST, Verdict.HELD, "fine"))
    screen.begin(SECOND)
    screen.stop()
    screen.stop()
    assert shown.getvalue() == ""
    assert FIRST.key in told.getvalue()


def test_a_line_to_type_stays_one_line() -> None:
    """However long it is: it is copied."""
    screen, shown, _ = _screen()
    screen.say_line(":foreach xK in=[/disk/find] do={/disk/remove $xK};" * 20)
    assert len(shown.getvalue().splitlines()) == 1
