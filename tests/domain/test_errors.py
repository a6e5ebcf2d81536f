"""Every error says whether its outcome is known, and the orchestrator acts on that."""

import inspect

import pytest

from rds_csi_async.domain import errors
from rds_csi_async.domain.errors import DriverError, UnknownOutcomeError

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, DriverError)]
KNOWN = {
    "DriverError",
    "InvalidRequestError",
    "SizeOutOfRangeError",
    "VolumeNotFoundError",
    "NodeNotFoundError",
    "IncompatibleVolumeError",
    "InsufficientCapacityError",
    "HeldElsewhereError",
    "RefusedError",
    "UnsupportedError",
    "InvalidTokenError",
}
UNKNOWN = {
    "UnknownOutcomeError",
    "BusyError",
    "ConflictError",
    "UnreachableError",
    "NotReadyError",
    "CutOffError",
    "DeadlineError",
    "StuckError",
    "HostError",
    "NotGrownError",
}


def test_whoever_adds_an_error_says_here_whether_its_outcome_is_known() -> None:
    """A wrong word here leaks a volume, so it is said twice."""
    assert {kind.__name__ for kind in ALL if kind.outcome_known} == KNOWN
    assert {kind.__name__ for kind in ALL if not kind.outcome_known} == UNKNOWN


@pytest.mark.parametrize("kind", ALL)
def test_what_is_unknown_is_said_by_the_class_alone(kind: type[DriverError]) -> None:
    """No class of the one branch claims to be of the other, and the name says that it is an error."""
    assert issubclass(kind, UnknownOutcomeError) is not kind.outcome_known
    assert kind.__name__.endswith("Error")
