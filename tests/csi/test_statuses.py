"""No error whose outcome is unknown is ever answered as if it were known."""

from collections.abc import Iterator

import pytest
from grpclib.const import Status
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.csi.statuses import LONGEST_MESSAGE, RETRIED, message_of, status_of
from rds_csi_async.domain import errors
from rds_csi_async.domain.errors import DriverError, RefusedError

EXPECTED = {
    "DriverError": Status.UNAVAILABLE,
    "InvalidRequestError": Status.INVALID_ARGUMENT,
    "SizeOutOfRangeError": Status.OUT_OF_RANGE,
    "VolumeNotFoundError": Status.NOT_FOUND,
    "NodeNotFoundError": Status.NOT_FOUND,
    "IncompatibleVolumeError": Status.ALREADY_EXISTS,
    "InsufficientCapacityError": Status.RESOURCE_EXHAUSTED,
    "HeldElsewhereError": Status.FAILED_PRECONDITION,
    "RefusedError": Status.FAILED_PRECONDITION,
    "UnsupportedError": Status.UNIMPLEMENTED,
    "InvalidTokenError": Status.ABORTED,
    "UnknownOutcomeError": Status.UNAVAILABLE,
    "BusyError": Status.ABORTED,
    "ConflictError": Status.ABORTED,
    "UnreachableError": Status.UNAVAILABLE,
    "NotReadyError": Status.UNAVAILABLE,
    "CutOffError": Status.UNAVAILABLE,
    "DeadlineError": Status.DEADLINE_EXCEEDED,
    "StuckError": Status.UNAVAILABLE,
    "HostError": Status.UNAVAILABLE,
    "NotGrownError": Status.UNAVAILABLE,
}


def list_kinds(kind: type[DriverError] = DriverError) -> Iterator[type[DriverError]]:
    """Every error that the driver raises on purpose."""
    yield kind
    for narrower in kind.__subclasses__():
        yield from list_kinds(narrower)


def test_every_error_is_thought_of() -> None:
    """A new class of error has to be given its code here."""
    ours = {kind.__name__: status_of(kind("x")) for kind in list_kinds() if kind.__module__ == errors.__name__}
    assert ours == EXPECTED


@pytest.mark.parametrize("kind", list(list_kinds()), ids=lambda kind: kind.__name__)
def test_an_unknown_outcome_is_asked_again(kind: type[DriverError]) -> None:
    """After any other code the orchestrator would forget the volume."""
    if not kind.outcome_known:
        assert status_of(kind("x")) in RETRIED


@pytest.mark.parametrize(
    "error", [RuntimeError("secret-looking"), TimeoutError(), OSError(5, "secret-looking"), KeyError("secret-looking")]
)
def test_what_nobody_foresaw_is_asked_again(error: Exception) -> None:
    """A bug says nothing about the volume, and its text may hold anything, so only its class is told."""
    assert status_of(error) is Status.UNAVAILABLE
    assert type(error).__name__ in message_of(error)
    assert "secret-looking" not in message_of(error)


def test_a_narrower_error_has_its_parents_code() -> None:
    """So that no subclass can fall through to the catch-all by accident."""
    narrower = type("NarrowerError", (RefusedError,), {})
    assert status_of(narrower("x")) is Status.FAILED_PRECONDITION


@given(st.text(max_size=3000))
def test_a_message_is_printable_and_bounded(text: str) -> None:
    """Whatever a request put into it."""
    message = message_of(RefusedError(text))
    assert message.isprintable()
    assert 0 < len(message) <= LONGEST_MESSAGE
    message.encode()
