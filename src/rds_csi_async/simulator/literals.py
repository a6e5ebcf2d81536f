"""What a bare word means where a value is wanted: number, bool, time, address, id; else it is text."""

import re
from typing import Final

from rds_csi_async.simulator.values import Address, Duration, ItemId, Prefix, Value, saturate_number

_NUMBER: Final = re.compile(r"-?(0x[0-9A-Fa-f]+|[0-9]+)")
_ID: Final = re.compile(r"\*[0-9A-Fa-f]+")
_ADDRESS: Final = re.compile(r"\d{1,3}(\.\d{1,3}){1,3}")
_CLOCK: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(\d+):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?")
_SPAN: Final = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
_FRACTION: Final = re.compile(r"(\d+)\.(\d{1,9})")
_BOOLS: Final = {"yes": True, "true": True, "no": False, "false": False}
_SPAN_NS: Final = (*(seconds * 10**9 for seconds in (604_800, 86_400, 3600, 60, 1)), 10**6)
_BYTE_VALUES: Final = 256
_FULL_ADDRESS: Final = 4
_LONGEST_PREFIX: Final = 32


def parse_literal(word: str) -> Value:
    """Read a bare word; what is no literal is text."""
    for parse in (_bool, _number, _item_id, _duration, _address, _prefix):
        value = parse(word)
        if value is not None:
            return value
    return word


def parse_number(word: str) -> int | None:
    """Read a number literal, saturated; None if it is none."""
    return _number(word)


def parse_item_id(word: str) -> ItemId | None:
    """Read `*1F`; None if it is no id."""
    return _item_id(word)


def _bool(word: str) -> bool | None:
    return _BOOLS.get(word)


def _number(word: str) -> int | None:
    if not _NUMBER.fullmatch(word):
        return None
    digits = word.removeprefix("-")
    number = int(digits, 16 if digits.startswith("0x") else 10)
    return saturate_number(-number if word.startswith("-") else number)


def _item_id(word: str) -> ItemId | None:
    return ItemId(int(word[1:], 16)) if _ID.fullmatch(word) else None


def _duration(word: str) -> Duration | None:
    if match := _CLOCK.fullmatch(word):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:5])
        total_s = ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds
        return Duration(total_s * 10**9 + int((match[6] or "").ljust(9, "0")))
    if word and (match := _SPAN.fullmatch(word)):
        return Duration(sum(int(part or 0) * ns for part, ns in zip(match.groups(), _SPAN_NS, strict=True)))
    if (match := _FRACTION.fullmatch(word)) and int(match[2]) >= _BYTE_VALUES:
        return Duration(int(match[1]) * 10**9 + int(match[2].ljust(9, "0")))
    return None


def _address(word: str) -> Address | None:
    """Read `1.2` as 1.0.0.2: the last part fills what is left out, as in the classic notation."""
    if not _ADDRESS.fullmatch(word):
        return None
    parts = [int(part) for part in word.split(".")]
    if max(parts) >= _BYTE_VALUES:
        return None
    parts[-1:-1] = [0] * (_FULL_ADDRESS - len(parts))
    return Address(int.from_bytes(bytes(parts)))


def _prefix(word: str) -> Prefix | None:
    address, slash, length = word.partition("/")
    network = _address(address)
    if not slash or network is None or not length.isdecimal() or int(length) > _LONGEST_PREFIX:
        return None
    return Prefix(network.number, int(length))
