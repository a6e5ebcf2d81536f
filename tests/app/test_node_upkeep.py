"""A node looks after its volumes without being asked."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from rds_csi_async.app.config import Settings
from rds_csi_async.app.node_upkeep import start_upkeep
from rds_csi_async.services.operations import Supervisor
from tests.services.node_world import VOLUME, NodeWorld, nqn, stage_record, stage_request

SETTINGS = Settings(mode="node", cluster_id="cluster-1", node_name="n1", scan_interval_s=60, orphan_grace_s=300)


async def _run(world: NodeWorld, settings: Settings, for_s: float) -> None:
    background = Supervisor()
    start_upkeep(settings, world.ports, world.staging, world.operations, background)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(for_s):
            await asyncio.Event().wait()
    await background.drain(0)


@pytest.mark.looptime
async def test_trouble_is_found_and_told_of_the_claim() -> None:
    """Within an interval and a bit."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    await world.ports.stage_records.save(VOLUME.slot, stage_record(claim="home/photos"))
    world.node.drop_link(str(nqn()))
    await _run(world, SETTINGS, 75)
    assert [(str(e.subject), str(e.reason)) for e in world.events.announced] == [
        ("PersistentVolumeClaim home/photos", "ConnectionFailure")
    ]


@pytest.mark.looptime
@pytest.mark.parametrize(("grace_s", "left"), [(0, 1), (86400, 1)])
async def test_an_orphan_stays_for_its_grace_time(grace_s: int, left: int) -> None:
    """For ever where nobody wants it ended."""
    world = NodeWorld()
    await world.ports.connections.connect(stage_request().target)
    await world.ports.stage_records.save(VOLUME.slot, stage_record())
    await _run(world, replace(SETTINGS, orphan_grace_s=grace_s), 200)
    record = world.find_record()
    assert record is not None
    assert (len(world.node.attached), bool(record.unused_since)) == (left, grace_s > 0)
