"""What operators do to values. `&&` and `||` see both sides: nothing is short-circuited."""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from rds_csi_async.simulator.arrays import find_element, join_arrays
from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.literals import parse_number
from rds_csi_async.simulator.values import (
    NOTHING,
    Address,
    Array,
    Duration,
    Empty,
    Prefix,
    Value,
    render_value,
    type_name,
    wrap_number,
)

_ADDRESS_BITS: Final = 32
_MOST_SHIFT: Final = 63
_POSIX_CLASSES: Final = {
    "alpha": "A-Za-z", "digit": "0-9", "alnum": "A-Za-z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "xdigit": "0-9A-Fa-f", "punct": r"!-/:-@\[-`{-~",
}  # fmt: skip


def is_true(value: Value) -> bool:
    """Tell whether a value holds where a condition is wanted."""
    match value:
        case bool() | int():
            return value != 0
        case Empty():
            return False
        case str() | Array():
            return len(value) > 0
        case _:
            return True


def are_equal(left: Value, right: Value) -> bool:
    """Compare as `=` does: missing values are empty text, numbers equal their text, prefixes never equal text."""
    if type(left) is type(right) and not isinstance(left, Empty):
        return left == right
    if isinstance(left, Prefix) or isinstance(right, Prefix):
        return False
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool):
            return isinstance(other, str) and other in (("true", "yes") if one else ("false", "no"))
    return render_value(left) == render_value(right)


def apply_unary(symbol: str, value: Value) -> Value:
    """Apply a prefix operator."""
    match symbol:
        case "!":
            return not is_true(value)
        case "-":
            return Duration(-value.ns) if isinstance(value, Duration) else wrap_number(-_number(value))
        case "~":
            return wrap_number(~_number(value))
        case _:
            return not isinstance(value, Empty)


def apply_binary(symbol: str, left: Value, right: Value) -> Value:
    """Apply an operator between two.

    Raises:
        Failure: the values do not suit it.

    """
    return _BINARY[symbol](left, right)


def _number(value: Value) -> int:
    if isinstance(value, Empty):
        return 0
    if isinstance(value, int):
        return int(value)
    number = parse_number(value) if isinstance(value, str) else None
    if number is None:
        message = f"cannot convert {type_name(value)} to number"
        raise Failure(message)
    return number


def _arithmetic(compute: Callable[[int, int], int]) -> Callable[[Value, Value], Value]:
    def apply(left: Value, right: Value) -> Value:
        match left, right:
            case Duration(), Duration():
                return Duration(compute(left.ns, right.ns))
            case Address(), _:
                return Address(compute(left.number, _number(right)) % (1 << _ADDRESS_BITS))
            case _:
                return wrap_number(compute(_number(left), _number(right)))

    return apply


def _divide(left: int, right: int) -> int:
    if right == 0:
        message = "division by zero"
        raise Failure(message)
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int, right: int) -> int:
    return left - right * _divide(left, right)


def _shift(left: int, right: int) -> int:
    return left << max(0, min(right, _MOST_SHIFT))


def _shift_back(left: int, right: int) -> int:
    return left >> max(0, min(right, _MOST_SHIFT))


def _ordering(symbol: str, compare: Callable[[int, int], bool]) -> Callable[[Value, Value], Value]:
    def apply(left: Value, right: Value) -> Value:
        if isinstance(left, Empty) or isinstance(right, Empty):
            return False
        return compare(_rank(symbol, left), _rank(symbol, right))

    return apply


def _rank(symbol: str, value: Value) -> int:
    match value:
        case Duration():
            return value.ns
        case Address():
            return value.number
        case int():
            return int(value)
        case _:
            message = f"cannot compare {type_name(value)} by {symbol}"
            raise Failure(message)


def _concatenate(left: Value, right: Value) -> Value:
    if isinstance(left, Array):
        return _spread(left, lambda element: _concatenate(element, right))
    if isinstance(right, Array):
        return _spread(right, lambda element: _concatenate(left, element))
    return render_value(left) + render_value(right)


def _spread(array: Array, change: Callable[[Value], Value]) -> Array:
    return Array(tuple(map(change, array.items)), tuple((key, change(value)) for key, value in array.keyed))


def _matches(left: Value, right: Value) -> bool:
    return _compile_regex(render_value(right)).search(render_value(left)) is not None


@lru_cache(maxsize=64)
def _compile_regex(text: str) -> re.Pattern[str]:
    pattern = re.sub(r"\[:(\w+):\]", lambda match: _POSIX_CLASSES.get(match[1], match[0]), text)
    try:
        return re.compile(pattern)
    except re.error as error:
        message = "invalid regular expression"
        raise Failure(message) from error


def _is_in(left: Value, right: Value) -> bool:
    if isinstance(right, Array):
        return any(are_equal(left, element) for element in right.values())
    if isinstance(right, Prefix) and isinstance(left, Address | Prefix):
        kept = _ADDRESS_BITS - right.length
        return left.number >> kept == right.number >> kept and getattr(left, "length", 32) >= right.length
    return False


_BINARY: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "": lambda _left, _right: NOTHING,
    ",": join_arrays,
    "||": lambda left, right: is_true(left) | is_true(right),
    "or": lambda left, right: is_true(left) | is_true(right),
    "&&": lambda left, right: is_true(left) & is_true(right),
    "and": lambda left, right: is_true(left) & is_true(right),
    "in": _is_in,
    "=": are_equal,
    "!=": lambda left, right: not are_equal(left, right),
    "<": _ordering("<", operator.lt),
    ">": _ordering(">", operator.gt),
    "<=": _ordering("<=", operator.le),
    ">=": _ordering(">=", operator.ge),
    "~": _matches,
    ".": _concatenate,
    "<<": _arithmetic(_shift),
    ">>": _arithmetic(_shift_back),
    "|": _arithmetic(operator.or_),
    "^": _arithmetic(operator.xor),
    "&": _arithmetic(operator.and_),
    "+": _arithmetic(operator.add),
    "-": _arithmetic(operator.sub),
    "*": _arithmetic(operator.mul),
    "/": _arithmetic(_divide),
    "%": _arithmetic(_remainder),
    "->": find_element,
}
