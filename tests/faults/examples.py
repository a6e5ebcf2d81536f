"""A volume as it may be, and what is asked of it, for the tests of what judges them."""

import json
from dataclasses import replace
from typing import Any

from tests.faults.facts import NQN_PREFIX, Answer, Call, Disk, Kind, Told

SLOT = "rds1-aaaaaa-bbbbbbbbbbbbbbbbbbbb"
GIB = 1 << 30
MARK = "0123456789abcdef"
NQN = f"{NQN_PREFIX}{SLOT}.1.{MARK}"


def disk(*, holders: tuple[tuple[str, str, bool], ...] = (), generation: int = 1, **changes: Any) -> Disk:
    """Make a disk: new, or held since its first publication, but for the changes."""
    named = {"s": 1, "x": MARK, "n": holders[0][0]} if holders else {"s": 0}
    written = [[node, mode, int(read_only)] for node, mode, read_only in holders]
    row = {"o": "c", "m": "mount", "g": generation, **named, **({"d": written} if written else {})}
    usual = Disk(GIB, "rds1:" + json.dumps(row), bool(holders), NQN if holders else "", f"/pool1/{SLOT}/disk.img")
    return replace(usual, **changes)


def erased_once(held: Disk) -> Disk:
    """Say in the record that it was erased by hand once."""
    return replace(held, comment=held.comment.replace('"m"', '"e": 1, "m"'))


def call(kind: Kind, **changes: Any) -> Call:
    """Ask a usual thing, but for the changes."""
    size_bytes = GIB if kind in {Kind.CREATE, Kind.EXPAND} else 0
    return replace(Call(kind, 0, SLOT, "pvc", "pool1", size_bytes, "n1", "snw"), **changes)


def answer(asked: Call, status: str = "OK", told: Told | None = None) -> Answer:
    """Answer it."""
    return Answer(asked, 1, 2, status, told=None if told is None else {SLOT: told})
