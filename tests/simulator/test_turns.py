"""A line's verbs are counted, preceded by strangers, and refused as planned."""

import pytest

from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.faults import Faults, LineFault
from rds_csi_async.simulator.scheduling import Schedule
from rds_csi_async.simulator.turns import LineTurns


class _Appliance:
    def __init__(self, fault: LineFault | None = None) -> None:
        self.faults, self.counters, self.foreign = Faults(), Counters(), list[str]()
        self.turns = LineTurns(Schedule.instant(), self.faults, self.counters, fault, self._intrude)

    async def _intrude(self, line: str) -> str:
        self.foreign.append(line)
        return ""

    async def change(self, verb: str, size_bytes: int = 0) -> str:
        """Make a change; return what it was refused with."""
        try:
            async with self.turns.change(verb, size_bytes):
                return ""
        except Failure as failure:
            return str(failure)


async def test_verbs_and_changes_are_counted() -> None:
    """A refused change is none."""
    box = _Appliance()
    box.faults.refuse("failure: no", "/disk/set")
    await box.turns.begin_read("/disk/print")
    await box.turns.end_read("/disk/print", 2, listing=True)
    assert [await box.change("/disk/set"), await box.change("/disk/set")] == ["failure: no", ""]
    assert (box.turns.changes, box.counters.listings, box.counters.rows) == (1, {"/disk": 1}, 2)
    assert box.counters.verbs == {"/disk/print": 1, "/disk/set": 2}
    assert box.counters.faults == {"refusal": 1}


async def test_a_stranger_comes_right_before_a_verb() -> None:
    """As often as planned."""
    box = _Appliance()
    box.faults.intrude("/disk/remove a", "^/disk/set$")
    for verb in ("/disk/add", "/disk/set", "/disk/set"):
        await box.change(verb)
    assert box.foreign == ["/disk/remove a"]


@pytest.mark.parametrize(
    ("fault", "answers"),
    [
        (LineFault.IN_USE, ["", "failure: disk is in use", ""]),
        (LineFault.NO_SPACE, ["failure: not enough space", "", ""]),
    ],
)
async def test_a_line_may_have_a_refusal_of_its_own(fault: LineFault, answers: list[str]) -> None:
    """Met once, by the first verb that it is for."""
    box = _Appliance(fault)
    assert [
        await box.change("/disk/add", 1),
        await box.change("/disk/remove"),
        await box.change("/file/remove"),
    ] == answers
