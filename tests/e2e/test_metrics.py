"""Whatever can be counted is: after all that can happen to volumes, no family is left that nobody has fed."""

import asyncio
import re
from dataclasses import dataclass

import pytest
from grpclib.exceptions import GRPCError

from rds_csi_async.csi import wire
from rds_csi_async.observability import catalogue
from rds_csi_async.observability.appliance_catalogue import VOLUMES_LEFT_OUT_TOTAL
from rds_csi_async.observability.exposition import Kind
from tests.csi.serving import block
from tests.e2e.alerting import Watched
from tests.e2e.calls import VolumeCalls
from tests.e2e.lives import Life
from tests.e2e.rig import Rig

FED_ELSEWHERE = {
    catalogue.EVENTS_TOTAL.name: "there is no cluster here: tests/app/test_node_wiring.py",
    catalogue.STALE_MOUNTS_TOTAL.name: "tests/e2e/test_node_alerts.py, as the next two",
    catalogue.STALE_RECOVERIES_TOTAL.name: "",
    catalogue.ORPHANS_TOTAL.name: "",
    catalogue.WRITTEN_OFF_TOTAL.name: "what no signal ends: tests/app/test_node_wiring.py, as the next",
    catalogue.CHILDREN_HANGING.name: "",
    VOLUMES_LEFT_OUT_TOTAL.name: "more volumes than have series: tests/observability/test_appliance_metrics.py",
}


@dataclass
class SharedCalls(VolumeCalls):
    """A raw volume that several nodes may write to, as live migration needs it."""

    kind: str = "block"

    @property
    def capability(self) -> wire.VolumeCapability:
        """What it is used as."""
        return block("MULTI_NODE_MULTI_WRITER")


@pytest.fixture
async def watched(rig: Rig) -> Watched:
    """Have a driver of both kinds, that looks often, and shows all it can."""
    await rig.start_simulator()
    await rig.start_driver(survey_interval_s="1", scan_interval_s="1", volume_series="10")
    return Watched(rig)


async def _live(watched: Watched) -> None:
    """Let one volume be made, used, grown, refused to another node, and deleted."""
    volume = VolumeCalls(watched.rig.kubelet, "xfs")
    await asyncio.to_thread(volume.prepare)
    life = Life(watched.rig, volume)
    await life.live(["create", "open", "stage", "publish"])
    await watched.wait_for(lambda count: count == 1, "rds_csi_nvme_connections_active")
    await watched.wait_for(lambda count: count == 1, "rds_csi_volumes", appliance="mock", state="published")
    await life.live(["expand", "expand on node"])
    volume.node_name = "worker-2"
    async with watched.rig.client() as client:
        with pytest.raises(GRPCError, match="worker-1"):
            await volume.open(client)
    volume.node_name = "worker-1"
    await life.live(["unpublish", "unstage", "close", "delete"])
    await watched.wait_for(lambda count: count == 0, "rds_csi_nvme_connections_active")


async def _migrate(watched: Watched) -> None:
    """Let one volume move from a node to another, which both hold for a while."""
    volume = SharedCalls(watched.rig.kubelet)
    async with watched.rig.client() as client:
        await volume.create(client)
        for volume.node_name in ("worker-1", "worker-2"):
            await volume.open(client)
        await watched.wait_for(lambda count: count == 1, "rds_csi_migration_active_migrations")
        await watched.wait_for(lambda count: count == 1, "rds_csi_volumes", appliance="mock", state="shared")
        for volume.node_name in ("worker-1", "worker-2"):
            await volume.close(client)
    await watched.wait_for(lambda count: count == 0, "rds_csi_migration_active_migrations")
    await watched.wait_for(lambda count: count == 1, "rds_csi_migration_migrations_total", result="success")


async def _wait(watched: Watched) -> None:
    """Let one call take long."""
    await watched.rig.control({"do": "fault", "kind": "delay", "ms": 200})
    volume = VolumeCalls(watched.rig.kubelet)
    async with watched.rig.client() as client, asyncio.TaskGroup() as group:
        call = group.create_task(volume.create(client))
        await watched.wait_for(lambda count: count == 1, "rds_csi_operations_pending", operation="create")
        await watched.wait_for(lambda age_s: age_s > 1, "rds_csi_operation_oldest_seconds", operation="create")
        await watched.rig.control({"do": "fault", "kind": "delay", "ms": 0})
        await call


async def _lose(watched: Watched) -> None:
    """Let the appliance be gone for a while."""
    text = await asyncio.to_thread(watched.rig.config.read_text)
    (port,) = re.findall(r"^port = (\d+)", text, flags=re.MULTILINE)
    address = {"appliance": "mock", "address": f"127.0.0.1:{port}"}
    await watched.rig.kill_simulator()
    await watched.wait_for(lambda up: up == 0, "rds_csi_rds_connection_state", **address)
    await watched.rig.start_simulator(port=int(port))
    await watched.wait_for(lambda up: up == 1, "rds_csi_rds_connection_state", **address)
    await watched.wait_for(lambda count: count == 1, "rds_csi_rds_reconnect_total", appliance="mock", status="success")


@pytest.mark.root
async def test_no_family_is_left_that_nobody_feeds(watched: Watched) -> None:
    """What may be unknown is shown, all else is more than 0; what this run cannot do says where it is proven."""
    await _live(watched)
    await _migrate(watched)
    await _wait(watched)
    await _lose(watched)
    await watched.look()
    fed: dict[str, float] = {}
    for look in watched.looks:
        for series, value in look.items():
            name = series.partition("{")[0]
            fed[name] = max(fed.get(name, 0), value)
    unfed = [
        one.name
        for one in catalogue.DEFINITIONS
        if one.name not in FED_ELSEWHERE
        and (name := f"{one.name}_count" if one.kind is Kind.HISTOGRAM else one.name)
        and not (name in fed if one.unknown else fed.get(name))
    ]
    assert unfed == []
