"""A change is right when somebody asked for it and it does nothing else."""

from dataclasses import replace

import pytest

from tests.faults.effects import find_wrong
from tests.faults.examples import GIB, MARK, NQN, SLOT, call, disk, erased_once
from tests.faults.facts import Call, Disk, Kind
from tests.faults.history import Moment

FREE, ERASED = disk(), disk(comment="")
HELD = disk(holders=(("n1", "snw", False),), generation=2)
CLOSED = replace(HELD, comment=HELD.comment.replace('"g": 2', '"g": 3').split(', "d"')[0] + "}", exported=False)
AGAIN = replace(
    HELD,
    comment=HELD.comment.replace('"g": 2', '"g": 4').replace('"s": 1', '"s": 2'),
    nqn=NQN.replace(".1.", ".2."),
)
SAME_AGAIN = replace(HELD, comment=HELD.comment.replace('"g": 2', '"g": 4'))
GROWN = replace(disk(generation=2), size_bytes=2 * GIB)
CREATE, DELETE, PUBLISH, UNPUBLISH = (call(kind) for kind in (Kind.CREATE, Kind.DELETE, Kind.PUBLISH, Kind.UNPUBLISH))
EXPAND = call(Kind.EXPAND, size_bytes=2 * GIB)

# What it was, what it became, and for what that is right.
RIGHT: dict[str, tuple[Disk | None, Disk | None, Call]] = {
    "made": (None, FREE, CREATE),
    "removed": (FREE, None, DELETE),
    "removed, since it was made otherwise": (disk(size_bytes=4 * GIB), None, CREATE),
    "opened": (FREE, HELD, PUBLISH),
    "closed": (HELD, CLOSED, UNPUBLISH),
    "closed to all": (HELD, CLOSED, call(Kind.UNPUBLISH, node="")),
    "opened again": (CLOSED, AGAIN, PUBLISH),
    "grown": (FREE, GROWN, EXPAND),
    "served without a record": (ERASED, erased_once(HELD), PUBLISH),
}
WRONG: dict[str, tuple[Disk | None, Disk | None, Call | None, str]] = {
    "made in another size": (None, disk(size_bytes=2 * GIB), CREATE, "nobody asked for it to be made so"),
    "made open": (None, HELD, CREATE, "nobody asked for it to be made so"),
    "removed while held": (HELD, None, DELETE, "although somebody held it"),
    "removed while open": (disk(exported=True), None, DELETE, "although somebody held it"),
    "removed though nobody's": (ERASED, None, DELETE, "nobody could tell whose"),
    "removed though erased once": (erased_once(FREE), None, DELETE, "nobody could tell whose"),
    "opened to another": (FREE, HELD, call(Kind.PUBLISH, node="n2"), "nobody asked for n1"),
    "closed to another": (HELD, CLOSED, call(Kind.UNPUBLISH, node="n2"), "nobody asked for n1"),
    "opened without a change of record": (FREE, replace(FREE, exported=True), PUBLISH, "not the next one"),
    "left open": (HELD, replace(CLOSED, exported=True), UNPUBLISH, "open without holders"),
    "opened under an old name": (CLOSED, SAME_AGAIN, PUBLISH, "a name came back"),
    "opened under another name": (FREE, replace(HELD, nqn=NQN.replace(MARK, "f" * 16)), PUBLISH, "another name than"),
    "shrunk": (disk(size_bytes=4 * GIB), GROWN, EXPAND, "it shrank"),
    "grown too far": (FREE, replace(GROWN, size_bytes=3 * GIB), EXPAND, "nobody asked for it to grow so"),
    "a generation lost": (FREE, replace(GROWN, comment=FREE.comment), EXPAND, "not the next one"),
    "a record made up": (ERASED, HELD, PUBLISH, "was made up"),
    "a damaged record written over": (disk(comment="rds1:{"), HELD, PUBLISH, "nobody can read"),
    "an erased record forgotten": (erased_once(FREE), HELD, PUBLISH, "forgot"),
}


@pytest.mark.parametrize("case", RIGHT)
def test_what_was_asked_for_is_right_and_without_asking_is_wrong(case: str) -> None:
    """And so it is when something else was asked for."""
    before, after, asked = RIGHT[case]
    moment = Moment(1, SLOT, before, after, by_hand=False)
    assert find_wrong(moment, [call(Kind.GET), asked], {NQN} if before is CLOSED else ()) is None
    assert find_wrong(moment, [call(Kind.GET)], ()) is not None


@pytest.mark.parametrize("case", WRONG)
def test_what_goes_beyond_that_is_wrong(case: str) -> None:
    """With the reason."""
    before, after, asked, reason = WRONG[case]
    wrong = find_wrong(Moment(1, SLOT, before, after, by_hand=False), [] if asked is None else [asked], {NQN})
    assert reason in (wrong or "nothing")
