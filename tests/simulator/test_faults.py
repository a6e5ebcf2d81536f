"""Faults meet the lines, verbs and logins they are meant for, as often as planned."""

import pytest

from rds_csi_async.simulator.faults import Faults, LineFault


def test_a_planned_fault_meets_matching_lines_only() -> None:
    """And is used up."""
    faults = Faults()
    faults.plan(LineFault.HANG, "/disk/(add|set)", times=2)
    lines = [":put 1", "/disk/add x", "/disk/set x", "/disk/add x"]
    assert [faults.take_line(line) for line in lines] == [None, LineFault.HANG, LineFault.HANG, None]


def test_refusals_and_intrusions_meet_verbs() -> None:
    """Each its own."""
    faults = Faults()
    faults.refuse("failure: no", "^/disk/")
    faults.intrude("/disk/remove a", "/file/")
    assert [faults.take_refusal(verb) for verb in ("/file/add", "/disk/add", "/disk/add")] == [
        None,
        "failure: no",
        None,
    ]
    assert [faults.take_intrusion(verb) for verb in ("/disk/add", "/file/add")] == [None, "/disk/remove a"]


def test_a_storm_hits_one_line_in_so_many() -> None:
    """With each of its kinds, the same lines for the same seed, and no line that it is not for."""

    def hits(seed: int) -> list[LineFault | None]:
        faults = Faults()
        faults.storm([LineFault.HANG, LineFault.DROP_AFTER], 5, match="disk", seed=seed)
        return [faults.take_line("/disk/add") for _ in range(1000)]

    met = [hit for hit in hits(1) if hit is not None]
    assert 150 <= len(met) <= 250
    assert set(met) == {LineFault.HANG, LineFault.DROP_AFTER}
    assert hits(1) == hits(1) != hits(2)
    calm = Faults()
    calm.storm([LineFault.HANG], 1, match="disk")
    assert (calm.take_line(":put 1"), calm.take_line("/disk")) == (None, LineFault.HANG)


def test_logins_are_refused_as_often_as_planned() -> None:
    """Then they work again."""
    faults = Faults(refused_logins=1)
    assert [faults.take_login(), faults.take_login()] == [True, False]


def test_clearing_ends_everything() -> None:
    """Also what was not met yet."""
    faults = Faults(refused_logins=3, safe_mode_held=True, delay_s=1, late_deletion_s=2, trickle_s=3)
    faults.plan(LineFault.DROP_AFTER)
    faults.refuse("no", "")
    faults.intrude("x", "")
    faults.storm([LineFault.HANG], 1)
    faults.clear()
    assert faults == Faults()
    assert (faults.take_line("any"), faults.take_refusal("any"), faults.take_intrusion("any")) == (None, None, None)


@pytest.mark.parametrize("one_in", [0, -1])
def test_a_storm_without_sense_is_refused(one_in: int) -> None:
    """It has to hit something, with something."""
    with pytest.raises(ValueError, match="a storm needs"):
        Faults().storm([LineFault.HANG], one_in)
    with pytest.raises(ValueError, match="a storm needs"):
        Faults().storm([], 1)


def test_what_is_no_pattern_is_refused() -> None:
    """When it is planned, not when a line comes."""
    with pytest.raises(ValueError, match="not a regular expression"):
        Faults().plan(LineFault.HANG, "(")
