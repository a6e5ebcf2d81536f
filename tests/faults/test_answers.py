"""An answer is true when it was so at some moment, and false when it never was: each row of the table has both."""

import pytest

from tests.faults.answers import find_broken_promise, find_lie, find_lie_in_list, is_short
from tests.faults.examples import GIB, NQN, SLOT, answer, call, disk, erased_once
from tests.faults.facts import Call, Disk, Kind, Told

FREE = disk()
HELD = disk(holders=(("n1", "snw", False),))
OPENED = disk(exported=True)
LARGE = disk(size_bytes=3 * GIB)
ERASED = disk(comment="")
DAMAGED = disk(comment="rds1:{")
SHARED = disk(holders=(("n2", "mnm", False),))
PUBLISHED = Told(GIB, nqn=NQN, first_use=True, sole_node=True)
PUBLISH, UNPUBLISH = call(Kind.PUBLISH), call(Kind.UNPUBLISH)

# An answer, a state in which it is true, and states in none of which it is.
CASES: dict[str, tuple[Call, str, Told | None, Disk | None, tuple[Disk | None, ...]]] = {
    "made": (call(Kind.CREATE), "OK", Told(GIB), FREE, (None, LARGE, ERASED, DAMAGED, disk(path="/pool2/x.img"))),
    "made otherwise": (call(Kind.CREATE), "ALREADY_EXISTS", None, LARGE, (None, FREE)),
    "made by nobody": (call(Kind.CREATE), "FAILED_PRECONDITION", None, DAMAGED, (None, FREE)),
    "deleted": (call(Kind.DELETE), "OK", None, None, (FREE, HELD, ERASED)),
    "held, so not deleted": (call(Kind.DELETE), "FAILED_PRECONDITION", None, HELD, (None, FREE)),
    "open, so not deleted": (call(Kind.DELETE), "FAILED_PRECONDITION", None, OPENED, (None, FREE)),
    "never deleted": (call(Kind.DELETE), "FAILED_PRECONDITION", None, erased_once(FREE), (None, FREE)),
    "published": (PUBLISH, "OK", PUBLISHED, HELD, (None, FREE, OPENED, SHARED, disk(holders=(("n1", "snm", False),)))),
    "published under another name": (PUBLISH, "NOT_FOUND", None, None, (HELD, FREE)),
    "published elsewhere": (PUBLISH, "FAILED_PRECONDITION", None, SHARED, (None, FREE, HELD)),
    "published together": (call(Kind.PUBLISH, mode="mnm"), "FAILED_PRECONDITION", None, DAMAGED, (SHARED, FREE)),
    "published from a backup": (
        PUBLISH, "FAILED_PRECONDITION", None, disk(nqn=NQN.replace(".1.", ".7.")), (HELD, ERASED),
    ),
    "published otherwise": (PUBLISH, "ALREADY_EXISTS", None, disk(holders=(("n1", "snm", False),)), (HELD, SHARED)),
    "unpublished": (UNPUBLISH, "OK", None, FREE, (HELD, OPENED, DAMAGED)),
    "unpublished from one": (UNPUBLISH, "OK", None, SHARED, (HELD,)),
    "unpublished from all": (call(Kind.UNPUBLISH, node=""), "OK", None, None, (HELD, SHARED)),
    "not to be closed": (UNPUBLISH, "FAILED_PRECONDITION", None, DAMAGED, (None, FREE, HELD, ERASED)),
    "grown": (call(Kind.EXPAND), "OK", Told(3 * GIB), LARGE, (None, FREE)),
    "not there to grow": (call(Kind.EXPAND), "NOT_FOUND", None, None, (FREE,)),
    "nobody's to grow": (call(Kind.EXPAND), "FAILED_PRECONDITION", None, ERASED, (None, FREE)),
    "shown": (call(Kind.GET), "OK", Told(GIB, ("n1",)), HELD, (None, FREE, SHARED, erased_once(HELD))),
    "shown as odd": (call(Kind.GET), "OK", Told(GIB, (), "odd"), OPENED, (None, FREE, HELD)),
    "not there": (call(Kind.GET), "NOT_FOUND", None, None, (FREE,)),
    "usable": (call(Kind.VALIDATE), "OK", Told(0), FREE, (None, ERASED)),
    "unusable": (call(Kind.VALIDATE, is_block=True), "OK", Told(0, abnormal="no"), FREE, (None,)),
    "not there to use": (call(Kind.VALIDATE), "NOT_FOUND", None, None, (FREE,)),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_was_so_is_true_and_what_never_was_is_a_lie(case: str) -> None:
    """Whatever else was so meanwhile."""
    asked, status, told, true, false = CASES[case]
    said = answer(asked, status, told)
    assert find_lie(said, (*false, true)) is None
    assert find_lie(said, false) is not None
    assert all(find_lie(said, [state]) is not None for state in false)


@pytest.mark.parametrize("status", ["ABORTED", "DEADLINE_EXCEEDED", "UNAVAILABLE", "CANCELLED"])
def test_who_says_that_he_does_not_know_does_not_lie(status: str) -> None:
    """Whatever is so."""
    assert find_lie(answer(call(Kind.DELETE), status), [FREE]) is None


def test_what_is_not_in_the_table_is_a_lie() -> None:
    """A delete never says that there is nothing."""
    assert find_lie(answer(call(Kind.DELETE), "NOT_FOUND"), [None]) is not None
    assert find_lie(answer(call(Kind.GET), "INTERNAL"), [FREE]) is not None


def test_a_list_tells_of_each_volume_that_is_there_as_it_is() -> None:
    """And of no other."""
    listed, left_out = answer(call(Kind.LIST), told=Told(GIB, ("n1",))), answer(call(Kind.LIST))
    assert find_lie_in_list(listed, SLOT, [FREE, HELD]) is None
    assert find_lie_in_list(listed, SLOT, [FREE, None]) is not None
    assert find_lie_in_list(left_out, SLOT, [FREE, None]) is None
    assert find_lie_in_list(left_out, SLOT, [FREE, HELD]) is not None


def test_what_was_answered_for_stays_unless_somebody_asks_otherwise() -> None:
    """Though it was so when it was answered."""
    published, grown = answer(PUBLISH, told=PUBLISHED), answer(call(Kind.EXPAND), told=Told(3 * GIB))
    closed = answer(UNPUBLISH)
    assert find_broken_promise(published, [PUBLISH, call(Kind.GET)], HELD) is None
    assert find_broken_promise(published, [PUBLISH], FREE) is not None
    assert find_broken_promise(published, [PUBLISH, call(Kind.UNPUBLISH, node="n2")], FREE) is not None
    assert find_broken_promise(published, [PUBLISH, call(Kind.UNPUBLISH, node="")], FREE) is None
    assert find_broken_promise(published, [PUBLISH, call(Kind.DELETE)], None) is not None
    assert find_broken_promise(grown, [call(Kind.DELETE)], None) is None
    assert find_broken_promise(closed, [UNPUBLISH], HELD) is not None
    assert find_broken_promise(closed, [UNPUBLISH, PUBLISH], HELD) is None
    assert find_broken_promise(grown, [], FREE) is not None
    assert find_broken_promise(answer(PUBLISH, "ABORTED"), [PUBLISH], FREE) is None


def test_a_pool_is_full_only_if_what_others_took_left_too_little() -> None:
    """At one moment at least."""
    assert is_short(call(Kind.CREATE), [5 * GIB, GIB - 1], 0)
    assert is_short(call(Kind.CREATE), [2 * GIB], 2 * GIB)
    assert not is_short(call(Kind.CREATE), [2 * GIB, GIB], 0)
