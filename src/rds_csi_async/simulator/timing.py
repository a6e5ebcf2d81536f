"""How long an appliance takes: a span for a login, a line and each verb, from which a seeded generator draws.

`rds2216` follows what users of an RDS2216 have written down: a handshake takes 200 to 500 ms, a `/disk print` with its
channel 50 to 100 ms, `/file print` 100 to 200 ms, a volume of 1 GiB was made in 428 ms by three commands and removed in
560 ms by three, and 1 TiB in less than 3 s. Where a figure is for a whole call, the line's own share is taken off; what
nobody has measured is a guess, and is said to be one in docs/simulator.md.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Span:
    """A time that is never below `least_ms`, never above `most_ms`, and mostly near `usual_ms`."""

    least_ms: float
    usual_ms: float
    most_ms: float

    def draw_s(self, chance: random.Random) -> float:
        """Draw a time in seconds."""
        return chance.triangular(self.least_ms, self.most_ms, self.usual_ms) / 1000


NO_TIME: Final = Span(0, 0, 0)


@dataclass(frozen=True, slots=True)
class TimeProfile:
    """The spans of one kind of appliance. `verbs` are by path, as `/disk/add`; `other` is for those not named.

    A change takes `gib_ms` more for each GiB that it allocates, a print `row_ms` more for each row that it shows.
    """

    name: str
    login: Span = NO_TIME
    line: Span = NO_TIME
    other: Span = NO_TIME
    verbs: Mapping[str, Span] = field(default_factory=lambda: MappingProxyType({}))
    gib_ms: float = 0.0
    row_ms: float = 0.0

    @property
    def is_instant(self) -> bool:
        """Tell that nothing takes time."""
        return not self.verbs and self.other == self.line == self.login == NO_TIME

    def span_of(self, verb: str) -> Span:
        """Return how long a verb takes."""
        return self.verbs.get(verb, self.other)


_RDS2216: Final = TimeProfile(
    "rds2216",
    login=Span(200, 300, 500),
    line=Span(35, 50, 70),
    other=Span(1, 2, 4),
    verbs=MappingProxyType({
        "/disk/add": Span(200, 260, 500),
        "/disk/btrfs/subvolume/add": Span(50, 90, 200),
        "/disk/btrfs/subvolume/remove": Span(50, 90, 200),
        "/disk/find": Span(2, 4, 8),
        "/disk/monitor-traffic": Span(15, 25, 30),
        "/disk/print": Span(8, 15, 30),
        "/disk/remove": Span(150, 250, 700),
        "/disk/set": Span(60, 90, 200),
        "/file/find": Span(10, 20, 40),
        "/file/print": Span(60, 90, 130),
        "/file/remove": Span(60, 120, 250),
    }),
    gib_ms=2.0,
    row_ms=0.05,
)  # fmt: skip

PROFILES: Final[Mapping[str, TimeProfile]] = MappingProxyType({
    profile.name: profile for profile in (TimeProfile("instant"), _RDS2216)
})  # fmt: skip


def get_profile(name: str) -> TimeProfile:
    """Return a profile by name.

    Raises:
        ValueError: there is none of that name; the message names those that there are.

    """
    if name not in PROFILES:
        message = f"time profile {name!r} is none of: {', '.join(PROFILES)}"
        raise ValueError(message)
    return PROFILES[name]
