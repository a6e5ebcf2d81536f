"""The properties of menus: what text becomes one, and how it is printed."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from rds_csi_async.simulator.failures import refuse_argument, refuse_choice
from rds_csi_async.simulator.literals import parse_number
from rds_csi_async.simulator.sizes import parse_size, render_grouped, render_size
from rds_csi_async.simulator.values import Empty, Value, render_value


class Form(Enum):
    """What a property holds and how it is printed."""

    QUOTED = auto()  # text in quotes
    PLAIN = auto()  # text without quotes
    NUMBER = auto()  # digits
    COUNT = auto()  # digits in groups of three
    SIZE = auto()  # bytes, printed rounded with a unit
    PERCENT = auto()
    BOOL = auto()  # yes or no
    FLAG = auto()  # a letter beside the row number, a bool elsewhere


@dataclass(frozen=True, slots=True)
class Property:
    """One property. `letter` is its flag in print, `choices` the only texts it takes (empty: any)."""

    name: str
    form: Form = Form.QUOTED
    settable: bool = False
    letter: str = ""
    choices: frozenset[str] = frozenset()


_NUMERIC: Final = frozenset({Form.NUMBER, Form.COUNT, Form.PERCENT})
_BOOL_TEXTS: Final = {"yes": True, "true": True, "no": False, "false": False}


def parse_property(prop: Property, value: Value) -> Value:
    """Make a property's value of an argument.

    Raises:
        Failure: it does not suit the property.

    """
    if prop.form in {Form.BOOL, Form.FLAG}:
        return value if isinstance(value, bool) else _parse_bool(prop, render_value(value))
    if prop.form is Form.SIZE:
        return _require(prop, parse_size(render_value(value)))
    if prop.form in _NUMERIC:
        return _require(prop, parse_number(render_value(value)))
    text = render_value(value)
    if prop.choices and text not in prop.choices:
        refuse_choice(prop.name)
    return text


def render_property(prop: Property, value: Value) -> str:
    """Write a property's value as print does."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Empty):
        return ""
    if isinstance(value, int):
        return _render_number(prop.form, value)
    text = render_value(value)
    return f'"{_escape(text)}"' if prop.form is Form.QUOTED else text


def _parse_bool(prop: Property, text: str) -> bool:
    if text not in _BOOL_TEXTS:
        refuse_choice(prop.name)
    return _BOOL_TEXTS[text]


def _require(prop: Property, number: int | None) -> int:
    if number is None:
        refuse_argument(prop.name)
    return number


def _render_number(form: Form, number: int) -> str:
    match form:
        case Form.COUNT:
            return render_grouped(number)
        case Form.SIZE:
            return render_size(number)
        case Form.PERCENT:
            return f"{number}%"
        case _:
            return str(number)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
