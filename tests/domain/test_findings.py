"""What is wrong with a volume is told from the mount table and the connections alone."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import VolumeNotFoundError
from rds_csi_async.domain.findings import decide_finding
from rds_csi_async.domain.mounts import PathFact, PathKind
from rds_csi_async.domain.node_volumes import NodeVolume
from tests.domain.node_facts import (
    FOREIGN,
    NUMBER,
    OLD_NUMBER,
    STAGING,
    TARGET,
    block_record,
    held,
    mount,
    record,
    volume,
)

MOUNTS = (mount(), mount(TARGET))
BLOCK = volume(block_record(2, TARGET), (held(),), block_targets=(TARGET,))
BLOCK_NODE = replace(BLOCK, path=PathFact(PathKind.BLOCK_DEVICE, NUMBER))


@pytest.mark.parametrize("path", [STAGING, TARGET])
@pytest.mark.parametrize(
    ("facts", "words", "measurable", "stale"),
    [
        pytest.param(volume(record(), (held(),), MOUNTS), "", True, False, id="well"),
        pytest.param(volume(None, (held(),), MOUNTS), "", True, False, id="well, state file lost"),
        pytest.param(volume(record(), (held(live=False),), MOUNTS), "link", False, False, id="link down"),
        pytest.param(volume(record(), (), MOUNTS), "gone", False, True, id="device lost"),
        pytest.param(volume(record(), (held(number="259:9"),), MOUNTS), "gone", False, True, id="reconnected"),
        pytest.param(volume(record(), (held(number=""),), MOUNTS), "gone", False, True, id="no device"),
        pytest.param(volume(record(), (held(),), (mount(read_only=True), MOUNTS[1])), "read-only", True, False,
                     id="became read-only"),
        pytest.param(volume(record(read_only=True), (held(),), (mount(read_only=True), MOUNTS[1])), "", True, False,
                     id="read-only as asked"),
        pytest.param(volume(record(), (held(),), (MOUNTS[0], mount(TARGET, read_only=True))), "", True, False,
                     id="a pod that only reads"),
    ],
)  # fmt: skip  # one line a case reads better
def test_a_file_system(facts: NodeVolume, words: str, path: str, *, measurable: bool, stale: bool) -> None:
    """Only one whose device is live may be asked how full it is."""
    finding = decide_finding(facts, path)
    assert (words in finding.trouble if finding.trouble else not words, finding.measurable) == (True, measurable)
    assert (finding.stale, finding.kind) == (stale, "mount")
    assert finding.size_bytes == (None if words == "gone" else 1 << 30)


@pytest.mark.parametrize(
    ("facts", "path", "words"),
    [
        pytest.param(BLOCK_NODE, TARGET, "", id="well"),
        pytest.param(BLOCK, STAGING, "", id="well, by its staging path"),
        pytest.param(replace(BLOCK_NODE, held=(held(live=False),)), TARGET, "link", id="link down"),
        pytest.param(replace(BLOCK_NODE, held=()), TARGET, "gone", id="device lost"),
        pytest.param(replace(BLOCK_NODE, path=PathFact(PathKind.BLOCK_DEVICE, OLD_NUMBER)), TARGET, "lost device",
                     id="a node of another device"),
    ],
)  # fmt: skip  # one line a case reads better
def test_a_block_device(facts: NodeVolume, path: str, words: str) -> None:
    """It is never asked how full it is."""
    finding = decide_finding(facts, path)
    assert (finding.kind, finding.measurable, finding.stale) == ("block", False, False)
    assert words in finding.trouble if finding.trouble else not words


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        (volume(), TARGET),
        (volume(record(), (held(),), (mount(),)), TARGET),
        (volume(record(), (held(),), (mount(), mount(TARGET, FOREIGN))), TARGET),
        (volume(record(), (held(),)), STAGING),
        (volume(block_record(2, TARGET), (held(),)), TARGET),
    ],
)
def test_what_is_not_there_is_not_found(facts: NodeVolume, path: str) -> None:
    """Another device's mount is not the volume, and a target that was only announced is nothing."""
    with pytest.raises(VolumeNotFoundError):
        decide_finding(facts, path)
