"""A volume is what it was made as, and large enough, or it is not suitable."""

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.records import Record, encode_record
from rds_csi_async.domain.sizes import GIB, MIB
from rds_csi_async.domain.suitability import find_objection
from rds_csi_async.domain.volumes import Volume

ONE = AccessMode.SINGLE_NODE_WRITER
MANY = AccessMode.MULTI_NODE_MULTI_WRITER


def volume(kind: str = "mount", size_bytes: int = GIB, comment: str | None = None) -> Volume:
    """Make a volume of this kind and size."""
    record = encode_record(Record("cluster", "hash", size_bytes, kind, 1, "w1"))
    text = record if comment is None else comment
    return Volume("slot", "pool1", "/f", size_bytes, text, "", 4420, exported=False)


def test_what_it_was_made_for_suits() -> None:
    """In several ways at once, too."""
    ways = [Capability(ONE), Capability(AccessMode.MULTI_NODE_READER_ONLY, "xfs", ("noatime",))]
    assert find_objection(volume(), ways) is None
    assert find_objection(volume("block"), [Capability(ONE, None), Capability(MANY, None)]) is None


@pytest.mark.parametrize(
    ("there", "ways", "words"),
    [
        (volume(), [Capability(ONE), Capability(ONE, None)], "made as mount"),
        (volume("block"), [Capability(ONE)], "made as block"),
        (volume(), [Capability(ONE, "zfs")], "zfs"),
        (volume(), [Capability(MANY)], "several nodes"),
        (volume(size_bytes=100 * MIB), [Capability(ONE, "xfs")], "are needed"),
        (volume(comment="my disk"), [Capability(ONE)], "erased"),
        (volume(comment="rds1:{broken"), [Capability(ONE)], "cannot be read"),
    ],
)
def test_the_objection_is_told(there: Volume, ways: list[Capability], words: str) -> None:
    """The first one, in words for people."""
    assert words in (find_objection(there, ways) or "")
