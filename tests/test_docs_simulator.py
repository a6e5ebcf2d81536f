"""The simulator's page names everything that can be asked of it, and nothing else, with the times that it takes."""

import re
from pathlib import Path

from rds_csi_async.simulator.control_actions import action_names
from rds_csi_async.simulator.control_faults import fault_kinds
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.timing import PROFILES

_PAGE = (Path(__file__).parent.parent / "docs" / "simulator.md").read_text()


def _first_column(head: str) -> list[str]:
    """Give the names in the first column of all tables whose first cell is this."""
    tables = re.findall(rf"^\| {head} \|.*\n\| ---.*\n((?:\|.*\n)+)", _PAGE, re.MULTILINE)
    cells = [row.split("|")[1] for table in tables for row in table.splitlines()]
    return sorted(name for cell in cells for name in re.findall(r"`([a-z/-]+)`", cell))


def test_every_fault_and_action_is_named() -> None:
    """Once."""
    assert _first_column("fault") == fault_kinds()
    assert _first_column("action") == action_names()


def test_every_count_is_named() -> None:
    """As it stands in the answer, which has two times beside."""
    counted = _PAGE.partition("## What it counts")[2].partition("##")[0]
    names = Counters().as_document().keys() | {"took_ms", "changes_took_ms"}
    assert set(re.findall(r"`([a-z_]+)`", counted)) - {"run"} == names


def test_times_are_those_of_the_profile() -> None:
    """Least, usual and most, verb by verb."""
    profile = PROFILES["rds2216"]
    rows = re.findall(
        r"^\| (`/disk/print`.*|`/disk/add`.*|`/disk/remove`.*|`/file/print`.*|`/disk/mon.*)", _PAGE, re.MULTILINE
    )
    told: dict[str, tuple[float, ...]] = {}
    for row in rows:
        verbs, spans = row.split("|")[:2]
        names = re.findall(r"`(.*?)`", verbs)
        numbers = re.findall(r"(\d+), (\d+), (\d+)", spans)
        told |= dict(zip(names, (tuple(map(float, each)) for each in numbers), strict=True))
    spans_of = {name: profile.span_of(name) for name in told}
    assert told == {name: (span.least_ms, span.usual_ms, span.most_ms) for name, span in spans_of.items()}
    assert len(told) == 6
