"""The deadline that the current operation works under; it travels with the task, not through every signature."""

import asyncio
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

from rds_csi_async.domain.errors import DeadlineError


class Deadline:
    """A moment on the event loop's clock. It can move away, when another caller with more time joins; never nearer."""

    def __init__(self, timeout_s: float) -> None:
        self.at_s = asyncio.get_running_loop().time() + timeout_s

    def extend(self, other: "Deadline") -> None:
        """Give the operation as long as its most patient caller."""
        self.at_s = max(self.at_s, other.at_s)

    def remaining_s(self) -> float:
        """Seconds left, never below 0."""
        return max(self.at_s - asyncio.get_running_loop().time(), 0.0)


_current: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def find_current() -> Deadline | None:
    """Give the deadline of the current task, if it has one."""
    return _current.get()


def remaining_s(most_s: float) -> float:
    """Seconds that the current operation has left, `most_s` at most.

    Raises:
        DeadlineError: none.

    """
    deadline = _current.get()
    left = most_s if deadline is None else min(deadline.remaining_s(), most_s)
    if left <= 0:
        message = "the caller's time ran out before this was sent; nothing was done"
        raise DeadlineError(message)
    return left


@contextmanager
def working_under(deadline: Deadline) -> "Iterator[None]":
    """Set the deadline for what runs inside."""
    token = _current.set(deadline)
    try:
        yield
    finally:
        _current.reset(token)
