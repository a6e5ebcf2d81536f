"""What must not be printed is not: values made plain, without what is secret. Pure.

A CSI message's `repr` shows its secrets, and in CSI 1.12 every secret field is called `secrets`; so it is the name that
decides, at any depth.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

HIDDEN = "<hidden>"
_DEEPEST = 8
_SECRET_NAMES = frozenset({"secret", "token"})
_SECRET_ENDINGS = ("secrets", "password", "passphrase", "privatekey")
_PRINTED_SECRETS = re.compile(r"""(secrets['"]?\s*[=:]\s*)\{(?!\}).*""", re.DOTALL | re.IGNORECASE)
_ASSIGNED_SECRETS = re.compile(
    r"""((?:password|passphrase|private_?key)(?:=|['"]: ?))(?:'[^']*'|"[^"]*"|[^\s,;'")}]+)""", re.IGNORECASE
)
_SUSPICIOUS = re.compile(r"secret|password|passphrase|private_?key|token", re.IGNORECASE)

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]


def redact(value: object, depth: int = 0) -> Plain:
    """Make a value plain (what JSON knows) and hide what stands under a secret's name.

    A dataclass, which every CSI message is, becomes the dict of its fields. A text in which somebody has printed a
    message is cut where the secrets begin. Never raises for what can be printed at all.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return _cut(value)
    return _redact_inside(value, depth) if depth < _DEEPEST else "..."


def is_secret(name: str) -> bool:
    """Whether what is called so must be hidden, however it is spelled (`private_key`, `privateKey`, `private-key`)."""
    flat = re.sub(r"[-_. ]", "", name).lower()
    return flat in _SECRET_NAMES or flat.endswith(_SECRET_ENDINGS)


def _redact_inside(value: object, depth: int) -> Plain:
    if isinstance(value, Mapping):
        return _redact_items(value.items(), depth)
    if is_dataclass(value) and not isinstance(value, type):
        return _redact_items(_list_fields(value), depth)
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, depth + 1) for item in value]
    return _describe(value)


def _redact_items(items: Iterable[tuple[object, object]], depth: int) -> dict[str, Plain]:
    return {str(name): HIDDEN if is_secret(str(name)) else redact(item, depth + 1) for name, item in items}


def _list_fields(value: "DataclassInstance") -> Iterator[tuple[str, object]]:
    """Read a dataclass past its own attribute access: betterproto makes an unset message when it is asked for.

    It raises AttributeError for unset members of a oneof, too. What it marks as unset, by a bare object, is left out.
    """
    held = getattr(value, "__dict__", {})
    for field in fields(value):
        item = held[field.name] if field.name in held else getattr(value, field.name, None)
        if type(item) is not object:
            yield field.name, item


def _describe(value: object) -> str:
    """Tell an object by its text, unless that could hold a secret: then by its type."""
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, BaseException):
        return _cut(f"{type(value).__name__}: {value}")
    text = str(value)
    return f"<{type(value).__name__}>" if _SUSPICIOUS.search(text) else text


def _cut(text: str) -> str:
    return _ASSIGNED_SECRETS.sub(rf"\1{HIDDEN}", _PRINTED_SECRETS.sub(rf"\1{HIDDEN}", text))
