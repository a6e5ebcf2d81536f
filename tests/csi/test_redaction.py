"""A log never holds what a request holds in confidence."""

import betterproto
import pytest

from rds_csi_async.csi import wire
from rds_csi_async.csi.decoding import decode_message
from rds_csi_async.csi.encoding import encode_message
from rds_csi_async.csi.redaction import LONGEST_TEXT, MOST_ITEMS, redact
from rds_csi_async.csi.shapes import list_fields
from tests.planted import SECRET

REQUESTS = [
    getattr(wire, name)
    for name in wire.__all__
    if name.endswith("Request") and any(field.name == "secrets" for field in list_fields(getattr(wire, name)))
]


def test_there_are_requests_with_secrets() -> None:
    """CSI 1.12 has 19 such fields, of which two belong to streams that this driver does not serve."""
    assert len(REQUESTS) == 17


@pytest.mark.parametrize("request_type", REQUESTS, ids=lambda kind: kind.__name__)
def test_no_secret_is_told(request_type: type[betterproto.Message]) -> None:
    """Neither its value nor its key, built here or received."""
    message = request_type(secrets={SECRET: SECRET})  # type: ignore[call-arg]
    for each in (message, decode_message(request_type, encode_message(message))):
        assert SECRET not in str(redact(each))
        assert "secrets" in redact(each)


def test_mount_flags_are_not_told() -> None:
    """CSI 1.12, VolumeCapability.MountVolume: they may be sensitive."""
    mount = wire.VolumeCapabilityMountVolume(fs_type="xfs", mount_flags=[SECRET])
    told = redact(wire.NodeStageVolumeRequest(volume_capability=wire.VolumeCapability(mount=mount)))
    assert SECRET not in str(told)
    assert "xfs" in str(told)


def test_of_a_volume_context_the_keys_are_told() -> None:
    """Kubernetes puts service account tokens there."""
    told = redact(wire.NodePublishVolumeRequest(volume_context={"csi.storage.k8s.io/serviceAccount.tokens": SECRET}))
    assert told == {"volume_context": ["csi.storage.k8s.io/serviceAccount.tokens"]}


def test_what_was_not_set_is_not_there() -> None:
    """Having been read by a handler does not count as set."""
    message = decode_message(wire.CreateVolumeRequest, encode_message(wire.CreateVolumeRequest(name="a")))
    assert message.capacity_range.required_bytes == len(message.parameters) == 0
    assert redact(message) == {"name": "a"}


def test_long_things_are_cut() -> None:
    """A request of 4 MB is no log line of 4 MB."""
    told = redact(wire.CreateVolumeRequest(name="n" * 10_000, parameters={f"{i:03}": "" for i in range(500)}))
    assert len(told["name"]) < LONGEST_TEXT + 30
    assert len(told["parameters"]) == MOST_ITEMS


def test_values_are_plain() -> None:
    """Whatever renders the log line needs to know no protobuf."""
    mode = wire.VolumeCapabilityAccessMode(mode=wire.VolumeCapabilityAccessModeMode.from_string("SINGLE_NODE_WRITER"))
    capability = wire.VolumeCapability(block=wire.VolumeCapabilityBlockVolume(), access_mode=mode)
    size = wire.CapacityRange(required_bytes=5)
    request = wire.CreateVolumeRequest(volume_capabilities=[capability], capacity_range=size)
    assert redact(decode_message(wire.CreateVolumeRequest, encode_message(request))) == {
        "capacity_range": {"required_bytes": 5},
        "volume_capabilities": [{"block": {}, "access_mode": {"mode": "SINGLE_NODE_WRITER"}}],
    }
