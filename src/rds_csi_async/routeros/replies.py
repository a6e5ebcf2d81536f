"""What the appliance's words for a failure mean: one table, over the text that a frame carries.

RouterOS tells failures apart by text alone, with a tail that differs by version, so parts of it are looked for.
Words that begin with `x` are our own lines' (`:error "xstale"`). Whatever is not in the table has an unknown outcome.
"""

from typing import Final

from rds_csi_async.domain.errors import (
    ConflictError,
    CutOffError,
    DriverError,
    InsufficientCapacityError,
    NotReadyError,
    RefusedError,
    UnknownOutcomeError,
)
from rds_csi_async.routeros.syntax import Failure, Reply

_LONGEST_TEXT = 300


class ApplianceError(UnknownOutcomeError):
    """The appliance said something that this driver does not know, or did not do what it said."""


_OURS: Final[tuple[tuple[str, type[DriverError], str], ...]] = (
    ("xpool ", NotReadyError, "a pool is not mounted, or has not the file system that the settings name"),
    ("xsafe", NotReadyError, "somebody holds safe mode, so changes could be undone: release it (/safe-mode)"),
    ("xstale", ConflictError, "the disk is no longer as it was read, or has gone; nothing was done"),
    ("xmoved", ConflictError, "the disk has another file or type than was read; nothing was done"),
    ("xopen", ConflictError, "the disk has been exported since it was read; nothing was done"),
    ("xtaken", ConflictError, "a disk has the slot or the file; nothing was done"),
    ("xshared ", NotReadyError, "another disk uses the file, which was left alone; find out whose it is"),
    ("xfull ", InsufficientCapacityError, "the pool has not so much left beside its reserve; nothing was done"),
    ("xshrink", RefusedError, "the disk is larger than that, and nothing shrinks"),
)
_THEIRS: Final[tuple[tuple[str, type[DriverError], str], ...]] = (
    ("not enough space", InsufficientCapacityError, "the pool is full"),
    ("not enough free space", InsufficientCapacityError, "the pool is full"),
    ("no space left", InsufficientCapacityError, "the pool is full"),
    ("already have", ConflictError, "it is there already"),
    ("already exists", ConflictError, "it is there already"),
    ("no such item", ConflictError, "it has gone meanwhile"),
    ("expected item id", ConflictError, "it has gone or changed meanwhile"),
    ("in use", NotReadyError, "it is in use on the appliance"),
    ("is busy", NotReadyError, "it is in use on the appliance"),
    ("not enough permissions", NotReadyError, "its user lacks a policy: ssh, read, write and test are needed"),
    ("bad command name", NotReadyError, "this RouterOS lacks a command that the driver needs"),
    ("bad parameter", NotReadyError, "this RouterOS lacks a parameter that the driver needs"),
    ("invalid value", ApplianceError, "it does not take a value"),
    ("input does not match", ApplianceError, "it does not take a value"),
    ("invalid trailing characters", ApplianceError, "it does not take a value"),
    ("ambiguous value", ApplianceError, "it does not take a value"),
    ("missing value", ApplianceError, "it misses a value"),
    ("action timed out", CutOffError, "it gave up waiting"),
    ("interrupted", CutOffError, "the command was stopped"),
    ("action cancelled", CutOffError, "the command was stopped"),
)


def error_of(text: str) -> DriverError:
    """Give the error that a failure's text means."""
    said = text[:_LONGEST_TEXT]
    for part, kind, meaning in _OURS:
        if text.startswith(part):
            return kind(f"{meaning} ({said})")
    for part, kind, meaning in _THEIRS:
        if part in text:
            return kind(f"the appliance refuses: {meaning} ({said})")
    return ApplianceError(f"the appliance refuses: {said!r}")


def get_reply(answer: Reply | Failure) -> Reply:
    """Take an answer for a success, or raise the error that it means."""
    if isinstance(answer, Failure):
        raise error_of(answer.text)
    return answer
