"""The ways in which a request can fail, each knowing whether its outcome is known.

An orchestrator forgets a volume after a final answer (external-provisioner, `checkError`), so an error whose
`outcome_known` is False must never be answered with a final code. The messages are written for the person who reads
the event: what happened, to what, and what to do.
"""

from typing import ClassVar


class DriverError(Exception):
    """Base of all that the driver raises on purpose."""

    outcome_known: ClassVar[bool] = True


class InvalidRequestError(DriverError):
    """The request itself is wrong, whatever the world looks like."""


class SizeOutOfRangeError(DriverError):
    """No size satisfies the request."""


class VolumeNotFoundError(DriverError):
    """The appliance holds no such volume, or the node has it not where it was said to be."""


class NodeNotFoundError(DriverError):
    """No node bears this id."""


class IncompatibleVolumeError(DriverError):
    """The volume is there, but not as it is asked for now."""


class InsufficientCapacityError(DriverError):
    """The pool is full."""


class RefusedError(DriverError):
    """What was read just now forbids what is asked; a person has to change something first."""


class HeldElsewhereError(RefusedError):
    """Other nodes hold the volume, and this one may not hold it beside them."""


class UnsupportedError(DriverError):
    """The driver does not do that."""


class InvalidTokenError(DriverError):
    """A listing is to go on from a token that this driver did not give."""


class UnknownOutcomeError(DriverError):
    """Base of all after which only a fresh look can tell what is so."""

    outcome_known = False


class BusyError(UnknownOutcomeError):
    """Another call works on the same volume, or too many calls wait."""


class ConflictError(UnknownOutcomeError):
    """The object is no longer as it was when it was read: another writer came first."""


class UnreachableError(UnknownOutcomeError):
    """The appliance does not answer, or not as the one that it should be."""


class NotReadyError(UnknownOutcomeError):
    """Something that the answer depends on is not there yet: a pool not mounted, safe mode held, a missing program."""


class CutOffError(UnknownOutcomeError):
    """A command was sent and its answer did not come whole."""


class DeadlineError(UnknownOutcomeError):
    """The caller's time ran out."""


class StuckError(UnknownOutcomeError):
    """A program hangs in the kernel and does not end even when killed."""


class HostError(UnknownOutcomeError):
    """A program on the node failed in a way that says nothing about the volume."""


class NotGrownError(UnknownOutcomeError):
    """A growth was accepted that the next look does not show."""
