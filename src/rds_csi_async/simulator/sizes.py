"""Sizes as the console takes and prints them. Units are binary."""

import re
from typing import Final

SECTOR_BYTES: Final = 512
_SIZE: Final = re.compile(r"(\d+)([KMGT]?)(?:iB|B)?")
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP: Final = 1024


def parse_size(text: str) -> int | None:
    """Read bytes or `<n>K/M/G/T`; None if it is neither."""
    match = _SIZE.fullmatch(text)
    return None if match is None else int(match[1]) * _STEP ** " KMGT".index(match[2] or " ")


def render_size(size_bytes: int) -> str:
    """Write a size for people, rounded: 1 GiB is `1024.0MiB`, as hardware prints it."""
    size, unit = float(size_bytes), 0
    while size > _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.1f}{_UNITS[unit]}" if unit else f"{size_bytes}{_UNITS[0]}"


def render_grouped(number: int) -> str:
    """Write a number in groups of three digits."""
    return f"{number:,}".replace(",", " ")
