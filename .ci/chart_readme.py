#!/usr/bin/env python3
"""Write the tables of the chart's README from the comments in its values.yaml.

.ci/chart_readme.py            write them
.ci/chart_readme.py --check    only say whether they are stale (exit status 1)
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).resolve().parent.parent / "charts" / "rds-csi-async"
BEGIN = "<!-- The tables below are made by .ci/chart_readme.py from values.yaml. -->\n"
END = "<!-- End of the tables. -->\n"
KEY = re.compile(r"(?P<indent> *)(?P<key>[A-Za-z][A-Za-z0-9]*):( |$)")


@dataclass(frozen=True, slots=True)
class Described:
    """A key that has a comment: its path, and what the comment says."""

    path: tuple[str, ...]
    text: str


def main() -> int:
    """Write or check."""
    readme = CHART / "README.md"
    there = readme.read_text()
    wanted = replace(there, render((CHART / "values.yaml").read_text()))
    if "--check" in sys.argv[1:]:
        if there != wanted:
            print(f"{readme} is stale: run .ci/chart_readme.py")
        return int(there != wanted)
    readme.write_text(wanted)
    return 0


def replace(readme: str, tables: str) -> str:
    """Put the tables between the two marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables}\n{END}{after}"


def render(values: str) -> str:
    """Give one table for each key at the top that holds others, and one for each row of keys that hold none."""
    document = yaml.safe_load(values)

    def section_of(one: Described) -> str:
        return one.path[0] if _holds_others(document, one.path[:1], values) else ""

    parts = []
    for section, rows in groupby(describe(values), key=section_of):
        described = list(rows)
        names = [section] if section else [one.path[0] for one in described]
        parts.append(f"### {', '.join(f'`{name}`' for name in names)}")
        if described[0].path == (section,):
            parts.append(described.pop(0).text)
        table = ["| value | what | default |", "| --- | --- | --- |"]
        parts.append("\n".join([*table, *(_row(document, one, values) for one in described)]))
    return "\n\n".join(parts) + "\n"


def _row(document: dict[str, Any], one: Described, values: str) -> str:
    default = "" if _holds_others(document, one.path, values) else f"`{json.dumps(_get(document, one.path))}`"
    return f"| `{'.'.join(one.path)}` | {one.text} | {default} |"


def describe(values: str) -> Iterator[Described]:
    """Give every key that has a comment right above it, in order."""
    comment: list[str] = []
    path: list[str] = []
    for line in values.splitlines():
        text = line.strip()
        found = KEY.match(line)
        if text.startswith("#"):
            comment.append(text.removeprefix("#").strip())
            continue
        if found:
            path = [*path[: len(found["indent"]) // 2], found["key"]]
            if comment:
                yield Described(tuple(path), " ".join(comment).replace("|", "\\|"))
        comment = []


def _holds_others(document: dict[str, Any], path: tuple[str, ...], values: str) -> bool:
    """Tell whether a key's own keys are described, so that it has no value of its own to show."""
    if not isinstance(_get(document, path), dict):
        return False
    return any(one.path[: len(path)] == path and len(one.path) > len(path) for one in describe(values))


def _get(document: dict[str, Any], path: tuple[str, ...]) -> Any:  # noqa: ANN401 - whatever the file holds
    value: Any = document
    for key in path:
        value = value[key]
    return value


if __name__ == "__main__":
    sys.exit(main())
