"""What the reader of a device says is taken at its word, or not at all."""

import base64
import json

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.host.readings import BLOCK, Reading, parse_reading


def test_its_line_is_read() -> None:
    """Blocks come by offset."""
    row = {"size": 8192, "blank": False, "blocks": {"4096": base64.b64encode(b"x" * BLOCK).decode()}, "whole": True}
    assert parse_reading(json.dumps(row)) == Reading(8192, blank=False, blocks={4096: b"x" * BLOCK}, whole=True)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"size": 1, "blank": true, "blocks": {"x": ""}, "whole": true}']
)
def test_a_reader_that_says_something_else_is_not_believed(text: str) -> None:
    """It may have been cut off."""
    with pytest.raises(HostError):
        parse_reading(text)
