"""A volume is looked at without being touched, whatever state it is in."""

import pytest

from rds_csi_async.domain.errors import DeadlineError, DriverError, HostError, StuckError
from rds_csi_async.domain.scans import WELL, Trouble
from tests.fakes.faults import Faults
from tests.services.node_world import BLOCK, VOLUME, NodeWorld, nqn, publish_request, stage_request


@pytest.fixture
async def world() -> NodeWorld:
    """Give a node that published a file system."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    await world.mounting.publish(publish_request())
    return world


async def test_a_volume_that_is_well_was_asked(world: NodeWorld) -> None:
    """Its file system answered."""
    world.node.calls.clear()
    assert (await world.examining.examine(VOLUME.slot))[1] is WELL
    assert "get_usage" in world.node.calls
    assert await world.examining.list_slots() == (VOLUME.slot,)


@pytest.mark.parametrize("error", [HostError("EIO"), StuckError("it hangs"), DeadlineError("late")])
async def test_one_that_does_not_answer_hangs(world: NodeWorld, error: DriverError) -> None:
    """The link is up and the mount is right, and still nothing comes."""
    world.node.calls.clear()
    await world.examining.examine(VOLUME.slot)
    world.restart(Faults(at=world.node.calls.index("get_usage"), error=error))
    _, found = await world.examining.examine(VOLUME.slot)
    assert (found.trouble, str(error) in found.note) == (Trouble.HUNG, True)


async def test_what_is_lost_is_not_asked(world: NodeWorld) -> None:
    """Whoever asks a dead mount may wait for ever."""
    world.node.lose(str(nqn()))
    world.node.calls.clear()
    assert (await world.examining.examine(VOLUME.slot))[1].trouble is Trouble.STALE
    assert "get_usage" not in world.node.calls


async def test_a_block_device_is_not_asked() -> None:
    """Nobody but its pod knows what is on it."""
    world = NodeWorld()
    await world.staging.stage(stage_request(BLOCK))
    world.node.calls.clear()
    assert (await world.examining.examine(VOLUME.slot))[1] is WELL
    assert "get_usage" not in world.node.calls


async def test_a_volume_that_is_not_here_is_well() -> None:
    """Nothing can be wrong with it."""
    assert (await NodeWorld().examining.examine(VOLUME.slot))[1] is WELL
