"""A volume's whole life over NVMe/TCP."""

import asyncio

import pytest

from tests.e2e.traces import list_left
from tests.vm.rig import ENTER, KINDS, LEAVE, VmRig

pytestmark = pytest.mark.vm


@pytest.mark.parametrize("kind", KINDS)
async def test_a_whole_life(rig: VmRig, kind: str) -> None:
    """Made, used, grown while used, left, used again under a new name with its data, and deleted: nothing is left."""
    life = await rig.begin(kind)
    first = life.volume.context["nqn"]
    await life.live(["expand", "expand on node", *LEAVE, *ENTER])
    assert life.volume.context["nqn"] != first
    await rig.end(life)
    assert await asyncio.to_thread(list_left, rig) == []


async def test_the_target_away_for_five_seconds(rig: VmRig, kind: str) -> None:
    """Names and mounts stay, what was to be written meanwhile waits and is written; nothing is done about it."""
    life = await rig.begin(kind)
    before = await rig.find(life.volume)
    await rig.take_exports_away()
    await rig.wait_state(life.volume, "connecting")
    writing = asyncio.get_running_loop().run_in_executor(None, life.write_again)
    done, _ = await asyncio.wait([writing], timeout=5)
    assert not done
    await rig.bring_exports_back()
    await asyncio.wait_for(writing, 60)
    await rig.wait_state(life.volume, "live")
    assert await rig.find(life.volume) == before
    await rig.end(life)
