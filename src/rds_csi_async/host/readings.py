"""What the reader of a device (`device_reader`) said: text to values, no I/O."""

import base64
import json
from dataclasses import dataclass

from rds_csi_async.domain.errors import HostError

BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader of a device said."""

    size_bytes: int
    blank: bool
    blocks: dict[int, bytes]  # those that are not zero, by offset
    whole: bool


def parse_reading(text: str) -> Reading:
    """Read its one line.

    Raises:
        HostError: it is cut off, or something else.

    """
    try:
        row = json.loads(text)
        blocks = {int(offset): base64.b64decode(block) for offset, block in row["blocks"].items()}
        return Reading(int(row["size"]), row["blank"] is True, blocks, row["whole"] is True)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"the reader of the device said {text[:200]!r}: {error!r}"
        raise HostError(message) from error
