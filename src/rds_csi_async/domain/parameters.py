"""Parameters that a StorageClass may have and need not: texts to values within bounds, and back; not what they mean.

A set of them is a frozen dataclass of which each field has a default that stands for "not said"; a table gives each
parameter's field, and what reads it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rds_csi_async.domain.errors import InvalidRequestError

_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of them: the field that it fills, and what reads its text; its `ValueError` says what that has to be."""

    field: str
    parse: Callable[[str], int | bool]


def number(least: int, most: int, *others: int) -> Callable[[str], int]:
    """Give what reads a whole number within bounds, or one of those beside."""
    also = "".join(f", or {other}" for other in others)

    def parse(text: str) -> int:
        digits = text.removeprefix("-")
        if digits.isascii() and digits.isdigit() and (least <= int(text) <= most or int(text) in others):
            return int(text)
        message = f"a whole number from {least} to {most}{also}"
        raise ValueError(message)

    return parse


def boolean(text: str) -> bool:
    """Read a yes or no, as Kubernetes writes them.

    Raises:
        ValueError: it is neither.

    """
    if text not in _BOOLEANS:
        message = '"true" or "false"'
        raise ValueError(message)
    return _BOOLEANS[text]


def parse_parameters(known: Mapping[str, Parameter], texts: Mapping[str, str]) -> dict[str, int | bool]:
    """Read those that are said, by field, whatever else is there.

    Raises:
        InvalidRequestError: a value is out of bounds.

    """
    values: dict[str, int | bool] = {}
    for name, parameter in known.items():
        if name in texts:
            try:
                values[parameter.field] = parameter.parse(texts[name])
            except ValueError as error:
                message = f"{name} is {texts[name][:80]!r}, and has to be {error}"
                raise InvalidRequestError(message) from error
    return values


def encode_parameters(known: Mapping[str, Parameter], said: object, unsaid: object) -> dict[str, str]:
    """Write those that are said: that differ from `unsaid`."""
    values = {name: getattr(said, parameter.field) for name, parameter in known.items()}
    differing = {name: value for name, value in values.items() if value != getattr(unsaid, known[name].field)}
    return {name: str(value).lower() for name, value in differing.items()}
