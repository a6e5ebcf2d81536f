"""What the generated dataclasses say of their fields, in our own words.

The one place that reads betterproto's field metadata; the encoder and the decoder are compiled from what it tells.
"""

import dataclasses
import types
import typing
from datetime import datetime
from functools import cache
from typing import Any, cast

import betterproto

UNSET: Any = betterproto.PLACEHOLDER  # what a dataclass holds for a field that nobody has set

_VARINTS = frozenset({"bool", "enum", "int32", "int64", "uint32", "uint64"})
_KINDS = _VARINTS | {"string", "bytes", "message", "timestamp", "wrapper", "map"}


@dataclasses.dataclass(frozen=True, slots=True)
class FieldShape:
    """One field of one message."""

    name: str
    number: int
    kind: str  # betterproto's word for its type, or "timestamp" or "wrapper"
    repeated: bool
    oneof: str | None
    python_type: type  # of one value; of a wrapper, what it wraps
    wraps: str | None  # of a wrapper: the kind of the wrapped value

    @property
    def is_varint(self) -> bool:
        """Whether a single value goes out as a varint, and not with a length before it."""
        return self.kind in _VARINTS


@cache
def list_fields(message_type: type[betterproto.Message]) -> tuple[FieldShape, ...]:
    """Every field, by rising number.

    Raises:
        NotImplementedError: a kind of field that CSI does not use, so that nothing here is written for it.

    """
    hints = typing.get_type_hints(message_type)
    shapes = [
        _shape(field.name, field.metadata["betterproto"], hints[field.name])
        for field in dataclasses.fields(cast("Any", message_type))
    ]
    return tuple(sorted(shapes, key=lambda shape: shape.number))


def _shape(name: str, meta: betterproto.FieldMetadata, hint: Any) -> FieldShape:  # noqa: ANN401 - a type hint is of any type
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    python_type: type = arguments[0] if origin in {list, dict, typing.Union, types.UnionType} else hint
    kind = "wrapper" if meta.wraps else "timestamp" if python_type is datetime else meta.proto_type
    shape = FieldShape(name, meta.number, kind, origin is list, meta.group, python_type, meta.wraps)
    if kind not in _KINDS or meta.optional or (kind == "map" and meta.map_types != ("string", "string")):
        message = f"{shape}, optional {meta.optional}, map of {meta.map_types}"
        raise NotImplementedError(message)
    if (shape.repeated and shape.is_varint) or (shape.oneof is not None and kind != "message"):
        message = f"{shape}: packed numbers, and bare values in a oneof, are not written for"
        raise NotImplementedError(message)
    return shape
