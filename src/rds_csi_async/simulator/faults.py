"""What may go wrong on purpose: set by a test or over the control socket, met by the next line or login."""

import re
from dataclasses import dataclass, field
from enum import Enum


class LineFault(Enum):
    """What happens to a line."""

    DROP_BEFORE = "drop-before"  # the connection breaks, nothing has run
    DROP_AFTER = "drop-after"  # all has run, the reply is lost with the connection
    HANG = "hang"  # nothing runs and nothing is answered
    HANG_MIDWAY = "hang-midway"  # the first change has run, no more runs and nothing is answered
    HANG_AFTER = "hang-after"  # all has run and nothing is answered
    HALF_REPLY = "half-reply"  # all has run, half of the reply arrives


@dataclass(slots=True)
class _Planned:
    fault: LineFault
    pattern: re.Pattern[str]
    times: int


@dataclass(slots=True)
class Faults:
    """The faults of now; all are off at the start."""

    refused_logins: int = 0
    safe_mode_held: bool = False
    delay_s: float = 0.0
    _planned: list[_Planned] = field(default_factory=list)

    def plan(self, fault: LineFault, match: str = "", times: int = 1) -> None:
        """Let this happen to the next so many lines in which the regular expression is found.

        Raises:
            ValueError: it is no regular expression.

        """
        try:
            pattern = re.compile(match)
        except re.error as error:
            message = f"not a regular expression: {match}"
            raise ValueError(message) from error
        self._planned.append(_Planned(fault, pattern, times))

    def take_line(self, line: str) -> LineFault | None:
        """Take what is to happen to this line; None if nothing is."""
        for planned in self._planned:
            if planned.times > 0 and planned.pattern.search(line):
                planned.times -= 1
                return planned.fault
        return None

    def take_login(self) -> bool:
        """Tell whether this login is to be refused, and count it off."""
        refused = self.refused_logins > 0
        self.refused_logins -= refused
        return refused

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self.refused_logins, self.safe_mode_held, self.delay_s = 0, False, 0.0
        self._planned.clear()
