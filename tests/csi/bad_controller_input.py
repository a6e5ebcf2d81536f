"""What nobody should ask of a controller, and what it gets."""

from collections.abc import Callable
from typing import Any

from grpclib.const import Status

from rds_csi_async.csi import wire
from rds_csi_async.domain.identifiers import node_id_of, slot_of
from rds_csi_async.domain.sizes import GIB, MIB
from tests.csi.controller_world import CLASS, NODE, STRANGERS, creation, publication
from tests.csi.serving import CLUSTER, MODES, block, mounted

Ask = Callable[[wire.ControllerStub, str], Any]  # the client, and the id of a volume that is there


def _create(**changes: Any) -> Ask:
    return lambda client, _: client.create_volume(creation(name="new", **changes))


def _named(name: str) -> Ask:
    return lambda client, _: client.create_volume(creation(name=name))


def _sized(required_bytes: int, limit_bytes: int = 0, **changes: Any) -> Ask:
    return _create(capacity_range=wire.CapacityRange(required_bytes, limit_bytes), **changes)


def _publish(volume_id: str = "", **changes: Any) -> Ask:
    return lambda client, own: client.controller_publish_volume(publication(volume_id or own, **changes))


def _expand(required_bytes: int, limit_bytes: int = 0, volume_id: str = "") -> Ask:
    size = wire.CapacityRange(required_bytes, limit_bytes)
    return lambda client, own: client.controller_expand_volume(
        wire.ControllerExpandVolumeRequest(volume_id or own, size)
    )


def _validate(**changes: Any) -> Ask:
    usual = {"volume_capabilities": [mounted()]}
    return lambda client, own: client.validate_volume_capabilities(
        wire.ValidateVolumeCapabilitiesRequest(**{"volume_id": own, **usual, **changes})
    )


def _delete(volume_id: str) -> Ask:
    return lambda client, _: client.delete_volume(wire.DeleteVolumeRequest(volume_id))


def _unpublish(volume_id: str) -> Ask:
    return lambda client, _: client.controller_unpublish_volume(wire.ControllerUnpublishVolumeRequest(volume_id, NODE))


def _get(volume_id: str) -> Ask:
    return lambda client, _: client.controller_get_volume(wire.ControllerGetVolumeRequest(volume_id))


INVALID, NOT_FOUND = Status.INVALID_ARGUMENT, Status.NOT_FOUND
NOWHERE = f"rds9:{slot_of(CLUSTER, 'rds1', 'pvc-1')}"
ABSENT = f"rds1:{slot_of(CLUSTER, 'rds1', 'never made')}"
FUTURE_MODE = wire.VolumeCapability(
    mount=wire.VolumeCapabilityMountVolume(), access_mode=wire.VolumeCapabilityAccessMode(MODES.try_value(77))
)

# What is asked, the answer, and whether the appliance is asked anything at all before the refusal.
BAD_INPUT: dict[str, tuple[Ask, Status, bool]] = {
    "no name": (_named(""), INVALID, False),
    "a name with NUL": (_named("a\0b"), INVALID, False),
    "a name with an escape": (_named("a\x1bb"), INVALID, False),
    "a name with a C1 control": (_named("a\x85b"), INVALID, False),
    "a name of 129 bytes": (_named("n" * 129), INVALID, False),
    "a name of 130 bytes in 65 letters": (_named("ü" * 65), INVALID, False),
    "a name of 10 kB": (_named("n" * 10_000), INVALID, False),
    "no capability": (_create(volume_capabilities=[]), INVALID, False),
    "neither mount nor block": (_create(volume_capabilities=[wire.VolumeCapability()]), INVALID, False),
    "mount and block": (_create(volume_capabilities=[mounted(), block()]), INVALID, False),
    "no access mode": (
        _create(volume_capabilities=[wire.VolumeCapability(block=wire.VolumeCapabilityBlockVolume())]),
        INVALID,
        False,
    ),
    "access mode UNKNOWN": (_create(volume_capabilities=[mounted("UNKNOWN")]), INVALID, False),
    "an access mode of the future": (_create(volume_capabilities=[FUTURE_MODE]), INVALID, False),
    "an unknown file system": (_create(volume_capabilities=[mounted(fs_type="zfs")]), INVALID, False),
    "a mount option that opens a hole": (_create(volume_capabilities=[mounted(flags=["ro,suid"])]), INVALID, False),
    "5 kB of mount options": (_create(volume_capabilities=[mounted(flags=["noatime"] * 800)]), INVALID, False),
    "a mount group": (_create(volume_capabilities=[mounted(group="1000")]), INVALID, False),
    "a file system with many writers": (
        _create(volume_capabilities=[mounted("MULTI_NODE_MULTI_WRITER")]),
        INVALID,
        False,
    ),
    "a negative size": (_sized(-1), INVALID, False),
    "a negative limit": (_sized(GIB, -1), INVALID, False),
    "a limit below what is required": (_sized(2 * GIB, GIB), INVALID, False),
    "a limit below the smallest ext4": (_sized(1, MIB), Status.OUT_OF_RANGE, True),
    "a limit below the smallest xfs": (
        _sized(1, 300 * MIB, volume_capabilities=[mounted(fs_type="xfs")]),
        Status.OUT_OF_RANGE,
        True,
    ),
    "a limit between two MiB": (_sized(GIB + 1, GIB + 2), Status.OUT_OF_RANGE, True),
    "more than the pool has": (_sized(200 * GIB), Status.RESOURCE_EXHAUSTED, True),
    "2^63-1 bytes": (_sized((1 << 63) - 1), Status.OUT_OF_RANGE, True),
    "no parameters": (_create(parameters={}), INVALID, False),
    "no pool": (_create(parameters={"appliance": "rds1"}), INVALID, False),
    "an unknown parameter": (_create(parameters={**CLASS, "colour": "blue"}), INVALID, False),
    "an appliance that is not configured": (_create(parameters={**CLASS, "appliance": "rds9"}), INVALID, False),
    "a pool that is not configured": (_create(parameters={**CLASS, "pool": "pool9"}), INVALID, False),
    "an appliance that is a command": (_create(parameters={**CLASS, "appliance": '";/system/reboot'}), INVALID, False),
    "a source snapshot": (
        _create(volume_content_source=wire.VolumeContentSource(snapshot=wire.VolumeContentSourceSnapshotSource("s"))),
        INVALID,
        False,
    ),
    "an empty source": (_create(volume_content_source=wire.VolumeContentSource()), INVALID, False),
    "a topology": (
        _create(accessibility_requirements=wire.TopologyRequirement([wire.Topology({"zone": "z"})])),
        INVALID,
        False,
    ),
    "mutable parameters": (_create(mutable_parameters={"iops": "5"}), INVALID, False),
    "deleting nothing": (_delete(""), INVALID, False),
    "deleting another cluster's": (_delete(STRANGERS), Status.FAILED_PRECONDITION, False),
    "deleting on an appliance that is gone": (_delete(NOWHERE), Status.FAILED_PRECONDITION, False),
    "publishing nothing": (
        lambda client, _: client.controller_publish_volume(publication("")),
        INVALID,
        False,
    ),
    "publishing to no node": (_publish(node_id=""), INVALID, False),
    "publishing without capability": (_publish(volume_capability=None), INVALID, False),
    "publishing to an unknown node": (_publish(node_id="worker-1"), NOT_FOUND, True),
    "publishing to another cluster's node": (_publish(node_id=node_id_of("other", "worker-1")), NOT_FOUND, True),
    "publishing the pool itself": (_publish("storage-pool"), NOT_FOUND, False),
    "publishing the pool by its slot": (_publish("rds1:storage-pool"), NOT_FOUND, False),
    "publishing a volume that is not there": (_publish(ABSENT), NOT_FOUND, True),
    "publishing another cluster's": (_publish(STRANGERS), Status.FAILED_PRECONDITION, False),
    "publishing a file system as block": (_publish(volume_capability=block()), INVALID, True),
    "publishing as zfs": (_publish(volume_capability=mounted(fs_type="zfs")), INVALID, False),
    "publishing with a changed context": (_publish(volume_context={"pool": "pool2"}), INVALID, False),
    "unpublishing nothing": (_unpublish(""), INVALID, False),
    "unpublishing another cluster's": (_unpublish(STRANGERS), Status.FAILED_PRECONDITION, False),
    "growing nothing": (
        lambda client, _: client.controller_expand_volume(
            wire.ControllerExpandVolumeRequest("", wire.CapacityRange(GIB))
        ),
        INVALID,
        False,
    ),
    "growing to no size": (_expand(0), INVALID, False),
    "growing without a range": (
        lambda client, own: client.controller_expand_volume(wire.ControllerExpandVolumeRequest(own)),
        INVALID,
        False,
    ),
    "growing by a negative size": (_expand(-5), INVALID, False),
    "growing to less than required": (_expand(3 * GIB, 2 * GIB), INVALID, False),
    "growing above the pool": (_expand(500 * GIB), Status.OUT_OF_RANGE, True),
    "growing to 2^63-1": (_expand((1 << 63) - 1), Status.OUT_OF_RANGE, True),
    "shrinking by a limit": (_expand(0, GIB // 2), Status.OUT_OF_RANGE, True),
    "growing somebody's disk": (_expand(20 * GIB, volume_id="nixos-var"), NOT_FOUND, False),
    "growing another cluster's": (_expand(20 * GIB, volume_id=STRANGERS), Status.FAILED_PRECONDITION, False),
    "validating nothing": (_validate(volume_id=""), INVALID, False),
    "validating no capability": (_validate(volume_capabilities=[]), INVALID, False),
    "validating somebody's disk": (_validate(volume_id="nixos-var"), NOT_FOUND, False),
    "validating a volume that is not there": (_validate(volume_id=ABSENT), NOT_FOUND, True),
    "getting nothing": (_get(""), INVALID, False),
    "getting somebody's disk": (_get("storage-pool"), NOT_FOUND, False),
    "listing minus one": (lambda client, _: client.list_volumes(wire.ListVolumesRequest(-1)), INVALID, False),
    "listing from nowhere": (
        lambda client, _: client.list_volumes(wire.ListVolumesRequest(0, "invalid-token")),
        Status.ABORTED,
        False,
    ),
    "capacity of half a place": (
        lambda client, _: client.get_capacity(wire.GetCapacityRequest(parameters={"pool": "pool1"})),
        INVALID,
        False,
    ),
    "capacity of a zone": (
        lambda client, _: client.get_capacity(wire.GetCapacityRequest(accessible_topology=wire.Topology({"z": "1"}))),
        INVALID,
        False,
    ),
}
