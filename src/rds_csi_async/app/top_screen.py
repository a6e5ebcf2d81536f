"""How `rds-csi top` looks: a table for each part, of those that there is something to say of. Pure."""

import math
import re
from collections.abc import Iterable, Mapping

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from rds_csi_async.app.top_appliances import ApplianceFacts, PoolFacts
from rds_csi_async.app.top_facts import NodeFacts, Picture, ProcessFacts

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # what a process serves goes to a terminal
_LONGEST = 120
_UNKNOWN = "[dim]?[/]"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_SLOW_S = 5.0
_STALE_S = 300.0
_LATE_S = 0.5
_FULL = 0.9


def render(picture: Picture, counted: str) -> RenderableType:
    """Draw it; `counted` says of what time the calls and commands are."""
    parts = [
        _table(
            "PROCESS", ["", "version", "serves", "pending", "loop late", "attention"], map(_process, picture.processes)
        ),
        _table(
            "APPLIANCE",
            ["", "at", "asked by", "commands", "90 % within", "volumes", "as of", "attention"],
            map(_appliance, picture.appliances),
        ),
        _table("POOL", ["", "size", "free", "given to volumes", "used"], map(_pool, picture.pools)),
        _table("PENDING", ["count", "oldest", "in"], _pending(picture)),
        _table("CALL", ["count", "90 % within", "refused"], _calls(picture)),
        _table("NODE", ["connections", "failed to connect", "stale mounts", "orphans", "looked"], _nodes(picture)),
    ]
    shown: list[RenderableType] = [each for part in parts if part is not None for each in (part, "")]
    return Group(*shown, f"[dim]Calls and commands: {escape(counted)}. All else since the processes started.[/]")


def render_bytes(number: float) -> str:
    """Write a size with three digits or so."""
    power = 0
    while abs(number) >= 1024 and power < len(_UNITS) - 1:  # noqa: PLR2004 - what makes the next unit
        number /= 1024
        power += 1
    return f"{number:.3g} {_UNITS[power]}" if number < 1000 else f"{number:.0f} {_UNITS[power]}"  # noqa: PLR2004 - three


def render_time(seconds: float) -> str:
    """Write a time as a person says it."""
    if math.isinf(seconds):
        return "longer"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"  # noqa: PLR2004 - where fractions say nothing


def _table(title: str, columns: Iterable[str], rows: Iterable[list[str]]) -> Table | None:
    """Make a table; None where there are no rows."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in (title, *columns):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table if table.row_count else None


def _process(one: ProcessFacts) -> list[str]:
    if not one.is_up:
        return [_plain(one.address), "[bold red]down[/]", "", "", "", "", f"[yellow]{_plain(one.reason)}[/]"]
    hanging = f"[bold red]{one.hanging:.0f} programs hang in the kernel[/]" if one.hanging else ""
    version, serves, pending = _plain(one.version), ", ".join(one.roles), f"{one.pending:.0f}"
    return [_plain(one.address), "[green]up[/]", version, serves, pending, _time(one.lag_s, _LATE_S), hanging]


def _appliance(one: ApplianceFacts) -> list[str]:
    state = "[green]up[/]" if one.is_up else "[bold red]down[/]"
    failed = f" [red]{one.commands_failed:.0f} failed[/]" if one.commands_failed else ""
    attention = [f"{one.reconnects_failed:.0f} failed to connect"] if one.reconnects_failed else []
    return [
        _plain(one.key),
        state,
        _plain(one.host),
        _plain(one.address),
        f"{one.commands:.0f}{failed}",
        _time(one.command_within_s, _SLOW_S),
        _UNKNOWN if one.volumes is None else _counts(one.volumes) or "none",
        _ago(one.inventory_age_s),
        f"[yellow]{_plain('; '.join([*one.troubled_arrays, *attention]))}[/]",
    ]


def _pool(one: PoolFacts) -> list[str]:
    state = {True: "[green]mounted[/]", False: "[bold red]not there[/]", None: _UNKNOWN}[one.is_mounted]
    sizes = (one.size_bytes, one.free_bytes, one.provisioned_bytes)
    told = [_UNKNOWN if number is None else render_bytes(number) for number in sizes]
    used = _UNKNOWN
    if one.size_bytes and one.free_bytes is not None:
        share = 1 - one.free_bytes / one.size_bytes
        used = f"[bold red]{share:.0%}[/]" if share >= _FULL else f"{share:.0%}"
    return [f"{_plain(one.appliance)}/{_plain(one.name)}", state, *told, used]


def _pending(picture: Picture) -> Iterable[list[str]]:
    for one in picture.pending:
        yield [_plain(one.operation), f"{one.count:.0f}", _time(one.oldest_s, _SLOW_S), _plain(one.address)]


def _calls(picture: Picture) -> Iterable[list[str]]:
    for one in picture.calls:
        refused = f"[yellow]{_counts(one.refused)}[/]" if one.refused else ""
        yield [_plain(one.method), f"{one.count:.0f}", _time(one.within_s, _SLOW_S), refused]


def _nodes(picture: Picture) -> Iterable[list[str]]:
    return map(_node, picture.nodes)


def _node(one: NodeFacts) -> list[str]:
    connections = _UNKNOWN if one.connections is None else f"{one.connections:.0f}"
    failed = f"[yellow]{one.connects_failed:.0f}[/]" if one.connects_failed else "0"
    stale = "0"
    if one.stale:
        healed = f"{one.healed:.0f} healed"
        stale = f"[yellow]{one.stale:.0f} found[/], {healed}"
    if one.not_healed:
        stale += f", [bold red]{one.not_healed:.0f} tries failed[/]"
    return [_plain(one.address), connections, failed, stale, f"{one.orphans:.0f} ended", _ago(one.scanned_ago_s)]


def _counts(counts: Mapping[str, float]) -> str:
    return ", ".join(f"{number:.0f} {_plain(name)}" for name, number in counts.items())


def _time(seconds: float | None, slow_s: float) -> str:
    if seconds is None:
        return _UNKNOWN
    text = render_time(seconds)
    return f"[yellow]{text}[/]" if seconds >= slow_s else text


def _ago(seconds: float | None) -> str:
    return _UNKNOWN if seconds is None else f"{_time(seconds, _STALE_S)} ago"


def _plain(text: str) -> str:
    shown = _CONTROL.sub("?", text)
    return escape(shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…")
