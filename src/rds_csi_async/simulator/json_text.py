"""What `:serialize to=json` and `:deserialize from=json` make of values and text."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.literals import parse_literal
from rds_csi_async.simulator.values import NOTHING, Array, Empty, Value, render_value, saturate_number

NO_STRING_CONVERSION: Final = "json.no-string-conversion"
PRETTY: Final = "json.pretty"
OPTIONS: Final = frozenset({NO_STRING_CONVERSION, PRETTY})
_NUMBER_LIKE: Final = re.compile(r"[+-]?\d+(\.\d+)?")
_INDENT: Final = "    "


def encode_json(value: Value, options: Iterable[str] = ()) -> str:
    """Write a value. Text that looks like a number becomes one unless the option forbids it, as documented."""
    chosen = frozenset(options)
    return _encode(value, chosen, "\n" if PRETTY in chosen else "")


def decode_json(text: str, options: Iterable[str] = ()) -> Value:
    """Read JSON; text in it that looks like a value becomes one unless the option forbids it.

    Raises:
        Failure: it is no JSON.

    """
    try:
        loaded = json.loads(text.encode("latin-1"))
    except ValueError as error:
        message = "invalid json"
        raise Failure(message) from error
    return _decode(loaded, guess=NO_STRING_CONVERSION not in frozenset(options))


def _encode(value: Value, options: frozenset[str], indent: str) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Empty():
            return "null"
        case Array():
            return _encode_array(value, options, indent)
        case str() if NO_STRING_CONVERSION not in options and _NUMBER_LIKE.fullmatch(value):
            return f"{float(value):.6f}"
        case _:
            return _quote(render_value(value))


def _encode_array(array: Array, options: frozenset[str], indent: str) -> str:
    """Write a list or a map; an empty one is `[]` whatever it was."""
    inner = indent and indent + _INDENT
    separator = f",{inner}"
    if array.keyed:
        pairs = ((render_value(key), value) for key, value in array.pairs())
        colon = ": " if indent else ":"
        elements = (f"{_quote(key)}{colon}{_encode(value, options, inner)}" for key, value in pairs)
        return f"{{{inner}{separator.join(elements)}{indent}}}"
    if not array.items:
        return "[]"
    return f"[{inner}{separator.join(_encode(value, options, inner) for value in array.items)}{indent}]"


def _quote(text: str) -> str:
    """Quote text; bytes beyond ASCII pass as they are."""
    return json.dumps(text, ensure_ascii=False)


def _decode(loaded: Any, *, guess: bool) -> Value:  # noqa: ANN401 - JSON can be anything
    match loaded:
        case bool() | None:
            return NOTHING if loaded is None else loaded
        case int():
            return saturate_number(loaded)
        case str():
            return parse_literal(_as_bytes(loaded)) if guess else _as_bytes(loaded)
        case list():
            return Array(tuple(_decode(element, guess=guess) for element in loaded))
        case dict():
            return Array.of_keys({_as_bytes(key): _decode(value, guess=guess) for key, value in loaded.items()})
        case _:
            return str(loaded)


def _as_bytes(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
