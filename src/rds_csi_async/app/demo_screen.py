"""What the demo shows: each step, what was sent to the appliance for it, how long it took, and what was verified."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from rds_csi_async.simulator.counters import Counters

_PICTURE_WIDTH = 110
_PIPE_WIDTH = 10_000  # whoever reads a pipe wants to find a command whole, on one line
_CHANGE = re.compile(r"/(?:disk|file)[a-z/-]*/(?:add|set|remove)\b(?:\"[^\"]*\"|[^;{}\"])*")
_COMMENT = re.compile(r'comment="[^"]*"')


class Screen:
    """A terminal worth looking at; plain text when it is none. Records itself when a `picture` is to be made."""

    def __init__(self, console: Console | None = None, *, picture: bool = False) -> None:
        self._console = console or Console(record=picture, highlight=False)
        if picture or not self._console.is_terminal:
            self._console.width = _PICTURE_WIDTH if picture else _PIPE_WIDTH
        self._number = 0

    def say(self, text: str) -> None:
        """Print a paragraph of plain text."""
        self._console.print(escape(text))

    def head(self, title: str, facts: Iterable[tuple[str, str]]) -> None:
        """Print what is about to be shown, and with what."""
        self._console.print(f"[bold]{escape(title)}[/]")
        for name, value in facts:
            self._console.print(f"  [dim]{escape(name):<12}[/] {escape(value)}", soft_wrap=True)

    @contextmanager
    def step(self, title: str, counters: Counters) -> Iterator["Verified"]:
        """Show a step while it goes on; when it has ended, what the appliance was sent (`counters`) and proofs."""
        sent = counters.lines
        self._number += 1
        verified = Verified()
        sent.clear()
        removed = counters.total("remove")
        begun_s = perf_counter()
        with self._console.status(escape(title)):
            yield verified
        took_ms = (perf_counter() - begun_s) * 1000
        count = f"{len(sent)} command{'s' if len(sent) != 1 else ''} to the appliance" if sent else "nothing was sent"
        self._console.print()
        self._console.print(f"[bold cyan]{self._number:>2}  {escape(title)}[/]  [dim]{took_ms:.0f} ms, {count}[/]")
        for change in list_changes(sent, removals=counters.total("remove") > removed):
            self._item(f"[yellow]>[/] [dim]{escape(change)}[/]")
        for fact in verified.facts:
            self._item(f"[green]ok[/] {escape(fact)}")

    def _item(self, markup: str) -> None:
        self._console.print(Padding(markup, (0, 0, 0, 5), expand=False))

    def failed(self, text: str) -> None:
        """Print what went wrong."""
        self._console.print(f"\n[bold red]failed[/]  {escape(text)}")

    def metrics(self, samples: Iterable[tuple[str, str]]) -> None:
        """Print samples of the scrape, one a line."""
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2))
        for name, value in samples:
            table.add_row(f"     {escape(name)}", f"[bold]{escape(value)}[/]")
        self._console.print(table)

    def save_picture(self, path: Path) -> None:
        """Write all that was shown as SVG."""
        self._console.save_svg(str(path), title="rds-csi demo")


class Verified:
    """What a step has proven, in the order in which it did."""

    def __init__(self) -> None:
        self.facts: list[str] = []

    def note(self, fact: str) -> None:
        """Add a fact that was checked just now."""
        self.facts.append(fact)


def list_changes(lines: Iterable[str], *, removals: bool) -> list[str]:
    """List what lines of RouterOS change, without the record, which is long, and for the driver alone.

    A line removes only what it finds: its removals are listed when the appliance says that it removed something.
    """
    changes = [_COMMENT.sub('comment="rds1:…"', change).strip() for line in lines for change in _CHANGE.findall(line)]
    return [change for change in changes if removals or "/remove " not in change]
