"""Fields of the rows that a reply carries.

RouterOS writes a number now as a number and now as text, and a truth as a truth or as `yes`; a property that does not
apply is absent. Nothing is ever guessed: what is needed and not there is an error that names it.
"""

from collections.abc import Iterator, Mapping

from rds_csi_async.routeros.replies import ApplianceError
from rds_csi_async.routeros.syntax import Reply

Row = Mapping[str, object]
LARGEST_NUMBER = (1 << 63) - 1  # what goes on to the orchestrator, in int64
_FLAGS = {True: True, False: False, "true": True, "false": False, "yes": True, "no": False}


def rows_of(reply: Reply, kind: str) -> Iterator[Row]:
    """Give the rows that were printed as `{"<kind>": row}`.

    Raises:
        ApplianceError: one of them is no row.

    """
    for row in reply.rows:
        if kind in row:
            value = row[kind]
            if not isinstance(value, dict):
                message = f"the appliance printed {str(value)[:80]!r} where a row of kind {kind!r} was asked for"
                raise ApplianceError(message)
            yield value


def get_number(reply: Reply, kind: str) -> int:
    """Give the one number that was printed as `{"<kind>": number}`."""
    values = [row for row in reply.rows if kind in row]
    if len(values) != 1:
        raise _lacking(values[0] if values else {}, kind)
    return int_of(values[0], kind)


def find_text(row: Row, name: str) -> str | None:
    """Give a field as text; None when it is absent or empty."""
    value = row.get(name)
    if value is None or value in ("", []):
        return None
    if isinstance(value, bool | list | dict):
        raise _lacking(row, name)
    return str(value)


def text_of(row: Row, name: str) -> str:
    """Give a field as text; it has to be there."""
    text = find_text(row, name)
    if text is None:
        raise _lacking(row, name)
    return text


def int_of(row: Row, name: str, most: int = LARGEST_NUMBER) -> int:
    """Give a field that is a whole number from 0 to `most`, written as number or as digits."""
    value = row.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(most)):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most:
        return value
    raise _lacking(row, name)


def flag_of(row: Row, name: str) -> bool:
    """Give a field that is true or false; it has to be there."""
    value = row.get(name)
    if isinstance(value, bool | str) and value in _FLAGS:
        return _FLAGS[value]
    raise _lacking(row, name)


def find_flag(row: Row, name: str) -> bool:
    """Give a field that is true or false; false when it is absent or empty, as flags are that do not apply."""
    return row.get(name) not in (None, "") and flag_of(row, name)


def _lacking(row: Row, name: str) -> ApplianceError:
    which = str(row.get("slot") or row.get(".id") or "a row")[:80]
    return ApplianceError(
        f"the appliance shows {which} with {name}={str(row.get(name))[:80]!r}, which the driver cannot use"
    )
