"""Watching what becomes of the disks, and by whose hand: for whoever compares it with what clients were told."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

from rds_csi_async.simulator.values import Value

Watch: TypeAlias = Callable[[Mapping[int, Mapping[str, Value]]], None]
"""Is shown all entries of type file, by the number of their id, at each change of one, before anything else happens."""

_by_hand: ContextVar[bool] = ContextVar("by_hand", default=False)


def look_away(disks: Mapping[int, Mapping[str, Value]]) -> None:
    """Watch nothing."""


def is_by_hand() -> bool:
    """Tell whether what happens now is an administrator's doing, and no client's."""
    return _by_hand.get()


@contextmanager
def by_hand() -> Iterator[None]:
    """Take for an administrator's doing what happens inside."""
    token = _by_hand.set(True)
    try:
        yield
    finally:
        _by_hand.reset(token)
