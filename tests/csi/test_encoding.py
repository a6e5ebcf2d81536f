"""Encoding, against Google's protobuf."""

from datetime import UTC, datetime

import betterproto
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rds_csi_async.csi import wire
from rds_csi_async.csi.encoding import encode_message, encode_varint
from tests.csi.google_messages import contents, get_google_type, list_message_types, make_google, make_ours

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("message_type", list_message_types())
@settings(max_examples=12)
@given(data=st.data())
def test_google_reads_what_was_meant(message_type: type[betterproto.Message], data: st.DataObject) -> None:
    """Whatever a message holds, Google's protobuf parses our bytes as a message that holds the same."""
    content = data.draw(contents(message_type))
    encoded = encode_message(make_ours(message_type, content))
    assert get_google_type(message_type).FromString(encoded) == make_google(message_type, content)


def test_every_message_of_csi_is_covered() -> None:
    """The classes found for the other tests are all 94 of CSI 1.12."""
    assert len(list_message_types()) == 94


@pytest.mark.parametrize(
    ("message", "encoded"),
    [
        (wire.ListVolumesResponseEntry(status=wire.ListVolumesResponseVolumeStatus()), "1200"),
        (wire.VolumeCapability(block=wire.VolumeCapabilityBlockVolume()), "0a00"),
        (wire.Snapshot(creation_time=EPOCH), "2200"),
        (wire.ProbeResponse(ready=False), "0a00"),
        (wire.ProbeResponse(), ""),
        (wire.CapacityRange(required_bytes=-1), "08ffffffffffffffffff01"),
        (wire.Topology(segments={"": ""}), "0a040a001200"),
    ],
)
def test_presence_is_kept(message: betterproto.Message, encoded: str) -> None:
    """What is set goes out even where its contents are all defaults; what is unset does not."""
    assert encode_message(message).hex() == encoded


def test_the_chosen_member_of_a_oneof_goes_out_alone() -> None:
    """Choosing another member takes the first one back."""
    capability = wire.VolumeCapability(block=wire.VolumeCapabilityBlockVolume())
    capability.mount = wire.VolumeCapabilityMountVolume(fs_type="xfs")
    assert encode_message(capability).hex() == "12050a03786673"


def test_only_the_last_given_member_of_a_oneof_goes_out() -> None:
    """A message made with two members of a oneof is sent with the one that reads as chosen."""
    both = wire.VolumeCapability(
        block=wire.VolumeCapabilityBlockVolume(), mount=wire.VolumeCapabilityMountVolume(fs_type="xfs")
    )
    assert encode_message(both).hex() == "12050a03786673"


@pytest.mark.parametrize(
    "message",
    [
        wire.CapacityRange(required_bytes=1 << 63),
        wire.CapacityRange(required_bytes=-(1 << 63) - 1),
        wire.ListVolumesRequest(max_entries=1 << 31),
        wire.GetCapacityResponse(maximum_volume_size=1 << 63),
        wire.Snapshot(creation_time=datetime(2026, 1, 1)),  # noqa: DTZ001 - the naive one is the point
        wire.DeleteVolumeRequest(volume_id="\ud800"),
    ],
)
def test_what_does_not_fit_is_refused(message: betterproto.Message) -> None:
    """A number that does not fit, a moment without a zone and half a surrogate pair are errors, not other values."""
    with pytest.raises(ValueError, match=r"does not fit|time zone|surrogates"):
        encode_message(message)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, (1 << 14) - 1, 1 << 14, (1 << 63) - 1, (1 << 64) - 1])
def test_varints_are_as_betterproto_has_them(value: int) -> None:
    """Two implementations agree on every length of varint."""
    assert encode_varint(value) == betterproto.encode_varint(value)
