"""What the reader of a device (`device_reader`, which says how) said: text to values, no I/O."""

from dataclasses import dataclass

from rds_csi_async.domain.errors import HostError

BLOCK = 4096
_ENDS = {"whole": True, "more": False}


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader of a device said."""

    size_bytes: int
    blocks: dict[int, bytes]  # those that are not zero, by offset
    whole: bool

    @property
    def blank(self) -> bool:
        """Every place was read, and is zero."""
        return self.whole and not self.blocks


def parse_reading(text: str) -> Reading:
    """Read its lines.

    Raises:
        HostError: they are cut off, or something else.

    """
    try:
        return _parse(text)
    except (ValueError, KeyError) as error:
        message = f"the reader of the device said {text[:200]!r}: {error!r}"
        raise HostError(message) from error


def _parse(text: str) -> Reading:
    (word, size), *rows, (end,) = [line.split(" ") for line in text.removesuffix("\n").split("\n")]
    blocks = {int(offset): bytes.fromhex(content) for offset, content in rows}
    if word != "size" or len(blocks) != len(rows):
        message = f"it begins with {word!r}, and has {len(rows)} rows"
        raise ValueError(message)
    return Reading(int(size), blocks, _ENDS[end])
