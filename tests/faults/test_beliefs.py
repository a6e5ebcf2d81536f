"""An orchestrator asks until it is told, and forgets once it was."""

import pytest

from tests.faults.beliefs import Belief, Volume, learn
from tests.faults.examples import GIB, SLOT, answer, call
from tests.faults.facts import Kind

ABSENT, MAKING, PRESENT, GOING = Belief.ABSENT, Belief.MAKING, Belief.PRESENT, Belief.GOING


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        (ABSENT, [("create", "OK")], PRESENT),
        (ABSENT, [("create", "UNAVAILABLE")], MAKING),
        (ABSENT, [("create", "RESOURCE_EXHAUSTED")], ABSENT),
        (MAKING, [("create", "RESOURCE_EXHAUSTED")], ABSENT),
        (MAKING, [("create", "RESOURCE_EXHAUSTED"), ("create", "ABORTED")], MAKING),
        (MAKING, [("create", "ALREADY_EXISTS")], PRESENT),
        (PRESENT, [("create", "DEADLINE_EXCEEDED")], PRESENT),
        (PRESENT, [("delete", "OK")], ABSENT),
        (PRESENT, [("delete", "ABORTED")], GOING),
        (PRESENT, [("delete", "FAILED_PRECONDITION")], PRESENT),
        (GOING, [("delete", "FAILED_PRECONDITION"), ("delete", "CANCELLED")], GOING),
        (GOING, [("delete", "ABORTED"), ("delete", "OK")], ABSENT),
        (PRESENT, [("delete", "OK"), ("create", "OK")], MAKING),
        (GOING, [("get", "NOT_FOUND")], GOING),
    ],
)
def test_only_a_known_outcome_is_believed(before: Belief, said: list[tuple[str, str]], after: Belief) -> None:
    """Of several answers the one that leaves most open."""
    volume = Volume("pvc", SLOT, "pool1", is_block=False, size_bytes=GIB, belief=before)
    assert learn(volume, [answer(call(Kind(kind)), status) for kind, status in said]).belief is after


def test_who_may_hold_it_is_remembered() -> None:
    """Until he is known not to; another volume's answers say nothing."""
    volume = Volume("pvc", SLOT, "pool1", is_block=False, size_bytes=GIB, belief=PRESENT)
    held = learn(volume, [answer(call(Kind.PUBLISH), "UNAVAILABLE"), answer(call(Kind.PUBLISH, node="n2"))])
    assert held.holders == {"n1", "n2"}
    assert learn(held, [answer(call(Kind.UNPUBLISH))]).holders == {"n2"}
    assert learn(held, [answer(call(Kind.UNPUBLISH, node=""))]).holders == frozenset()
    assert learn(held, [answer(call(Kind.UNPUBLISH, node=""), "ABORTED")]).holders == {"n1", "n2"}
    assert learn(held, [answer(call(Kind.DELETE))]).holders == frozenset()
    assert learn(held, [answer(call(Kind.DELETE, slot="other"))]) == held
    assert learn(volume, [answer(call(Kind.PUBLISH), "FAILED_PRECONDITION")]) == volume
