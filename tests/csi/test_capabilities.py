"""A capability is whole or refused."""

import pytest

from rds_csi_async.csi import wire
from rds_csi_async.csi.capabilities import (
    parse_capabilities,
    parse_capability,
    parse_supported,
)
from rds_csi_async.csi.decoding import decode_message
from rds_csi_async.csi.encoding import encode_message
from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import InvalidRequestError
from tests.csi.serving import block, mounted


def received(capability: wire.VolumeCapability) -> wire.VolumeCapability:
    """Give the message as it is after it was sent."""
    return decode_message(wire.VolumeCapability, encode_message(capability))


@pytest.mark.parametrize("mode", list(AccessMode), ids=lambda mode: mode.name)
def test_every_access_mode_of_the_protocol_is_known(mode: AccessMode) -> None:
    """By its name, for both kinds."""
    assert parse_capability(received(block(mode.name))) == Capability(mode, None)
    assert parse_capability(received(mounted(mode.name, "xfs", ["noatime"]))) == Capability(mode, "xfs", ("noatime",))


def test_an_unsaid_file_system_is_ext4() -> None:
    """An empty text is none (CSI 1.12, VolumeCapability.MountVolume)."""
    assert parse_capability(received(mounted())).file_system == "ext4"


def test_a_capability_that_cannot_be_served_is_still_read() -> None:
    """ValidateVolumeCapabilities has to answer about it, and no error is an answer there."""
    assert parse_capabilities([mounted(fs_type="zfs")])[0].file_system == "zfs"


@pytest.mark.parametrize(
    "capability",
    [
        wire.VolumeCapability(),
        wire.VolumeCapability(block=wire.VolumeCapabilityBlockVolume()),
        block("UNKNOWN"),
        mounted(fs_type="x" * 129),
        mounted(flags=["x" * 4097]),
        mounted(group="1000"),
    ],
    ids=["nothing", "no mode", "unknown mode", "long type", "long flags", "group"],
)
def test_what_is_not_whole_is_refused(capability: wire.VolumeCapability) -> None:
    """Whether it was received or made here."""
    for each in (capability, received(capability)):
        with pytest.raises(InvalidRequestError):
            parse_capability(each)


def test_nothing_is_not_supported() -> None:
    """A required capability that was not sent, and an empty list of them."""
    with pytest.raises(InvalidRequestError, match="missing"):
        parse_supported(wire.NodeStageVolumeRequest().volume_capability)
    with pytest.raises(InvalidRequestError, match="missing"):
        parse_capabilities([])
