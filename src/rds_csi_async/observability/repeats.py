"""What is said again and again is said less and less often, and then with how often it was held back.

A claim that cannot be had fails every minute for as long as nobody mends it, in the same words: a log of nothing else
hides the next problem. Only warnings are held back.
"""

import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FIRST_PAUSE_S = 10.0
LONGEST_PAUSE_S = 600.0
MOST_KNOWN = 1000
_DURATIONS = re.compile(r"\b\d+(\.\d+)? s\b")  # the time that was left differs each time


@dataclass(slots=True)
class _Known:
    shown_s: float
    seen_s: float
    pause_s: float = FIRST_PAUSE_S
    held_back: int = 0


class RepeatFilter(logging.Filter):
    """Lets a warning pass when it is new, or when like ones were held back for long enough; those are counted in it."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock_s = clock_s
        self._known: OrderedDict[object, _Known] = OrderedDict()

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter`."""
        if record.levelno != logging.WARNING:
            return True
        now_s, key = self._clock_s(), _key_of(record)
        known = self._known.pop(key, None)
        if known is None or now_s - known.seen_s > 2 * LONGEST_PAUSE_S:
            self._remember(key, _Known(now_s, now_s))
            return True
        self._remember(key, known)
        known.seen_s = now_s
        if now_s - known.shown_s < known.pause_s:
            known.held_back += 1
            return False
        if known.held_back:
            record.held_back = known.held_back
        known.shown_s, known.pause_s, known.held_back = now_s, min(known.pause_s * 2, LONGEST_PAUSE_S), 0
        return True

    def _remember(self, key: object, known: _Known) -> None:
        self._known[key] = known
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)


def _key_of(record: logging.LogRecord) -> object:
    """Tell what a line is about: its words, what was asked for, and the error, whatever time it took."""
    request, error = (str(vars(record).get(name, "")) for name in ("request", "error"))
    words = f"{record.msg} {record.args} {error}"  # not laid out: what does not fit together is the handler's affair
    return record.name, hash((_DURATIONS.sub("", words), request))
