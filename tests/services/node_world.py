"""One node, one exported volume, and the node's use cases over them."""

from dataclasses import dataclass, field, replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.contexts import PublishContext, encode_publish_context
from rds_csi_async.domain.events import Event, Reason, claim_or_node
from rds_csi_async.domain.identifiers import Host, Nqn, VolumeId, slot_of
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind
from rds_csi_async.domain.publications import PublishRequest
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.stage_records import StageRecord, decode_stage_record
from rds_csi_async.domain.staging import StageRequest
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.examining import Examining
from rds_csi_async.services.growing import Growing
from rds_csi_async.services.healing import Healing
from rds_csi_async.services.measuring import Measuring
from rds_csi_async.services.mounting import Mounting
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.scanning import Scanning
from rds_csi_async.services.staging import Staging
from rds_csi_async.services.sweeping import Sweeping
from tests.fakes.connections import FakeConnections
from tests.fakes.events import FakeEvents
from tests.fakes.faults import Faults
from tests.fakes.filesystems import FakeFilesystems
from tests.fakes.mounts import FakeMounts
from tests.fakes.node import FakeDisk, FakeNode
from tests.fakes.stage_records import FakeStageRecords
from tests.fakes.telemetry import FakeTelemetry

VOLUME = VolumeId("rds-a", slot_of("cluster-1", "rds-a", "pvc-1"))
HOST = Host("nqn.2014-08.org.nvmexpress:uuid:host-1", "host-1")
STAGING = "/kubelet/staging/globalmount"
TARGET = "/kubelet/pods/one/volumes/pvc-1/mount"
OTHER_TARGET = "/kubelet/pods/two/volumes/pvc-1/mount"
DEVICE_TARGET = "/kubelet/publish/pvc-1/pod-one"
SIZE_BYTES = 64 * MIB

EXT4 = Capability(AccessMode.SINGLE_NODE_WRITER)
READ_ONLY = Capability(AccessMode.SINGLE_NODE_READER_ONLY)
MANY_READERS = Capability(AccessMode.MULTI_NODE_READER_ONLY)
ALONE = Capability(AccessMode.SINGLE_NODE_SINGLE_WRITER)
BTRFS = Capability(AccessMode.SINGLE_NODE_WRITER, "btrfs")
BLOCK = Capability(AccessMode.SINGLE_NODE_WRITER, None)


def nqn(sequence: int = 1) -> Nqn:
    """Give the name of one publication."""
    return Nqn(VOLUME.slot, sequence, f"{sequence:016x}")


def context(sequence: int = 1, *, first_use: bool | None = None, sole_node: bool = True) -> PublishContext:
    """Give the context of one publication; the first one is the first use unless said otherwise."""
    first = sequence == 1 if first_use is None else first_use
    return PublishContext(nqn(sequence), "192.0.2.1", 4420, SIZE_BYTES, HOST, first, sole_node)


def stage_request(capability: Capability = EXT4, sequence: int = 1) -> StageRequest:
    """Ask for a stage."""
    return StageRequest(VOLUME, STAGING, capability, context(sequence))


def publish_request(
    capability: Capability = EXT4, sequence: int = 1, target: str = "", *, read_only: bool = False
) -> PublishRequest:
    """Ask for a publication."""
    path = target or (TARGET if capability.kind == "mount" else DEVICE_TARGET)
    return PublishRequest(VOLUME, STAGING, path, capability, context(sequence), read_only)


def stage_record(sequence: int = 1, **changes: object) -> StageRecord:
    """Give the state file of an ext4 volume that is staged from the first device of the node."""
    record = StageRecord(
        str(VOLUME), str(nqn(sequence)), sequence, "mount", "ext4", STAGING, read_only=False, device_number="259:0",
        mode="snw", context=encode_publish_context(context(sequence)),
    )  # fmt: skip
    changed = replace(record, **changes)  # type: ignore[arg-type]  # one dict of fields for all tests
    number = changed.device_number.partition(":")[2]
    return replace(changed, device=f"/dev/nvme{number}n1" if number else "")


@dataclass
class NodeWorld:
    """A node whose appliance exports one volume; `faults` stands before every port."""

    node: FakeNode = field(default_factory=FakeNode)
    disk: FakeDisk = field(default_factory=lambda: FakeDisk(SIZE_BYTES))
    texts: dict[str, str] = field(default_factory=dict)
    telemetry: FakeTelemetry = field(default_factory=FakeTelemetry)
    events: FakeEvents = field(default_factory=FakeEvents)
    faults: Faults = field(default_factory=Faults)
    steps: int = 0

    def __post_init__(self) -> None:
        """Export the volume, and build the use cases."""
        self.node.exports[str(nqn())] = self.disk
        self.restart()

    def restart(self, faults: Faults | None = None) -> None:
        """Begin a new process upon the same node; its ports fail as told."""
        self.faults = Faults() if faults is None else faults
        behind, sound = self.faults.behind, self.ports
        ports = NodePorts(
            behind(sound.connections),
            behind(sound.mounts),
            behind(sound.filesystems),
            behind(sound.stage_records),
            self.telemetry,
            self.events,
        )
        self.operations = Operations(Supervisor())
        self.examining = Examining(ports)
        self.staging = Staging(ports)
        self.mounting = Mounting(ports, self.staging.stage)
        self.growing = Growing(ports)
        self.measuring = Measuring(ports)
        healing = Healing(HOST, ports, self.examining, self.operations, self.staging.stage)
        self.scanning = Scanning(self.examining, healing, self.telemetry, self.tell, self.step)
        self.sweeping = Sweeping(self.examining, ports, self.operations, self.tell)

    @property
    def ports(self) -> NodePorts:
        """Give the node's ports, which do not fail."""
        node = self.node
        records = FakeStageRecords(node, texts=self.texts)
        return NodePorts(
            FakeConnections(node), FakeMounts(node), FakeFilesystems(node), records, self.telemetry, self.events
        )

    def step(self) -> None:
        """Count a step of the scanner's."""
        self.steps += 1

    def tell(self, record: StageRecord | None, reason: Reason, note: str) -> None:
        """Announce something of a volume."""
        self.events.announce(Event(claim_or_node(record.claim if record else "", "n1"), reason, note))

    @property
    def reasons(self) -> list[str]:
        """List the reasons of what was announced."""
        return [str(event.reason) for event in self.events.announced]

    def publish_again(self, sequence: int = 2) -> None:
        """Have the appliance give the volume another name, as after a forced detach."""
        self.node.exports = {str(nqn(sequence)): self.disk}

    def reboot(self) -> None:
        """Start the node anew: what is on its disk stays, the rest is gone. Device numbers begin again."""
        self.node.attached.clear()
        self.node.mounts.clear()
        self.node.devices_made = 0
        self.restart()

    def stand(self, path: str, kind: PathKind) -> None:
        """Put something at a path."""
        self.node.paths[path] = PathFact(kind)

    def mount_foreign(self, path: str) -> None:
        """Have something else mounted at a path."""
        self.stand(path, PathKind.DIRECTORY)
        self.node.mounts.append(Mount(path, "8:1", "/", "ext4", "/dev/sda1", read_only=False))

    def find_record(self) -> StageRecord | None:
        """Read the state file."""
        text = self.texts.get(VOLUME.slot)
        return None if text is None else decode_stage_record(text, VOLUME.slot)

    def find_targets(self) -> tuple[str, ...]:
        """Read which targets the state file names."""
        record = self.find_record()
        return () if record is None else record.targets

    def paths_mounted(self) -> list[str]:
        """List where anything is mounted, in order."""
        return [mount.path for mount in self.node.mounts]

    def is_clean(self) -> bool:
        """Tell whether nothing of the volume is on the node."""
        return not (self.node.attached or self.node.mounts or self.texts or self.node.cut)


async def staged_world(capability: Capability = EXT4) -> NodeWorld:
    """Give a node that has staged the volume."""
    world = NodeWorld()
    await world.staging.stage(stage_request(capability))
    return world


class OnNode:
    """Tests that begin on a node with nothing on it."""

    @pytest.fixture
    def world(self) -> NodeWorld:
        """Give the node."""
        return NodeWorld()
