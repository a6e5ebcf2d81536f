"""All that the node's use cases stand on, in one hand: each takes what it needs."""

from dataclasses import dataclass

from rds_csi_async.ports.connections import Connections
from rds_csi_async.ports.events import Events
from rds_csi_async.ports.filesystems import Filesystems
from rds_csi_async.ports.mounts import Mounts
from rds_csi_async.ports.stage_records import StageRecords
from rds_csi_async.ports.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class NodePorts:
    """One node's."""

    connections: Connections
    mounts: Mounts
    filesystems: Filesystems
    stage_records: StageRecords
    telemetry: Telemetry
    events: Events
