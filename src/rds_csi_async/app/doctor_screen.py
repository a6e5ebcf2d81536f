"""What the doctor shows: what it is about to do, how far it is, what it found, and what follows."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rds_csi_async.domain.verdicts import Assumption, Finding, Verdict, summarise

if TYPE_CHECKING:
    from rich.status import Status

_PIPE_WIDTH = 160
_COLOURS = {Verdict.HELD: "green", Verdict.DID_NOT_HOLD: "bold red", Verdict.NOT_TRIED: "dim"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # an appliance's words go to a terminal
_LONGEST = 200


class DoctorScreen:
    """An `Audience` (`services.diagnosing`). Progress goes to `progress`, what was found to `console`."""

    def __init__(self, console: Console | None = None, progress: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._progress = progress or Console(stderr=True, highlight=False)
        self._status: Status | None = None
        if not self._console.is_terminal:
            self._console.width = _PIPE_WIDTH

    def say(self, text: str) -> None:
        """Print a paragraph."""
        self._progress.print(escape(text), soft_wrap=True)

    def say_line(self, line: str) -> None:
        """Print a line to be copied, whole and on one line."""
        self._console.print(escape(line), soft_wrap=True)

    def begin(self, assumption: Assumption) -> None:
        """See `Audience`."""
        if self._status is None:
            self._status = self._progress.status("")
            self._status.start()
        self._status.update(escape(assumption.says))

    def end(self, finding: Finding) -> None:
        """See `Audience`."""
        colour = _COLOURS[finding.verdict]
        self._progress.print(f"[{colour}]{finding.verdict.value:<13}[/] {finding.assumption.key}", soft_wrap=True)

    def stop(self) -> None:
        """Show no more progress."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def show(self, findings: Iterable[Finding]) -> None:
        """Print the table, and what it comes to."""
        found = list(findings)
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        table.add_column("", width=max(len(verdict.value) for verdict in Verdict), no_wrap=True)
        table.add_column("", max_width=18, no_wrap=True)
        for name, ratio in (("what the driver takes for true", 4), ("what was seen", 5), ("what follows", 4)):
            table.add_column(name, ratio=ratio, overflow="fold")
        for finding in found:
            table.add_row(
                f"[{_COLOURS[finding.verdict]}]{finding.verdict.value}[/]",
                finding.assumption.key,
                escape(finding.assumption.says),
                escape(_plain(finding.seen)),
                escape(finding.follows),
            )
        self._console.print(table)
        self._console.print()
        self._console.print(escape(summarise(found)), soft_wrap=True)


def _plain(text: str) -> str:
    shown = _CONTROL.sub("?", text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
