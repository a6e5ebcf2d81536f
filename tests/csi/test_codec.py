"""The codec as grpclib takes it."""

import pytest

from rds_csi_async.csi import wire
from rds_csi_async.csi.bodies import MalformedMessageError
from rds_csi_async.csi.codec import CsiCodec


def test_a_message_survives_the_codec() -> None:
    """What is encoded is decoded as itself, under the content type that every gRPC peer knows."""
    codec = CsiCodec()
    sent = wire.CreateVolumeResponse(volume=wire.Volume(volume_id="a:b", volume_context={"k": "v"}))
    assert codec.decode(codec.encode(sent, wire.CreateVolumeResponse), wire.CreateVolumeResponse) == sent
    assert codec.__content_subtype__ == "proto"


@pytest.mark.parametrize("message", [wire.ProbeRequest(), b"", None])
def test_only_the_declared_type_is_encoded(message: object) -> None:
    """A handler that returns another message, or none, is found out, and its bytes do not go to the client."""
    with pytest.raises(TypeError, match="ProbeResponse declared"):
        CsiCodec().encode(message, wire.ProbeResponse)


def test_a_broken_body_is_refused() -> None:
    """The strict decoder is the one that is plugged in."""
    with pytest.raises(MalformedMessageError):
        CsiCodec().decode(b"\x0a\x05ab", wire.DeleteVolumeRequest)
