"""What an experiment is: it says which line is to be sent next, is given the answer, and ends with what it has seen.

Knows no I/O: who drives it sends, measures and keeps a transcript. That way each can be tried against any answer.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from rds_csi_async.domain.verdicts import Observation
from rds_csi_async.routeros.disks import render_disk
from rds_csi_async.routeros.rows import Row
from rds_csi_async.routeros.scratch import Scratch
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.routeros.syntax import render_row

_LONGEST_SEEN = 160


@dataclass(frozen=True, slots=True)
class Line:
    """A line to send. `bare`: its one statement goes out as it is, without a frame; `verb`: what it is timed as.

    `daring`: the link may break over it, and that is an answer.
    """

    what: str
    statements: Sequence[str]
    bare: bool = False
    changes: bool = False
    daring: bool = False
    verb: str = ""
    pause_s: float = 0.0  # before it


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the rows of a whole frame, or the appliance's words for a failure, or neither."""

    text: str
    rows: Sequence[Row] = field(default=())
    failure: str = ""
    whole: bool = False  # there was a frame
    duration_s: float = 0.0

    @property
    def ok(self) -> bool:
        """The line ran to its end."""
        return self.whole and not self.failure

    @property
    def said(self) -> str:
        """What went wrong, or what came, for people."""
        return " ".join((self.failure or self.text).split())[:_LONGEST_SEEN] or "nothing came back"

    def find(self, kind: str) -> object:
        """Give the first value that was printed as `{"<kind>": value}`; None when there is none."""
        return next((row[kind] for row in self.rows if kind in row), None)

    def list_all(self, kind: str) -> list[object]:
        """Give all such values."""
        return [row[kind] for row in self.rows if kind in row]

    def find_number(self, kind: str) -> int | None:
        """Give such a value as a number; None when it is none."""
        value = self.find(kind)
        return int(value) if isinstance(value, int | str) and str(value).isdigit() else None

    def find_row(self, kind: str) -> Row:
        """Give such a value as a row, an empty one when it is none."""
        value = self.find(kind)
        return value if isinstance(value, dict) else {}


Trial = Generator[Line, Answer, Observation]
Look = Callable[[ApplianceSettings], Trial]
Experiment = Callable[[Scratch], Trial]


def judge(answer: Answer, *, held: bool, seen: str) -> Observation:
    """Say what was seen; where the line did not run to its end, that is what was seen."""
    return Observation(held, seen if held or answer.ok else answer.said)


def ask_value(what: str, expression: str, *before: str) -> Line:
    """Ask for the value of an expression, after some statements."""
    return Line(what, [*before, render_row("value", expression)])


def set_disk(scratch: Scratch, what: str, words: str, *more: str) -> Line:
    """Change the disk, and show it."""
    act = [*scratch.render_pick(), f"/disk/set ($xI->0) {words}", render_disk(scratch.slot), *more]
    return Line(what, act, changes=True, verb="set")
