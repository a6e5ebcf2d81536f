"""Showing a staged volume to a pod: as a second mount of its directory, or as a block device node."""

from dataclasses import dataclass
from enum import StrEnum

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.errors import IncompatibleVolumeError, InvalidRequestError, NotReadyError, RefusedError
from rds_csi_async.domain.identifiers import VolumeId
from rds_csi_async.domain.making import PLAIN, MakeOptions
from rds_csi_async.domain.mounts import PER_MOUNT_FLAGS, PathFact, PathKind, find_mount
from rds_csi_async.domain.node_volumes import NodeVolume, ensure_only, find_number, paths_of, possible_numbers
from rds_csi_async.domain.session_options import AS_THE_NODE, SessionOptions
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.domain.staging import StageRequest, ensure_not_older


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """What NodePublishVolume asks for."""

    volume_id: VolumeId
    staging_path: str
    target_path: str
    capability: Capability
    context: PublishContext
    read_only: bool = False
    claim: str = ""
    making: MakeOptions = PLAIN
    session: SessionOptions = AS_THE_NODE

    @property
    def staging(self) -> StageRequest:
        """The stage that this publication stands on."""
        context, claim = self.context, self.claim
        return StageRequest(
            self.volume_id, self.staging_path, self.capability, context, claim, self.making, self.session
        )

    @property
    def writes_nothing(self) -> bool:
        """The pod may only read."""
        return self.read_only or self.staging.read_only

    @property
    def narrows(self) -> bool:
        """The pod's mount has flags of its own, which are set in a second step (mount(2), MS_BIND)."""
        return self.writes_nothing or bool(self.bind_options)

    @property
    def bind_options(self) -> tuple[str, ...]:
        """The mount options that a second mount can have of its own."""
        return tuple(option for option in self.capability.mount_options if option in PER_MOUNT_FLAGS)


class Publication(StrEnum):
    """What to do for a publication."""

    DONE = "done"
    PUBLISH = "publish"
    REMAKE = "remake"  # a call that was cut off made the mount, perhaps without its flags; no pod was told of it
    RESTAGE = "restage"  # what is staged is older than the publication, or its device is lost


def decide_publish(request: PublishRequest, volume: NodeVolume, target: PathFact) -> Publication:
    """Choose what has to happen so that the pod has the volume at its target path.

    Raises:
        InvalidRequestError: something stands at the target path that cannot become what is asked for.
        RefusedError: the volume is not staged there, the publication is older than the stage, something else is
            mounted at the target path, or another pod has a volume that only one may have.
        IncompatibleVolumeError: it is staged or published, but not as it is asked for now.
        NotReadyError: its link is down.

    """
    _ensure_target(request, target)
    ensure_not_older(request.staging, volume)
    record = volume.record
    if record is None or not record.staging_path:
        return _decide_unrecorded(request, volume)
    if record.staging_path != request.staging_path:
        message = f"{request.volume_id} is staged at {record.staging_path}, not at {request.staging_path}"
        raise RefusedError(message)
    _ensure_compatible(request, record)
    connection = _find_staged(request, volume, record)
    if connection is None:
        return Publication.RESTAGE
    if not connection.live:
        message = f"the link to {connection.nqn} is down: nothing new is published from {connection.device}"
        raise NotReadyError(message)
    _ensure_alone(request, volume, connection)
    return _decide_target(request, volume, target, connection)


def ensure_unpublishable(volume: NodeVolume, volume_id: VolumeId, target_path: str) -> None:
    """Insist that what is taken from a target path can be a publication of this volume.

    Raises:
        InvalidRequestError: it is where the volume is staged.
        RefusedError: something else is mounted there. Of a volume of which the node shows nothing any more nobody can
            tell: what is left of it goes.

    """
    if volume.staged_path == target_path:
        message = f"{target_path} is where {volume_id} is staged, not where it is published"
        raise InvalidRequestError(message)
    numbers = possible_numbers(volume)
    if numbers:
        ensure_only(volume, target_path, numbers)


def _ensure_target(request: PublishRequest, target: PathFact) -> None:
    if request.target_path == request.staging_path:
        message = f"{request.target_path} is both staging path and target path"
        raise InvalidRequestError(message)
    fitting = {PathKind.ABSENT, PathKind.DIRECTORY}
    if request.capability.kind == "block":
        fitting = {PathKind.ABSENT, PathKind.FILE, PathKind.BLOCK_DEVICE}
    if target.kind not in fitting:
        message = f"at the target path {request.target_path} stands a {target.kind}: {request.capability.kind} is asked"
        raise InvalidRequestError(message)


def _decide_unrecorded(request: PublishRequest, volume: NodeVolume) -> Publication:
    """Have a lost state file written anew by staging, when the volume shows to be staged here."""
    held = volume.find_held(request.staging.nqn)
    number = "" if held is None else held.device_number
    if not number or (request.capability.kind == "mount" and find_number(volume, request.staging_path) != number):
        message = f"{request.volume_id} is not staged at {request.staging_path}"
        raise RefusedError(message)
    return Publication.RESTAGE


def _ensure_compatible(request: PublishRequest, record: StageRecord) -> None:
    asked = (request.capability.kind, request.capability.file_system or "")
    if asked != (record.kind, record.file_system):
        message = f"{request.volume_id} is staged as {record.kind} {record.file_system}, and asked for as {asked}"
        raise IncompatibleVolumeError(message)
    if record.read_only and not request.staging.read_only:
        message = f"{request.volume_id} is staged read-only here, and asked for to be written"
        raise IncompatibleVolumeError(message)


def _find_staged(request: PublishRequest, volume: NodeVolume, record: StageRecord) -> Connection | None:
    """Find the device that this publication is staged from; None when it has to be staged anew."""
    held = volume.find_held(request.staging.nqn)
    if record.nqn != request.staging.nqn or held is None or held.connection is None:
        return None
    number = record.device_number if record.kind == "block" else find_number(volume, request.staging_path)
    return held.connection if number == held.device_number else None


def _ensure_alone(request: PublishRequest, volume: NodeVolume, connection: Connection) -> None:
    """Keep a volume of one pod to one pod (CSI 1.12, NodePublishVolume: FAILED_PRECONDITION)."""
    if request.capability.mode is not AccessMode.SINGLE_NODE_SINGLE_WRITER:
        return
    own = {request.staging_path, request.target_path}
    others = {*paths_of(volume, {connection.device_number}), *volume.block_targets} - own
    if others:
        message = f"{request.volume_id} is for one pod alone, and published at {', '.join(sorted(others))}"
        raise RefusedError(message)


def _decide_target(
    request: PublishRequest, volume: NodeVolume, target: PathFact, connection: Connection
) -> Publication:
    if request.capability.kind == "block":
        ensure_only(volume, request.target_path, ())
        stands = target.kind is PathKind.BLOCK_DEVICE and target.device_number == connection.device_number
        return Publication.DONE if stands and request.target_path in volume.block_targets else Publication.PUBLISH
    ensure_only(volume, request.target_path, {connection.device_number})
    mount = find_mount(volume.mounts, request.target_path)
    if mount is None:
        return Publication.PUBLISH
    if volume.record is not None and request.target_path in volume.record.targets:
        return Publication.REMAKE
    if mount.read_only != request.writes_nothing:
        is_, asked = ("read-only" if only else "writable" for only in (mount.read_only, request.writes_nothing))
        message = f"{request.target_path} is published {is_} already, and asked for {asked}; unpublish it first"
        raise IncompatibleVolumeError(message)
    return Publication.DONE
