"""What an orchestrator believes of a volume, after answers that may have told it nothing.

It keeps the rules of the external-provisioner and -attacher: after an unknown outcome it asks the same again until it
is told, and after a final one it forgets: nobody will ever come back for what is left then.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from tests.faults.facts import Answer, Kind


class Belief(Enum):
    """How things are, as far as the orchestrator knows."""

    ABSENT = "absent"
    MAKING = "perhaps made: it asks until it is told"
    PRESENT = "present"
    GOING = "perhaps removed: it asks until it is told"


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume as the orchestrator knows it; `size_bytes` is what it asks for."""

    name: str
    slot: str
    pool: str
    is_block: bool
    size_bytes: int
    belief: Belief = Belief.ABSENT
    holders: frozenset[str] = frozenset()  # nodes that hold it, or perhaps do


def learn(volume: Volume, answers: Iterable[Answer]) -> Volume:
    """Conclude what is so from the answers to calls for this volume that were under way together."""
    told = [answer for answer in answers if answer.call.slot == volume.slot]
    return replace(volume, belief=_believe(volume.belief, told), holders=_hold(volume, told))


def _believe(belief: Belief, told: list[Answer]) -> Belief:
    made = [answer for answer in told if answer.call.kind is Kind.CREATE]
    removed = [answer for answer in told if answer.call.kind is Kind.DELETE]
    if made and removed:
        return Belief.MAKING  # nobody knows which came last
    if made:
        return _believe_made(belief, made)
    if any(answer.status == "OK" for answer in removed):
        return Belief.ABSENT
    if any(not answer.is_known for answer in removed):
        return Belief.GOING
    return Belief.PRESENT if removed else belief


def _believe_made(belief: Belief, made: list[Answer]) -> Belief:
    statuses = {answer.status for answer in made}
    if statuses & {"OK", "ALREADY_EXISTS", "FAILED_PRECONDITION"} or belief is Belief.PRESENT:
        return Belief.PRESENT
    return Belief.ABSENT if all(answer.is_known for answer in made) else Belief.MAKING


def _hold(volume: Volume, told: list[Answer]) -> frozenset[str]:
    asked = {answer.call.node for answer in told if answer.call.kind is Kind.PUBLISH and _may_hold(answer)}
    closed = [answer for answer in told if answer.call.kind is Kind.UNPUBLISH and answer.status == "OK"]
    left = volume.holders
    for answer in closed:
        left = left - {answer.call.node} if answer.call.node else frozenset()
    gone = any(answer.call.kind is Kind.DELETE and answer.status == "OK" for answer in told)
    return frozenset() if gone else left | asked


def _may_hold(answer: Answer) -> bool:
    return answer.status == "OK" or not answer.is_known
