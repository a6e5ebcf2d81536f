"""The calls that are made, of which volumes, and what came of them."""

from dataclasses import dataclass
from typing import Any, Final

from grpclib.const import Status

from rds_csi_async.csi import wire
from rds_csi_async.csi.statuses import RETRIED
from rds_csi_async.domain.identifiers import node_id_of, slot_of
from rds_csi_async.domain.sizes import MIB
from tests.csi.serving import block, mounted
from tests.examples import CLUSTER
from tests.fakes.appliances import POOL

KEY: Final = "rds"
VOLUMES: Final = range(10)
NODES: Final = tuple(node_id_of(CLUSTER, name) for name in ("a", "b.example", "c"))
SIZES: Final = (16 * MIB, 20 * MIB, 48 * MIB)
_PATH: Final = "/csi.v1.Controller/"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one kind: `create`, `delete`, `publish`, `unpublish`, `expand`, `get` or `list`."""

    kind: str
    number: int = 0
    node: str = ""
    size_bytes: int = 0

    def __str__(self) -> str:
        """Say what is asked."""
        more = [self.node.partition(".")[0]] if self.node else []
        more += [f"{self.size_bytes // MIB}M"] if self.size_bytes else []
        return " ".join([self.kind, *([] if self.kind == "list" else [str(self.number)]), *more])

    @property
    def slot(self) -> str:
        """Where its volume is."""
        return slot_of(CLUSTER, KEY, f"pvc-{self.number}")

    @property
    def volume_id(self) -> str:
        """What the cluster calls it."""
        return f"{KEY}:{self.slot}"

    @property
    def shared(self) -> bool:
        """Whether several nodes may hold the volume: some are block volumes for that."""
        return self.number % 3 == 2

    @property
    def is_of_existence(self) -> bool:
        """Whether a provisioner makes this call, which makes one of them a volume at a time."""
        return self.kind in {"create", "delete"}

    @property
    def method(self) -> str:
        """The method that is called."""
        names = {
            "create": "CreateVolume", "delete": "DeleteVolume", "publish": "ControllerPublishVolume",
            "unpublish": "ControllerUnpublishVolume", "expand": "ControllerExpandVolume",
            "get": "ControllerGetVolume", "list": "ListVolumes",
        }  # fmt: skip
        return _PATH + names[self.kind]

    def request(self) -> Any:
        """Make the request."""
        return getattr(self, f"_{self.kind}")()

    def _create(self) -> wire.CreateVolumeRequest:
        return wire.CreateVolumeRequest(
            name=f"pvc-{self.number}",
            capacity_range=wire.CapacityRange(required_bytes=self.size_bytes),
            volume_capabilities=[self._capability()],
            parameters={"appliance": KEY, "pool": POOL},
        )

    def _delete(self) -> wire.DeleteVolumeRequest:
        return wire.DeleteVolumeRequest(volume_id=self.volume_id)

    def _publish(self) -> wire.ControllerPublishVolumeRequest:
        return wire.ControllerPublishVolumeRequest(
            volume_id=self.volume_id, node_id=self.node, volume_capability=self._capability()
        )

    def _unpublish(self) -> wire.ControllerUnpublishVolumeRequest:
        return wire.ControllerUnpublishVolumeRequest(volume_id=self.volume_id, node_id=self.node)

    def _expand(self) -> wire.ControllerExpandVolumeRequest:
        size = wire.CapacityRange(required_bytes=self.size_bytes)
        return wire.ControllerExpandVolumeRequest(volume_id=self.volume_id, capacity_range=size)

    def _get(self) -> wire.ControllerGetVolumeRequest:
        return wire.ControllerGetVolumeRequest(volume_id=self.volume_id)

    def _list(self) -> wire.ListVolumesRequest:
        return wire.ListVolumesRequest()

    def _capability(self) -> wire.VolumeCapability:
        return block("MULTI_NODE_MULTI_WRITER") if self.shared else mounted()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a controller said."""

    status: Status
    said: str = ""
    response: Any = None

    @property
    def is_known(self) -> bool:
        """Whether it claims to know what came of the call; after any other it is made again."""
        return self.status not in RETRIED

    def __str__(self) -> str:
        """Say it in short."""
        return self.status.name + (f" {self.said[:160]}" if self.said else "")
