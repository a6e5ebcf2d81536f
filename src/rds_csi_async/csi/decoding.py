"""Bytes to messages, by one compiled decoder a class.

A body means what Google's protobuf takes it to mean, or is refused: parts of a sub-message are merged, the last member
of a oneof wins, a field of an unexpected wire type is an unknown field. (betterproto's own decoder differs in each of
these, and takes thirty times as long.) Nesting needs no limit: CSI's types do not recurse, and unknown fields are
skipped, not entered.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, cast

import betterproto
from betterproto.lib.google.protobuf import Timestamp

from rds_csi_async.csi.bodies import (
    DELIMITED,
    VARINT,
    MalformedMessageError,
    Plan,
    ReadBody,
    ReadNumber,
    Values,
    read_fields,
    refuse,
)
from rds_csi_async.csi.shapes import UNSET, FieldShape, list_fields

MessageT = TypeVar("MessageT", bound=betterproto.Message)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_get_values = object.__getattribute__  # betterproto's own is written in Python, and is asked for each field


def decode_message(message_type: type[MessageT], data: bytes) -> MessageT:
    """Decode a whole body.

    Raises:
        MalformedMessageError: it is cut short, or is no encoding of a message of this type.

    """
    message = _make(message_type)
    read_fields(_compile(message_type), _get_values(message, "__dict__"), data, 0, len(data))
    return message


def _make(message_type: type[MessageT]) -> MessageT:
    """Make a message in which nothing is set, as if it had been received empty."""
    plan = _compile(message_type)
    message = object.__new__(message_type)
    values = _get_values(message, "__dict__")
    values.update(plan.unset)
    values["_group_current"] = plan.oneofs.copy()
    return message


@cache
def _compile(message_type: type[betterproto.Message]) -> Plan:
    fields = list_fields(message_type)
    unset: Values = {field.name: UNSET for field in fields}
    return Plan(
        numbers={field.number << 3 | VARINT: _number_reader(field) for field in fields if field.is_varint},
        bodies={field.number << 3 | DELIMITED: _body_reader(field, fields) for field in fields if not field.is_varint},
        unset=unset | {"_serialized_on_wire": True, "_unknown_fields": b""},
        oneofs={field.oneof: None for field in fields if field.oneof is not None},
    )


def _number_reader(field: FieldShape) -> ReadNumber:
    name, convert = field.name, _number_converter(field.kind, field.python_type)

    def read_number(values: Values, number: int) -> None:
        values[name] = convert(number)

    return read_number


def _number_converter(kind: str, python_type: type) -> Callable[[int], Any]:
    if kind == "bool":
        return bool
    if kind == "enum":
        try_value = cast("type[betterproto.Enum]", python_type).try_value
        return lambda number: try_value(_signed(number, 32))  # open: a value that has no name stays a number
    if kind in {"uint32", "uint64"}:
        return lambda number: number & ((1 << int(kind[4:])) - 1)
    bits = int(kind[3:])
    return lambda number: _signed(number, bits)


def _signed(number: int, bits: int) -> int:
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def _body_reader(field: FieldShape, fields: tuple[FieldShape, ...]) -> ReadBody:
    if field.kind == "map":
        return _map_reader(field.name)
    if field.kind == "message":
        return _messages_reader(field) if field.repeated else _message_reader(field, fields)
    if field.kind == "timestamp":
        return _timestamp_reader(field.name)
    if field.kind == "wrapper":
        return _wrapper_reader(field.name, _number_converter(str(field.wraps), field.python_type))
    return _text_reader(field.name, _read_text if field.kind == "string" else _read_bytes, repeated=field.repeated)


def _read_text(data: bytes, start: int, end: int) -> str:
    try:
        return data[start:end].decode()
    except UnicodeDecodeError as error:
        message = f"text that is not UTF-8, at byte {start + error.start}"
        raise MalformedMessageError(message) from None


def _read_bytes(data: bytes, start: int, end: int) -> bytes:
    return data[start:end]


def _text_reader(name: str, read: Callable[[bytes, int, int], str | bytes], *, repeated: bool) -> ReadBody:
    def read_one(values: Values, data: bytes, start: int, end: int) -> None:
        values[name] = read(data, start, end)

    def append_one(values: Values, data: bytes, start: int, end: int) -> None:
        if values[name] is UNSET:
            values[name] = []
        values[name].append(read(data, start, end))

    return append_one if repeated else read_one


def _messages_reader(field: FieldShape) -> ReadBody:
    name = field.name
    message_type: type[betterproto.Message] = field.python_type

    def append_message(values: Values, data: bytes, start: int, end: int) -> None:
        if values[name] is UNSET:
            values[name] = []
        message = _make(message_type)
        values[name].append(message)
        read_fields(_compile(message_type), _get_values(message, "__dict__"), data, start, end)

    return append_message


def _message_reader(field: FieldShape, fields: tuple[FieldShape, ...]) -> ReadBody:
    name, oneof = field.name, field.oneof
    message_type: type[betterproto.Message] = field.python_type
    rivals = [other.name for other in fields if oneof is not None and other.oneof == oneof and other is not field]

    def read_message(values: Values, data: bytes, start: int, end: int) -> None:
        if values[name] is UNSET:
            values[name] = _make(message_type)
        if oneof is not None:
            values["_group_current"][oneof] = name
            values.update(dict.fromkeys(rivals, UNSET))
        read_fields(_compile(message_type), _get_values(values[name], "__dict__"), data, start, end)

    return read_message


def _map_reader(name: str) -> ReadBody:
    plan = Plan(
        {},
        {
            1 << 3 | DELIMITED: _text_reader("key", _read_text, repeated=False),
            2 << 3 | DELIMITED: _text_reader("value", _read_text, repeated=False),
        },
        {},
        {},
    )

    def read_entry(values: Values, data: bytes, start: int, end: int) -> None:
        if values[name] is UNSET:
            values[name] = {}
        entry: Values = {"key": "", "value": "", "_unknown_fields": b""}
        read_fields(plan, entry, data, start, end)
        values[name][entry["key"]] = entry["value"]

    return read_entry


def _wrapper_reader(name: str, convert: Callable[[int], Any]) -> ReadBody:
    def read_wrapped(values: Values, number: int) -> None:
        values["value"] = convert(number)

    plan = Plan({1 << 3 | VARINT: read_wrapped}, {}, {}, {})

    def read_wrapper(values: Values, data: bytes, start: int, end: int) -> None:
        inside: Values = {"value": convert(0) if values[name] is UNSET else values[name], "_unknown_fields": b""}
        read_fields(plan, inside, data, start, end)
        values[name] = inside["value"]

    return read_wrapper


def _timestamp_reader(name: str) -> ReadBody:
    plan = _compile(Timestamp)

    def read_timestamp(values: Values, data: bytes, start: int, end: int) -> None:
        inside: Values = {"seconds": 0, "nanos": 0, "_unknown_fields": b""}
        read_fields(plan, inside, data, start, end)
        try:
            values[name] = _EPOCH + timedelta(seconds=inside["seconds"], microseconds=inside["nanos"] // 1000)
        except OverflowError:
            refuse("a moment outside the years 1 to 9999", start)

    return read_timestamp
