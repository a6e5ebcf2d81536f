"""What grows on a node, and where: case by case."""

import pytest

from rds_csi_async.domain.errors import DriverError, NotReadyError, VolumeNotFoundError
from rds_csi_async.domain.growth import decide_growth_on_node
from rds_csi_async.domain.node_volumes import NodeVolume
from tests.domain.node_facts import FOREIGN, STAGING, TARGET, block_record, held, mount, record, volume

READ_ONLY_POD = (mount(), mount(TARGET, read_only=True))
BLOCK = volume(block_record(2, TARGET), (held(),), block_targets=(TARGET,))


@pytest.mark.parametrize(
    ("facts", "path", "grown"),
    [
        pytest.param(volume(record(), (held(),), (mount(),)), STAGING, STAGING, id="staged"),
        pytest.param(volume(record(), (held(),), (mount(), mount(TARGET))), TARGET, STAGING, id="published"),
        pytest.param(volume(record(), (held(),), READ_ONLY_POD), TARGET, STAGING, id="a pod that only reads"),
        pytest.param(volume(None, (held(),), (mount(), mount(TARGET))), TARGET, TARGET, id="state file lost"),
        pytest.param(volume(record(), (held(),), (mount(read_only=True),)), STAGING, "", id="read-only"),
        pytest.param(
            volume(record(), (held(1, "259:8"), held()), (mount(),)), STAGING, STAGING, id="beside an old one"
        ),
        pytest.param(BLOCK, STAGING, "", id="block, by its staging path"),
        pytest.param(BLOCK, TARGET, "", id="block"),
    ],
)
def test_what_grows(facts: NodeVolume, path: str, grown: str) -> None:
    """The device, and its file system where it is mounted writable."""
    growth = decide_growth_on_node(facts, path)
    assert growth.connection == held().connection
    assert (growth.path, growth.file_system) == (grown, "ext4" if grown else "")


@pytest.mark.parametrize(
    ("facts", "path", "error"),
    [
        pytest.param(volume(), STAGING, VolumeNotFoundError, id="nothing"),
        pytest.param(volume(record(), (held(),)), STAGING, VolumeNotFoundError, id="unmounted"),
        pytest.param(volume(record(), (held(),), (mount(), mount(TARGET, FOREIGN))), TARGET, VolumeNotFoundError,
                     id="a foreign mount"),
        pytest.param(volume(block_record(), (held(),)), TARGET, VolumeNotFoundError, id="block not published there"),
        pytest.param(volume(record(), (), (mount(),)), STAGING, NotReadyError, id="device lost"),
        pytest.param(volume(record(), (held(number=""),), (mount(),)), STAGING, NotReadyError, id="no device"),
        pytest.param(volume(record(), (held(live=False),), (mount(),)), STAGING, NotReadyError, id="link down"),
        pytest.param(volume(block_record()), STAGING, NotReadyError, id="block lost"),
    ],
)  # fmt: skip  # one line a case reads better
def test_what_does_not(facts: NodeVolume, path: str, error: type[DriverError]) -> None:
    """What is not there is not found; what is away may come back."""
    with pytest.raises(error):
        decide_growth_on_node(facts, path)
