"""The one table from the driver's errors to gRPC's status codes.

An error after which only a fresh look can tell what is so gets a code after which the orchestrator asks again (ABORTED,
DEADLINE_EXCEEDED, UNAVAILABLE): after any other, INTERNAL above all, the external-provisioner forgets the volume. So
does whatever nobody foresaw.
"""

from grpclib.const import Status

from rds_csi_async.domain.errors import (
    BusyError,
    ConflictError,
    DeadlineError,
    DriverError,
    IncompatibleVolumeError,
    InsufficientCapacityError,
    InvalidRequestError,
    InvalidTokenError,
    NodeNotFoundError,
    RefusedError,
    SizeOutOfRangeError,
    UnknownOutcomeError,
    UnsupportedError,
    VolumeNotFoundError,
)

LONGEST_MESSAGE = 1000  # characters: it becomes an event, and a header of at most 8 kB in many clients
RETRIED = frozenset({Status.ABORTED, Status.DEADLINE_EXCEEDED, Status.UNAVAILABLE})

_STATUSES: dict[type[DriverError], Status] = {
    InvalidRequestError: Status.INVALID_ARGUMENT,
    SizeOutOfRangeError: Status.OUT_OF_RANGE,
    VolumeNotFoundError: Status.NOT_FOUND,
    NodeNotFoundError: Status.NOT_FOUND,
    IncompatibleVolumeError: Status.ALREADY_EXISTS,
    InsufficientCapacityError: Status.RESOURCE_EXHAUSTED,
    RefusedError: Status.FAILED_PRECONDITION,
    UnsupportedError: Status.UNIMPLEMENTED,
    InvalidTokenError: Status.ABORTED,
    BusyError: Status.ABORTED,
    ConflictError: Status.ABORTED,
    DeadlineError: Status.DEADLINE_EXCEEDED,
    UnknownOutcomeError: Status.UNAVAILABLE,
}


def status_of(error: BaseException) -> Status:
    """Give the code of an error, by its nearest class in the table; UNAVAILABLE when there is none."""
    return next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), Status.UNAVAILABLE)


def message_of(error: BaseException) -> str:
    """Give the text for the caller: printable, of bounded length, and of an unforeseen error its class alone."""
    if not isinstance(error, DriverError):
        return f"the driver met an error that it does not know ({type(error).__name__}); its log tells more"
    text = "".join(letter if letter.isprintable() else " " for letter in str(error))
    text = text or type(error).__name__
    return text if len(text) <= LONGEST_MESSAGE else f"{text[: LONGEST_MESSAGE - 3]}..."
