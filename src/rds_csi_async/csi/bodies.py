"""The fields of a body, one after the other, read strictly.

betterproto takes what it can get: a field whose length runs past the end, wire types that do not exist. Here a body is
whole or refused, and so are groups: no CSI message ever had one. What a field means is not known here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

Values = dict[str, Any]  # the inside of a message: name -> value
ReadNumber = Callable[[Values, int], None]
ReadBody = Callable[[Values, bytes, int, int], None]  # values, data, start, end

VARINT, _FIXED_64, DELIMITED, _FIXED_32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


class MalformedMessageError(ValueError):
    """The body is no message of this type. Says what is wrong and where, and nothing of the content."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read one class: readers by whole tag, and what an instance holds before anything is read."""

    numbers: dict[int, ReadNumber]
    bodies: dict[int, ReadBody]
    unset: Values
    oneofs: dict[str, None]


def read_fields(plan: Plan, values: Values, data: bytes, at: int, end: int) -> None:
    """Read data[at:end] into `values`; what the plan does not know is added to "_unknown_fields".

    Raises:
        MalformedMessageError: it is cut short, or is no sequence of fields.

    """
    unknown: list[bytes] = []
    while at < end:
        start = at
        tag, at = _read_varint(data, at, end)
        if not 0 < tag >> 3 < 1 << 29:
            refuse("no field has this number", start)
        wire_type = tag & 7
        if wire_type == DELIMITED:
            length, body = _read_varint(data, at, end)
            at = _skip(length, body, end)
            if read_body := plan.bodies.get(tag):
                read_body(values, data, body, at)
                continue
        elif wire_type == VARINT:
            number, at = _read_varint(data, at, end)
            if read_number := plan.numbers.get(tag):
                read_number(values, number)
                continue
        elif wire_type in {_FIXED_64, _FIXED_32}:
            at = _skip(8 if wire_type == _FIXED_64 else 4, at, end)
        else:
            refuse(f"wire type {wire_type} is not accepted", start)
        unknown.append(data[start:at])
    values["_unknown_fields"] += b"".join(unknown)


def _read_varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Read an integer of at most 64 bits; return it, and where it ended."""
    if at < end and data[at] < 0x80:  # noqa: PLR2004 - the bit that says "more follows"; this is the usual case
        return data[at], at + 1
    value, index = 0, at
    while index < min(end, at + _LONGEST_VARINT):
        value |= (data[index] & 0x7F) << 7 * (index - at)
        if data[index] < 0x80:  # noqa: PLR2004 - the bit that says that another byte follows
            return (value, index + 1) if value < 1 << 64 else refuse("a number of more than 64 bits", at)
        index += 1
    return refuse("a number that does not end", at)


def _skip(length: int, at: int, end: int) -> int:
    if at + length > end:
        refuse(f"{length} bytes announced, {end - at} there", at)
    return at + length


def refuse(what: str, at: int) -> NoReturn:
    """Raise MalformedMessageError; `at` is the index of the byte where it went wrong."""
    message = f"{what}, at byte {at}"
    raise MalformedMessageError(message)
