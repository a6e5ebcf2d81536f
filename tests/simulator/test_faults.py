"""Faults meet the lines they are meant for, as often as planned."""

import pytest

from rds_csi_async.simulator.faults import Faults, LineFault


def test_a_planned_fault_meets_matching_lines_only() -> None:
    """And is used up."""
    faults = Faults()
    faults.plan(LineFault.HANG, "/disk/(add|set)", times=2)
    lines = [":put 1", "/disk/add x", "/disk/set x", "/disk/add x"]
    assert [faults.take_line(line) for line in lines] == [None, LineFault.HANG, LineFault.HANG, None]


def test_logins_are_refused_as_often_as_planned() -> None:
    """Then they work again."""
    faults = Faults(refused_logins=1)
    assert [faults.take_login(), faults.take_login()] == [True, False]


def test_clearing_ends_everything() -> None:
    """Also what was not met yet."""
    faults = Faults(refused_logins=3, safe_mode_held=True, delay_s=1)
    faults.plan(LineFault.DROP_AFTER)
    faults.clear()
    assert faults.take_line("any") is None
    assert (faults.take_login(), faults.safe_mode_held, faults.delay_s) == (False, False, 0)


def test_what_is_no_pattern_is_refused() -> None:
    """When it is planned, not when a line comes."""
    with pytest.raises(ValueError, match="not a regular expression"):
        Faults().plan(LineFault.HANG, "(")
