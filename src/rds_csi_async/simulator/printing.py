"""How rows look to a person: tables, details and singletons, in the form that hardware prints."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from rds_csi_async.simulator.menus import Row, Schema
from rds_csi_async.simulator.properties import Form, Property, render_property

_COMMENT: Final = "comment"


def print_singleton(schema: Schema, row: Row, write_line: Callable[[str], None]) -> None:
    """Write `name: value` lines, names to the right."""
    shown = [(prop.name, _unquoted(prop, row)) for prop in schema.properties if prop.name in row]
    width = max((len(name) for name, _ in shown), default=0) + 2
    for name, text in shown:
        write_line(f"{name:>{width}}: {text}")


def print_rows(
    schema: Schema, rows: Sequence[Row], width: int | None, *, detail: bool, names: frozenset[str]
) -> Iterator[str]:
    """Give the lines of all rows: a header that tells the flags, also without rows, then details or a table."""
    legend = _legend(schema, rows)
    if any(prop.letter for prop in schema.properties):
        yield "Flags: " + "; ".join(f"{prop.letter} - {prop.name.upper()}" for prop in legend)
    if detail:
        yield from _print_details(schema, rows, width, legend, names)
    elif rows:
        yield from _print_table(schema, rows, width, legend, names)


def _legend(schema: Schema, rows: Sequence[Row]) -> list[Property]:
    """Choose the flags that some row bears; all of them where there is no row."""
    lettered = [prop for prop in schema.properties if prop.letter]
    return [prop for prop in lettered if not rows or any(row.get(prop.name) is True for row in rows)]


def _flags(legend: Iterable[Property], row: Row) -> str:
    return "".join(prop.letter if row.get(prop.name) is True else " " for prop in legend)


def _print_details(
    schema: Schema, rows: Sequence[Row], width: int | None, legend: list[Property], names: frozenset[str]
) -> Iterator[str]:
    digits = max(2, len(str(len(rows) - 1)))
    for number, row in enumerate(rows):
        prefix = f"{number:>{digits}} {_flags(legend, row)} " if legend else f"{number:>{digits}} "
        comment = row.get(_COMMENT)
        if comment:
            yield f"{prefix};;; {comment}"
            prefix = " " * len(prefix)
        fields = [
            f"{prop.name}={render_property(prop, row[prop.name])}"
            for prop in schema.properties
            if prop.name in row and prop.name in names and prop.form is not Form.FLAG and prop.name != _COMMENT
        ]
        yield from _wrap(fields, prefix, width)
        yield ""


def _wrap(fields: Iterable[str], prefix: str, width: int | None) -> list[str]:
    lines: list[str] = []
    line, empty = prefix, True
    for field in fields:
        if width is not None and not empty and len(line) + 1 + len(field) > width:
            lines.append(line)
            line, empty = " " * len(prefix), True
        line += field if empty else " " + field
        empty = False
    return [*lines, line]


def _print_table(
    schema: Schema, rows: Sequence[Row], width: int | None, legend: list[Property], names: frozenset[str]
) -> Iterator[str]:
    wanted = [name for name in schema.columns if name in names] or [
        prop.name for prop in schema.properties if prop.name in names
    ]
    columns = [
        prop for name in wanted if (prop := schema.find_property(name)) is not None and any(name in row for row in rows)
    ]
    yield ("Columns: " + ", ".join(prop.name.upper() for prop in columns))
    digits = len(str(len(rows) - 1))
    header = ["#".ljust(digits + 1 + len(legend)), *(prop.name.upper() for prop in columns)]
    table = [
        [f"{number:>{digits}} {_flags(legend, row)}", *(_unquoted(prop, row) for prop in columns)]
        for number, row in enumerate(rows)
    ]
    widths = [max(map(len, cells)) for cells in zip(header, *table, strict=True)]
    numeric = [False, *(prop.form in {Form.COUNT, Form.NUMBER, Form.SIZE} for prop in columns)]
    for cells in [header, *table]:
        aligned = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        yield "  ".join(aligned).rstrip()[:width]


def _unquoted(prop: Property, row: Row) -> str:
    value = row.get(prop.name)
    if value is None:
        return ""
    return value if isinstance(value, str) else render_property(prop, value)
