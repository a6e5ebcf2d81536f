"""Presence, as it was sent."""

import pytest

from rds_csi_async.csi import wire
from rds_csi_async.csi.decoding import decode_message
from rds_csi_async.csi.presence import find_choice, find_sent


def test_an_empty_sub_message_that_was_sent_is_found() -> None:
    """Sent and empty is not the same as not sent."""
    request = decode_message(wire.CreateVolumeRequest, bytes.fromhex("1200"))
    assert find_sent(request.capacity_range) == wire.CapacityRange()
    assert find_sent(request.volume_content_source) is None


def test_asking_changes_nothing() -> None:
    """A sub-message that was not sent is still not there when it is asked for again."""
    request = decode_message(wire.CreateVolumeRequest, b"")
    assert find_sent(request.capacity_range) is None
    assert find_sent(request.capacity_range) is None


@pytest.mark.parametrize(("body", "chosen"), [("0a00", "block"), ("1200", "mount"), ("0a001200", "mount"), ("", None)])
def test_the_chosen_member_of_a_oneof_is_named(body: str, chosen: str | None) -> None:
    """The last one sent is the choice; none may be."""
    capability = decode_message(wire.VolumeCapability, bytes.fromhex(body))
    assert find_choice(capability, "access_type") == chosen


def test_a_oneof_that_does_not_exist_is_an_error() -> None:
    """A misspelt name is not taken for a choice that nobody made."""
    with pytest.raises(KeyError):
        find_choice(wire.VolumeCapability(), "acces_type")
