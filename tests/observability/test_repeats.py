"""A failure that lasts does not fill the log, and nothing new is hidden by it."""

import logging
from dataclasses import dataclass
from itertools import pairwise

import pytest

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.observability.repeats import LONGEST_PAUSE_S, MOST_KNOWN, RepeatFilter


@dataclass
class Clock:
    """Time that passes when it is told to."""

    now_s: float = 0.0

    def __call__(self) -> float:
        """Tell the time, in seconds."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """Begin at nought."""
    return Clock()


@pytest.fixture
def repeats(clock: Clock) -> RepeatFilter:
    """Know nothing yet."""
    return RepeatFilter(clock)


def line(text: str = "x failed", level: int = logging.WARNING, **extra: object) -> logging.LogRecord:
    """Make a log line."""
    return logging.makeLogRecord({"name": "a", "levelno": level, "msg": text, **extra})


def test_the_same_again_is_held_back_and_counted(repeats: RepeatFilter, clock: Clock) -> None:
    """At first for ten seconds, then for twenty."""
    assert repeats.filter(line())
    held = [repeats.filter(line()) for _ in range(3)]
    clock.now_s = 10
    again = line()
    assert (held, repeats.filter(again), vars(again)["held_back"]) == ([False] * 3, True, 3)
    clock.now_s = 29
    assert not repeats.filter(line())
    clock.now_s = 30
    assert repeats.filter(line())


def test_what_lasts_for_days_is_told_every_ten_minutes(repeats: RepeatFilter, clock: Clock) -> None:
    """Asked for once a minute, as a kubelet does."""
    shown_s = []
    for clock.now_s in range(0, 86400, 60):
        if repeats.filter(line()):
            shown_s.append(clock.now_s)
    assert max(late - early for early, late in pairwise(shown_s)) == LONGEST_PAUSE_S
    assert len(shown_s) < 86400 / LONGEST_PAUSE_S + 10


@pytest.mark.parametrize(
    "other",
    [
        line("y failed"),
        line(error="why"),
        line(request={"volume_id": "b"}),
        line(level=logging.ERROR),
        line(level=logging.INFO),
        line(args=("c",)),
        line(name="b"),
    ],
)
def test_what_is_new_passes(repeats: RepeatFilter, other: logging.LogRecord) -> None:
    """Another volume, another reason, another weight."""
    repeats.filter(line())
    assert repeats.filter(other)


def test_the_time_it_took_makes_no_difference(repeats: RepeatFilter) -> None:
    """Else each timeout would be a new one."""
    assert repeats.filter(line("%s", args=(UnreachableError("no answer within 4.31 s"),)))
    assert not repeats.filter(line("%s", args=(UnreachableError("no answer within 11.0 s"),)))


def test_what_comes_back_after_long_is_new(repeats: RepeatFilter, clock: Clock) -> None:
    """And is held back from the start again."""
    repeats.filter(line())
    clock.now_s = 2 * LONGEST_PAUSE_S + 1
    fresh = line()
    assert repeats.filter(fresh)
    assert not hasattr(fresh, "held_back")


def test_only_so_many_are_remembered(repeats: RepeatFilter) -> None:
    """Those that were seen last."""
    repeats.filter(line("oldest"))
    repeats.filter(line("old"))
    repeats.filter(line("oldest"))
    for number in range(MOST_KNOWN - 1):
        repeats.filter(line(f"line {number}"))
    assert not repeats.filter(line("oldest"))
    assert repeats.filter(line("old"))


def test_a_line_that_does_not_fit_together_raises_nothing(repeats: RepeatFilter) -> None:
    """A filter's errors would reach whoever only wanted to log."""
    assert repeats.filter(line("%d and %d", args=("one",)))
