"""One volume on one node, as facts, for the decisions' tables."""

from dataclasses import replace

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.identifiers import Host, Nqn, VolumeId
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind
from rds_csi_async.domain.node_volumes import Held, NodeVolume
from rds_csi_async.domain.publications import PublishRequest
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.domain.staging import StageRequest

VOLUME = VolumeId("rds-a", "rds1-aaaaaa-bbbbbbbbbbbbbbbbbbbb")
STAGING, TARGET, OTHER = "/staging", "/pods/one", "/pods/two"
NUMBER, OLD_NUMBER, FOREIGN = "259:2", "259:1", "8:1"
EXT4 = Capability(AccessMode.SINGLE_NODE_WRITER)
BLOCK = Capability(AccessMode.SINGLE_NODE_WRITER, None)


def nqn(sequence: int = 2) -> Nqn:
    """Name a publication; 2 is the current one."""
    return Nqn(VOLUME.slot, sequence, f"{sequence:016x}")


def held(sequence: int = 2, number: str = NUMBER, *, live: bool = True) -> Held:
    """Be connected under one name; no number is no device."""
    device = Connection(str(nqn(sequence)), f"/dev/{number}", number, 1 << 30, live) if number else None
    return Held(nqn(sequence), device)


def record(sequence: int = 2, **changes: object) -> StageRecord:
    """Remember an ext4 stage of one publication."""
    number = NUMBER if sequence == 2 else OLD_NUMBER
    staged = StageRecord(
        str(VOLUME), str(nqn(sequence)), sequence, "mount", "ext4", STAGING, read_only=False, device_number=number
    )
    return replace(staged, **changes)  # type: ignore[arg-type]  # one dict of fields for all tables


def block_record(sequence: int = 2, *targets: str) -> StageRecord:
    """Remember a block stage of one publication."""
    return record(sequence, kind="block", file_system="", targets=targets)


def mount(path: str = STAGING, number: str = NUMBER, *, read_only: bool = False) -> Mount:
    """Mount a device."""
    return Mount(path, number, "/", "ext4", f"/dev/{number}", read_only)


def volume(
    remembered: StageRecord | None = None,
    connections: tuple[Held, ...] = (),
    mounts: tuple[Mount, ...] = (),
    *,
    kind: PathKind = PathKind.DIRECTORY,
    block_targets: tuple[str, ...] = (),
) -> NodeVolume:
    """Put the facts together."""
    return NodeVolume(remembered, connections, mounts, PathFact(kind), block_targets)


def stage_request(capability: Capability = EXT4, sequence: int = 2) -> StageRequest:
    """Ask for a stage of one publication."""
    host = Host("nqn.2014-08.org.nvmexpress:uuid:one", "one")
    context = PublishContext(nqn(sequence), "192.0.2.1", 4420, 1 << 30, host, first_use=False, sole_node=True)
    return StageRequest(VOLUME, STAGING, capability, context)


def publish_request(
    capability: Capability = EXT4, sequence: int = 2, target: str = TARGET, *, read_only: bool = False
) -> PublishRequest:
    """Ask for a publication at a target path."""
    return PublishRequest(VOLUME, STAGING, target, capability, stage_request(capability, sequence).context, read_only)
