"""What may go wrong on purpose: set by a test or over the control socket, met by the next line, verb or login."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Generic, TypeVar

T = TypeVar("T")
_MOST_TURNS: Final = 8


class LineFault(Enum):
    """What happens to a line."""

    DROP_BEFORE = "drop-before"  # the connection breaks, nothing has run
    DROP_MIDWAY = "drop-midway"  # the first change has run, then the connection breaks and no more runs
    DROP_AFTER = "drop-after"  # all has run, the reply is lost with the connection
    HANG = "hang"  # nothing runs and nothing is answered
    HANG_MIDWAY = "hang-midway"  # the first change has run, no more runs and nothing is answered
    HANG_AFTER = "hang-after"  # all has run and nothing is answered
    HALF_REPLY = "half-reply"  # all has run, half of the reply arrives, and the exit status
    CUT_REPLY = "cut-reply"  # all has run, half of the reply arrives, then the channel closes without exit status
    NO_STATUS = "no-status"  # all has run, all of the reply arrives, then the channel closes without exit status
    TRICKLE = "trickle"  # all has run, the reply arrives in small pieces, each after a while
    NOISE = "noise"  # all has run, a message of the console stands in the middle of the reply
    IN_USE = "in-use"  # the line's first `remove` is refused: something is in use
    NO_SPACE = "no-space"  # the line's first `add`, or `set` of a size, is refused: there is not enough space


@dataclass(slots=True)
class _Planned(Generic[T]):
    """Something for the next so many texts in which the pattern is found."""

    what: T
    pattern: re.Pattern[str]
    times: int

    def meets(self, text: str) -> bool:
        if self.times <= 0 or not self.pattern.search(text):
            return False
        self.times -= 1
        return True


@dataclass(frozen=True, slots=True)
class _Storm:
    """One line in so many is hit by one of these."""

    kinds: Sequence[LineFault]
    one_in: int
    pattern: re.Pattern[str]
    chance: random.Random


@dataclass(slots=True)
class Faults:
    """The faults of now; all are off at the start.

    `delay_s` passes before each command of a line, `trickle_s` between the pieces of a reply that trickles, and a file
    that was removed is there for `late_deletion_s` more.
    """

    refused_logins: int = 0
    safe_mode_held: bool = False
    delay_s: float = 0.0
    trickle_s: float = 0.05
    late_deletion_s: float = 0.0
    _lines: list[_Planned[LineFault]] = field(default_factory=list)
    _refusals: list[_Planned[str]] = field(default_factory=list)
    _intrusions: list[_Planned[str]] = field(default_factory=list)
    _storm: _Storm | None = None
    _interleaving: random.Random | None = None

    def plan(self, fault: LineFault, match: str = "", times: int = 1) -> None:
        """Let this happen to the next so many lines in which the regular expression is found.

        Raises:
            ValueError: it is no regular expression.

        """
        self._lines.append(_Planned(fault, _compile(match), times))

    def refuse(self, text: str, match: str, times: int = 1) -> None:
        """Refuse the next so many verbs whose path, as `/disk/remove`, matches; raises as `plan` does."""
        self._refusals.append(_Planned(text, _compile(match), times))

    def intrude(self, line: str, match: str, times: int = 1) -> None:
        """Run a foreign line right before the next so many verbs whose path matches; raises as `plan` does."""
        self._intrusions.append(_Planned(line, _compile(match), times))

    def storm(self, kinds: Sequence[LineFault], one_in: int, *, match: str = "", seed: int = 0) -> None:
        """Hit one line in so many with one of these, from now on; raises as `plan` does."""
        if one_in < 1 or not kinds:
            message = "a storm needs kinds, and hits one line in 1 or more"
            raise ValueError(message)
        self._storm = _Storm(tuple(kinds), one_in, _compile(match), random.Random(seed))  # noqa: S311 - repeatable

    def interleave(self, seed: int) -> None:
        """Let sessions that run side by side take turns in an order of chance, between any two commands."""
        self._interleaving = random.Random(seed)  # noqa: S311 - repeatable

    def take_turns(self) -> int:
        """Tell how many turns others have before this session's next command."""
        return 1 if self._interleaving is None else self._interleaving.randrange(_MOST_TURNS)

    def take_line(self, line: str) -> LineFault | None:
        """Take what is to happen to this line; None if nothing is."""
        planned = next((each.what for each in self._lines if each.meets(line)), None)
        if planned is not None or self._storm is None or not self._storm.pattern.search(line):
            return planned
        is_hit = self._storm.chance.randrange(self._storm.one_in) == 0
        return self._storm.chance.choice(self._storm.kinds) if is_hit else None

    def take_refusal(self, verb: str) -> str | None:
        """Take the text with which this verb is to be refused; None if it is not."""
        return next((each.what for each in self._refusals if each.meets(verb)), None)

    def take_intrusion(self, verb: str) -> str | None:
        """Take the foreign line that comes before this verb; None if none does."""
        return next((each.what for each in self._intrusions if each.meets(verb)), None)

    def take_login(self) -> bool:
        """Tell whether this login is to be refused, and count it off."""
        refused = self.refused_logins > 0
        self.refused_logins -= refused
        return refused

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self.refused_logins, self.safe_mode_held = 0, False
        self.delay_s, self.trickle_s, self.late_deletion_s = 0.0, 0.05, 0.0
        self._lines.clear()
        self._refusals.clear()
        self._intrusions.clear()
        self._storm, self._interleaving = None, None


def _compile(match: str) -> re.Pattern[str]:
    try:
        return re.compile(match)
    except re.error as error:
        message = f"not a regular expression: {match}"
        raise ValueError(message) from error
