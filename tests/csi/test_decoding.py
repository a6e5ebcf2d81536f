"""Decoding, against Google's protobuf."""

from typing import TypeVar

import betterproto
import pytest
from google.protobuf.message import DecodeError
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rds_csi_async.csi import wire
from rds_csi_async.csi.bodies import MalformedMessageError
from rds_csi_async.csi.decoding import decode_message
from rds_csi_async.csi.encoding import encode_message, encode_varint
from rds_csi_async.csi.shapes import list_fields
from tests.csi.google_messages import contents, get_google_type, list_message_types, make_google, make_ours

TYPES = list_message_types()
MessageT = TypeVar("MessageT", bound=betterproto.Message)
# Google's Python keeps an entry with an unknown field out of its map, unlike its other languages: so none here.
WITHOUT_MAPS = [
    wire.VolumeCapability,
    wire.VolumeContentSource,
    wire.GetCapacityResponse,
    wire.NodeGetVolumeStatsResponse,
]
# Groups; and what Go's protobuf refuses too, and Google's Python does not, or not everywhere.
REFUSED_HERE_ONLY = ["wire type 3", "wire type 4", "more than 64 bits", "no field has this number"]


@pytest.mark.parametrize("message_type", TYPES)
@settings(max_examples=12)
@given(data=st.data())
def test_what_google_wrote_is_read(message_type: type[betterproto.Message], data: st.DataObject) -> None:
    """Whatever Google's protobuf writes is read as the message that holds the same."""
    content = data.draw(contents(message_type))
    google = make_google(message_type, content)
    decoded = decode_message(message_type, google.SerializeToString())
    assert decoded == make_ours(message_type, content)
    assert type(google).FromString(encode_message(decoded)) == google  # betterproto's == overlooks presence


def varints() -> st.SearchStrategy[bytes]:
    """Varints, some of them longer than they need to be, or too long."""
    return st.builds(encode_varint, st.integers(0, (1 << 64) - 1)) | st.builds(
        lambda length, last: b"\x80" * length + bytes([last]), st.integers(0, 11), st.integers(0, 127)
    )


def fields(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """One field, mostly of a known number, of any wire type but a group's."""
    numbers = st.integers(1, 9) | st.integers(0, 1 << 30)

    def tagged(wire_type: int, body: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
        return st.builds(lambda number, rest: encode_varint(number << 3 | wire_type) + rest, numbers, body)

    delimited = inner.map(lambda body: encode_varint(len(body)) + body)
    return (
        tagged(0, varints())
        | tagged(1, st.binary(min_size=8, max_size=8))
        | tagged(2, delimited)
        | tagged(5, st.binary(min_size=4, max_size=4))
        | tagged(6, st.just(b""))
        | tagged(7, st.just(b""))
    )


BODIES = st.recursive(
    st.binary(max_size=6),
    lambda inner: st.lists(fields(inner), max_size=4).map(b"".join),
    max_leaves=12,
)


def decode_as_google_judges(message_type: type[MessageT], body: bytes) -> MessageT | None:
    """Decode; None if it is refused, which is right only where Google refuses too."""
    try:
        decoded = decode_message(message_type, body)
    except MalformedMessageError as error:
        assume(not any(reason in str(error) for reason in REFUSED_HERE_ONLY))
        with pytest.raises(DecodeError):
            get_google_type(message_type).FromString(body)
        return None
    get_google_type(message_type).FromString(body)
    return decoded


@pytest.mark.parametrize("message_type", [wire.CreateVolumeRequest, wire.ListVolumesResponse])
@settings(max_examples=300)
@given(body=BODIES)
def test_what_google_refuses_is_refused(message_type: type[betterproto.Message], body: bytes) -> None:
    """Any bytes are accepted or refused as Google's protobuf does; groups apart, which are refused here only."""
    decode_as_google_judges(message_type, body)


@pytest.mark.parametrize("message_type", WITHOUT_MAPS)
@settings(max_examples=200)
@given(body=BODIES)
def test_any_bytes_mean_what_google_takes_them_to_mean(message_type: type[betterproto.Message], body: bytes) -> None:
    """Parts are merged, oneofs overwritten, numbers truncated and fields of wrong types set aside as Google does."""
    decoded = decode_as_google_judges(message_type, body)
    if decoded is not None:
        google_type = get_google_type(message_type)
        expected, got = google_type.FromString(body), google_type.FromString(encode_message(decoded))
        for message in (expected, got):
            message.DiscardUnknownFields()  # those inside a wrapper have no place in ours
        assert got == expected


@given(content=contents(wire.CreateVolumeRequest), cut=st.integers(1, 10_000))
def test_a_request_cut_short_is_never_taken_for_a_whole_one(content: dict[str, object], cut: int) -> None:
    """Each cut is refused, or is what Google reads there: a prefix of whole fields."""
    whole = make_google(wire.CreateVolumeRequest, content).SerializeToString()
    part = whole[: max(0, len(whole) - cut)]
    try:
        decoded = decode_message(wire.CreateVolumeRequest, part)
    except MalformedMessageError:
        with pytest.raises(DecodeError):
            get_google_type(wire.CreateVolumeRequest).FromString(part)
        return
    google = get_google_type(wire.CreateVolumeRequest)
    assert google.FromString(encode_message(decoded)) == google.FromString(part)


@pytest.mark.parametrize("kind", [3, 4, 6, 7])
def test_groups_and_wire_types_that_do_not_exist_are_refused(kind: int) -> None:
    """Nothing in CSI is sent so; nesting by groups, which has no bound, is thereby impossible."""
    with pytest.raises(MalformedMessageError, match=f"wire type {kind}"):
        decode_message(wire.ProbeRequest, bytes([1 << 3 | kind]))


def test_text_that_is_not_utf8_is_refused_without_being_shown() -> None:
    """A secret in a broken body is not in the error about it."""
    body = b"\x0a\x08hunter2\xff"
    with pytest.raises(MalformedMessageError, match=r"^text that is not UTF-8, at byte 9$"):
        decode_message(wire.DeleteVolumeRequest, body)


def test_unknown_fields_are_kept() -> None:
    """What a newer client sends beside is there when the message is encoded again, at the top and below."""
    body = bytes.fromhex("0a027631" + "a20602ffff" + "1206a20603616263")
    decoded = decode_message(wire.ControllerExpandVolumeRequest, body)
    assert decoded.volume_id == "v1"
    google = get_google_type(wire.ControllerExpandVolumeRequest)
    assert google.FromString(encode_message(decoded)) == google.FromString(body)


def test_a_choice_that_was_taken_back_leaves_nothing() -> None:
    """A member chosen, given up and chosen again holds only what came with the last choice; its parts are merged."""
    ext4, block, flag = bytes.fromhex("12060a0465787434"), bytes.fromhex("0a00"), bytes.fromhex("1204120272 6f")
    merged = decode_message(wire.VolumeCapability, ext4 + flag)
    assert merged.mount == wire.VolumeCapabilityMountVolume(fs_type="ext4", mount_flags=["ro"])
    again = decode_message(wire.VolumeCapability, ext4 + block + flag)
    assert again.mount == wire.VolumeCapabilityMountVolume(mount_flags=["ro"])


def test_types_do_not_recurse() -> None:
    """No CSI message holds itself, at any depth: so nesting is bounded by the types alone."""
    depth = dict.fromkeys(TYPES, 0)
    for _ in range(10):
        for message_type in TYPES:
            inner = [depth[f.python_type] + 1 for f in list_fields(message_type) if f.kind == "message"]
            depth[message_type] = max(inner, default=0)
    assert max(depth.values()) < 8
