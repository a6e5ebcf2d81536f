"""Staging a volume on a node: what has to go first, and what is left to do."""

from dataclasses import dataclass, field

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.errors import IncompatibleVolumeError, InvalidRequestError, NotReadyError, RefusedError
from rds_csi_async.domain.identifiers import VolumeId
from rds_csi_async.domain.making import PLAIN, MakeOptions
from rds_csi_async.domain.mounts import PathKind, find_mount
from rds_csi_async.domain.node_volumes import (
    NodeVolume,
    device_numbers,
    ensure_known_use,
    ensure_only,
    ensure_unused,
    find_number,
    paths_of,
    recorded_number,
)
from rds_csi_async.domain.session_options import AS_THE_NODE, SessionOptions


@dataclass(frozen=True, slots=True)
class StageRequest:
    """What NodeStageVolume asks for."""

    volume_id: VolumeId
    staging_path: str
    capability: Capability
    context: PublishContext
    claim: str = ""  # namespace/name of the claim, where it is known
    making: MakeOptions = PLAIN
    session: SessionOptions = AS_THE_NODE

    @property
    def nqn(self) -> str:
        """The name under which the volume was published."""
        return str(self.context.nqn)

    @property
    def read_only(self) -> bool:
        """Nothing is to be written: no file system made, none grown, no journal replayed."""
        return self.capability.mode.read_only or "ro" in self.capability.mount_options

    @property
    def target(self) -> Target:
        """What to attach."""
        context = self.context
        return Target(self.nqn, context.address, context.port, context.host, context.size_bytes, self.session)


@dataclass(frozen=True, slots=True)
class Takedown:
    """What of a volume has to go from the node, in this order: mounts at `paths`, block `nodes`, `nqns`."""

    paths: tuple[str, ...] = ()
    numbers: frozenset[str] = field(default_factory=frozenset)  # devices that must not be mounted when paths are done
    nodes: tuple[str, ...] = ()
    nqns: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Nothing has to go."""
        return not (self.paths or self.nodes or self.nqns)


@dataclass(frozen=True, slots=True)
class StagePlan:
    """What to do: take the old stage down, then stage, unless it is `staged` already."""

    takedown: Takedown
    staged: bool


def decide_stage(request: StageRequest, volume: NodeVolume) -> StagePlan:
    """Choose what has to happen so that the volume is staged as asked.

    Raises:
        InvalidRequestError: something stands at the staging path that is no directory.
        RefusedError: the publication is older than what the node has, a pod still uses an older one, or may, or
            something else is mounted at the staging path.
        IncompatibleVolumeError: the volume is staged, but not as it is asked for now.
        NotReadyError: what uses the volume cannot be told now.

    """
    if volume.path.kind not in {PathKind.DIRECTORY, PathKind.ABSENT}:
        message = f"the staging path {request.staging_path} is a {volume.path.kind}, a directory is wanted"
        raise InvalidRequestError(message)
    ensure_not_older(request, volume)
    wanted = volume.find_held(request.nqn)
    if wanted is not None and wanted.connection is None and recorded_number(volume):
        message = f"{request.volume_id} is staged, but its connection has no usable device now: it may come back"
        raise NotReadyError(message)
    current = "" if wanted is None else wanted.device_number
    ensure_only(volume, request.staging_path, device_numbers(volume))
    _ensure_not_elsewhere(request, volume, current)
    _ensure_as_staged(request, volume, current)
    takedown = _decide_takedown(request, volume, current)
    in_place = not (takedown.paths or takedown.nodes) and _is_staged(request, volume, current)
    return StagePlan(takedown, staged=in_place)


def ensure_not_older(request: StageRequest, volume: NodeVolume) -> None:
    """Insist that the node has seen no newer publication, and no other one with the same number.

    Raises:
        RefusedError: it has.

    """
    nqn = request.context.nqn
    known = [(held.nqn.sequence, str(held.nqn)) for held in volume.held]
    if volume.record is not None:
        known.append((volume.record.sequence, volume.record.nqn))
    for sequence, name in known:
        if sequence > nqn.sequence or (sequence == nqn.sequence and name != str(nqn)):
            message = (
                f"{request.volume_id} is to be used as publication {nqn.sequence} ({nqn}), this node has {name}:"
                " unstage it here first; was the appliance restored from a backup?"
            )
            raise RefusedError(message)


def _decide_takedown(request: StageRequest, volume: NodeVolume, current: str) -> Takedown:
    """Find what is left of older publications, and of this one's lost device; refuse while a pod uses it."""
    stale = device_numbers(volume) - {current}
    paths = paths_of(volume, stale)
    nodes = _stale_nodes(request, volume, current)
    users = [path for path in paths if path not in {request.staging_path, volume.staged_path}]
    if volume.recorded_nqn != request.nqn and volume.find_held(volume.recorded_nqn) is not None:
        users += nodes  # without their connection they mean nothing, or, after a reboot, another volume
    older = [held for held in volume.held if str(held.nqn) != request.nqn]
    ensure_known_use(volume, older)
    ensure_unused(users, f"an earlier publication of {request.volume_id} has to go from this node")
    for path in paths:
        ensure_only(volume, path, device_numbers(volume))
    return Takedown(tuple(paths), stale, nodes, tuple(str(held.nqn) for held in older))


def _stale_nodes(request: StageRequest, volume: NodeVolume, current: str) -> tuple[str, ...]:
    record = volume.record
    if record is None or (record.nqn, record.device_number) == (request.nqn, current):
        return ()
    return volume.block_targets


def _ensure_not_elsewhere(request: StageRequest, volume: NodeVolume, current: str) -> None:
    staged = volume.staged_path
    if current and staged not in {"", request.staging_path} and find_number(volume, staged) == current:
        message = f"{request.volume_id} is staged at {staged}: it has to be unstaged there first"
        raise RefusedError(message)


def _ensure_as_staged(request: StageRequest, volume: NodeVolume, current: str) -> None:
    record, mount = volume.record, find_mount(volume.mounts, request.staging_path)
    if not current:
        return
    if mount is not None and mount.device_number == current and mount.file_system != request.capability.file_system:
        message = f"{request.volume_id} is mounted as {mount.file_system}, {request.capability.kind} is asked for"
        raise IncompatibleVolumeError(message)
    if record is None or not record.staging_path or record.nqn != request.nqn:
        return
    asked = (request.capability.kind, request.capability.file_system or "", request.read_only)
    has = (record.kind, record.file_system, record.read_only)
    if asked != has:
        message = f"{request.volume_id} is staged here as {_use(*has)}, and asked for as {_use(*asked)}"
        raise IncompatibleVolumeError(message)


def _use(kind: str, file_system: str, read_only: bool) -> str:  # noqa: FBT001  (the triple that is compared)
    return " ".join(filter(None, [kind, file_system, "read-only" if read_only else "writable"]))


def _is_staged(request: StageRequest, volume: NodeVolume, current: str) -> bool:
    if not current:
        return False
    if request.capability.kind == "mount":
        return find_number(volume, request.staging_path) == current
    record = volume.record
    staged = None if record is None else (record.nqn, record.staging_path, record.device_number)
    return staged == (request.nqn, request.staging_path, current)
