"""What a node does without being asked: looking after its volumes, and ending connections that nobody uses."""

from datetime import timedelta

from rds_csi_async.app.config import Settings
from rds_csi_async.domain.events import Event, Reason, claim_or_node
from rds_csi_async.domain.identifiers import host_of, node_id_of
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.ports.events import Events
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.ports.progress import Progress
from rds_csi_async.services.examining import Examining
from rds_csi_async.services.healing import Healing
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.scanning import Scanning, Tell
from rds_csi_async.services.staging import Staging
from rds_csi_async.services.sweeping import Sweeping

STALLED_AFTER_S = 1200.0  # longer than the longest step: healing waits for what is under way, which ends within 900 s


def start_upkeep(
    settings: Settings, ports: NodePorts, staging: Staging, operations: Operations, background: Supervisor
) -> None:
    """Start both, each as work that never ends."""
    examining = Examining(ports)
    host = host_of(settings.cluster_id, node_id_of(settings.cluster_id, settings.node_name))
    healing = Healing(host, ports, examining, operations, staging.stage)
    tell = _tell(settings, ports.events)
    progress = Progress("the scanner", STALLED_AFTER_S + 2 * settings.scan_interval_s)
    scanning = Scanning(examining, healing, ports.telemetry, tell, progress.step)
    background.start_endless("look after the volumes", scanning.watch(settings.scan_interval_s), progress)
    if settings.orphan_grace_s:
        sweeping = Sweeping(examining, ports, operations, tell)
        grace = timedelta(seconds=settings.orphan_grace_s)
        background.start_endless("end unused connections", sweeping.watch(settings.scan_interval_s, grace))


def _tell(settings: Settings, events: Events) -> Tell:
    def tell(record: StageRecord | None, reason: Reason, note: str) -> None:
        claim = "" if record is None else record.claim
        events.announce(Event(claim_or_node(claim, settings.node_name), reason, note))

    return tell
