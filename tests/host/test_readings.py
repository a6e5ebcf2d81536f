"""What the reader of a device says is taken at its word, or not at all."""

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.host.device_reader import render
from rds_csi_async.host.readings import BLOCK, Reading, parse_reading


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("blocks", [{}, {4096: b"x" * BLOCK, 0: bytes(BLOCK - 1) + b"y"}, {8192: b"odd end"}])
def test_what_the_reader_writes_is_read(blocks: dict[int, bytes], *, whole: bool) -> None:
    """Blocks come by offset; blank is what was read as a whole and has none."""
    reading = parse_reading(render(16384, blocks, whole=whole))
    assert reading == Reading(16384, blocks, whole)
    assert reading.blank is (whole and not blocks)


@pytest.mark.parametrize(
    "text",
    [
        *("", "\n", "size", "size 1", "size 1\n", "size x\nwhole\n", "bytes 1\nwhole\n", "size 1\nall\n"),
        *("size 1\n0 zz\nwhole\n", "size 1\n0 00 00\nwhole\n", "size 1\n00\nwhole\n", "size 1\nwhole\nwhole\n"),
        *("size 1\n0 00\n0 00\nwhole\n", "size 1\n\nwhole\n", "size 1\n0 00\nwhol"),
    ],
)
def test_a_reader_that_says_something_else_is_not_believed(text: str) -> None:
    """It may have been cut off."""
    with pytest.raises(HostError):
        parse_reading(text)


def test_what_is_cut_off_anywhere_is_not_believed() -> None:
    """A blank device is told by as little as two lines."""
    text = render(16384, {4096: b"x"}, whole=True)
    for end in range(len(text) - 1):
        with pytest.raises(HostError):
            parse_reading(text[:end])
