"""What of a request may be logged: no secret, and nothing without bound.

`repr` of a message prints its secrets, so messages reach a log by this way alone. CSI marks its secrets by one name,
`secrets`, says that mount flags may be sensitive, and Kubernetes puts service account tokens in volume contexts: of
these only how many there are, or their keys, is told.
"""

from collections.abc import Mapping
from typing import Any

import betterproto

from rds_csi_async.csi.shapes import UNSET, FieldShape, list_fields

LONGEST_TEXT = 200  # characters
MOST_ITEMS = 20
_UNTOLD = frozenset({"secrets", "mount_flags"})
_KEYS_ONLY = frozenset({"volume_context"})
_get_values = object.__getattribute__  # reading a field the usual way would set it


def redact(message: betterproto.Message) -> dict[str, Any]:
    """Give the fields of a message that were set, as plain values that a log may keep."""
    values = _get_values(message, "__dict__")
    fields = [(field, values[field.name]) for field in list_fields(type(message))]
    return {field.name: _redact_field(field.name, value) for field, value in fields if _is_set(field, value)}


def _is_set(field: FieldShape, value: object) -> bool:
    """Tell what was sent from what only reading has put there: an empty message or collection."""
    if isinstance(value, betterproto.Message) and field.oneof is None:
        return betterproto.serialized_on_wire(value)
    return value is not UNSET and value not in ({}, [])


def _redact_field(name: str, value: object) -> object:
    if name in _UNTOLD:
        return f"<{len(value) if isinstance(value, list | dict) else 1} not logged>"
    if name in _KEYS_ONLY and isinstance(value, Mapping):
        return _redact_value(list(value))
    return _redact_value(value)


def _redact_value(value: object) -> object:
    if isinstance(value, betterproto.Message):
        return redact(value)
    if isinstance(value, Mapping):
        return {_shorten(str(key)): _redact_value(each) for key, each in list(value.items())[:MOST_ITEMS]}
    if isinstance(value, list):
        return [_redact_value(each) for each in value[:MOST_ITEMS]]
    if isinstance(value, betterproto.Enum):
        return value.name or int(value)
    return value if value is None or isinstance(value, bool | int) else _shorten(str(value))


def _shorten(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}... ({len(text)} characters)"
