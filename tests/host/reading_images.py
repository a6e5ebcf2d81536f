"""What the reader of a device says of an image, and changes of that."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from rds_csi_async.host.device_reader import read_blocks, render
from rds_csi_async.host.readings import BLOCK, Reading, parse_reading


def read_image(image: Path, *, thorough: bool = True) -> Reading:
    """Read an image."""
    size, blocks, whole = read_blocks(str(image), thorough=thorough)
    return parse_reading(render(size, blocks, whole=whole))


def only(reading: Reading, keep: Callable[[int], bool]) -> Reading:
    """Forget the blocks at other offsets."""
    return replace(reading, blocks={offset: block for offset, block in reading.blocks.items() if keep(offset)})


def with_block(reading: Reading, offset: int, block: bytes) -> Reading:
    """Find another block there, filled up with zeros."""
    return replace(reading, blocks={**reading.blocks, offset: block.ljust(BLOCK, b"\0")})
