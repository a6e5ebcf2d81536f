"""Connections that nobody uses are ended, late, and only when they are ours."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.identifiers import NQN_PREFIX
from tests.fakes.faults import Faults
from tests.services.node_world import (
    BLOCK,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    nqn,
    publish_request,
    stage_record,
    stage_request,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GRACE = timedelta(minutes=15)
LATER = NOW + GRACE


async def _orphaned() -> NodeWorld:
    """Give a node whose stage was cut short: attached, and never mounted."""
    world = NodeWorld()
    await world.ports.connections.connect(stage_request().target)
    await world.ports.stage_records.save(VOLUME.slot, stage_record())
    return world


async def test_an_orphan_is_ended_after_the_grace_time() -> None:
    """It is written down first, by whichever process sees it; told and counted when it is gone."""
    world = await _orphaned()
    await world.sweeping.sweep(NOW, GRACE)
    world.restart()
    await world.sweeping.sweep(LATER - timedelta(seconds=1), GRACE)
    assert list(world.node.attached) == [str(nqn())]
    await world.sweeping.sweep(LATER, GRACE)
    assert (world.node.attached, world.node.cut) == ({}, [])
    assert (world.reasons, world.telemetry.count("orphan_cleaned")) == (["OrphanCleaned"], 1)
    record = world.find_record()
    assert record is not None
    assert record.unused_since == ""


async def test_what_is_mounted_stays() -> None:
    """However long; and nothing is written."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    before = dict(world.texts)
    for hours in range(3):
        await world.sweeping.sweep(NOW + timedelta(hours=hours), GRACE)
    assert (list(world.node.attached), world.texts) == ([str(nqn())], before)


async def test_what_comes_to_be_used_begins_anew() -> None:
    """The time before does not count."""
    world = await _orphaned()
    await world.sweeping.sweep(NOW, GRACE)
    await world.staging.stage(stage_request())
    await world.sweeping.sweep(LATER, GRACE)
    record = world.find_record()
    assert record is not None
    assert (record.unused_since, list(world.node.attached)) == ("", [str(nqn())])


async def test_a_published_block_device_stays() -> None:
    """Nobody can see whether its pod has it open."""
    world = NodeWorld()
    await world.staging.stage(stage_request(BLOCK))
    await world.mounting.publish(publish_request(BLOCK))
    for hours in range(3):
        await world.sweeping.sweep(NOW + timedelta(hours=hours), GRACE)
    assert list(world.node.attached) == [str(nqn())]


@pytest.mark.parametrize("name", [str(nqn()), f"{NQN_PREFIX}boot", "nqn.2000-02.com.mikrotik:boot"])
async def test_nothing_foreign_is_touched(name: str) -> None:
    """A node that boots from the same appliance, or what a person attached: there is no state file of it."""
    world = NodeWorld()
    await world.ports.connections.connect(stage_request().target)
    world.node.attached[name] = world.node.attached.pop(str(nqn()))
    for hours in range(3):
        await world.sweeping.sweep(NOW + timedelta(hours=hours), GRACE)
    assert (list(world.node.attached), world.reasons) == ([name], [])


async def test_an_older_publications_connection_goes_alone() -> None:
    """The newer one is in use."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    world.publish_again()
    await world.ports.stage_records.save(VOLUME.slot, stage_record())
    await world.ports.connections.connect(stage_request(sequence=2).target)
    for hours in range(2):
        await world.sweeping.sweep(NOW + timedelta(hours=hours), GRACE)
    assert list(world.node.attached) == [str(nqn())]
    assert world.paths_mounted() == [STAGING]


async def test_what_is_being_worked_on_is_used() -> None:
    """Kubelet's call goes on, and the sweeper comes back."""
    world = await _orphaned()
    await world.sweeping.sweep(NOW, GRACE)
    hold = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(world.operations.run(VOLUME.slot, "kubelet's", hold.wait))
        await asyncio.sleep(0)
        await world.sweeping.sweep(LATER, GRACE)
        assert list(world.node.attached) == [str(nqn())]
        hold.set()


async def test_a_mount_between_two_looks_saves_it() -> None:
    """The mount table is asked again right before anything is detached."""
    world = await _orphaned()
    await world.sweeping.sweep(NOW, GRACE)
    world.node.calls.clear()
    await world.sweeping.sweep(LATER - timedelta(minutes=1), GRACE)
    assert "disconnect" not in world.node.calls
    await world.staging.stage(stage_request())
    await world.mounting.publish(publish_request())
    await world.sweeping.sweep(LATER + timedelta(days=1), GRACE)
    assert world.paths_mounted() == [STAGING, TARGET]


@pytest.mark.parametrize("at", range(12))
async def test_whatever_fails_the_next_sweep_ends_it(at: int) -> None:
    """Nothing is left half done that is not taken up again."""
    world = await _orphaned()
    await world.sweeping.sweep(NOW, GRACE)
    world.restart(Faults(at=at, error=HostError("EIO")))
    await world.sweeping.sweep(LATER, GRACE)
    world.restart()
    await world.sweeping.sweep(LATER, GRACE)
    await world.sweeping.sweep(LATER + GRACE, GRACE)
    assert (world.node.attached, world.node.cut) == ({}, [])
