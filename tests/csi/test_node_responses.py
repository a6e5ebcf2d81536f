"""What the node answers is as much as it knows."""

from rds_csi_async.csi import wire
from rds_csi_async.csi.node import CAPABILITIES
from rds_csi_async.csi.node_responses import measured, node_capabilities
from rds_csi_async.domain.conditions import WELL, Condition
from rds_csi_async.domain.filesystems import Usage
from rds_csi_async.domain.findings import VolumeStats

UNITS = wire.VolumeUsageUnit


def test_bytes_and_inodes_are_told() -> None:
    """Each as available, total and used."""
    answer = measured(VolumeStats(Usage(100, 30, 60, 10, 3, 7), 128, WELL))
    told = [(each.available, each.total, each.used, UNITS.try_value(each.unit).name) for each in answer.usage]
    assert told == [(60, 100, 30, "BYTES"), (7, 10, 3, "INODES")]
    assert not answer.volume_condition.abnormal


def test_inodes_that_nobody_counts_are_not_told() -> None:
    """A volume without any would look full."""
    (usage,) = measured(VolumeStats(Usage(100, 30, 60, 0, 0, 0), 128, WELL)).usage
    assert UNITS.try_value(usage.unit).name == "BYTES"


def test_of_a_block_device_the_size_is_told() -> None:
    """How full it is only its user knows."""
    (usage,) = measured(VolumeStats(None, 128, WELL)).usage
    assert (usage.total, usage.used, usage.available) == (128, 0, 0)


def test_of_what_is_gone_only_the_trouble_is_told() -> None:
    """An answer, not an error: kubelet reports the condition."""
    answer = measured(VolumeStats(None, None, Condition(abnormal=True, message="the device is gone")))
    assert (list(answer.usage), answer.volume_condition.abnormal) == ([], True)
    assert answer.volume_condition.message == "the device is gone"


def test_the_capabilities_are_told() -> None:
    """By number, as the protocol has them."""
    kinds = wire.NodeServiceCapabilityRpcType
    told = [kinds.try_value(one.rpc.type).name for one in node_capabilities(CAPABILITIES).capabilities]
    assert told == list(CAPABILITIES)
