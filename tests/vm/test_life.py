"""A volume's whole life over NVMe/TCP."""

import asyncio

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from tests.e2e.traces import list_left
from tests.vm.rig import ENTER, LEAVE, VmRig

pytestmark = pytest.mark.vm


@pytest.mark.kind("btrfs")
async def test_a_whole_life(rig: VmRig, kind: str) -> None:
    """Made, used, grown while used, left, used again under a new name with its data, and deleted: nothing is left."""
    life = await rig.begin(kind)
    first = life.volume.context["nqn"]
    await life.live(["expand", "expand on node", *LEAVE, *ENTER])
    assert life.volume.context["nqn"] != first
    await rig.end(life)
    assert await asyncio.to_thread(list_left, rig) == []


@pytest.mark.kind("block")
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


@pytest.mark.kind("xfs")
async def test_staged_twice_at_once(rig: VmRig, kind: str) -> None:
    """One device, one mount: a call that comes while another runs joins it or comes again."""
    await rig.start_simulator()
    await rig.start_driver()
    life = await rig.new_life(kind)
    await life.live(["create", "open"])
    async with rig.client() as client:
        calls = (life.volume.stage(client) for _ in range(3))
        answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [answer for answer in answers if answer is not None]
    assert len(refused) < len(answers)
    assert all(isinstance(each, GRPCError) and each.status is Status.ABORTED for each in refused)
    found = await rig.find(life.volume)
    assert found is not None
    assert (len(found.controllers), len(found.namespaces)) == (1, 1)
    await life.live(["stage", "publish"])
    await rig.end(life)


async def test_attached_by_hand_before(rig: VmRig, kind: str) -> None:
    """What somebody has connected as this node is taken as it is, not doubled, and detached in the end."""
    await rig.start_simulator()
    await rig.start_driver()
    life = await rig.new_life(kind)
    await life.live(["create", "open"])
    context = life.volume.context
    who = (f"--hostnqn={context['hostNqn']}", f"--hostid={context['hostId']}")
    where = ("--transport=tcp", f"--traddr={context['address']}", f"--trsvcid={context['port']}")
    await rig.run("nvme", "connect", *where, *who, f"--nqn={context['nqn']}")
    before = await rig.find(life.volume)
    await life.live(["stage", "publish"])
    after = await rig.find(life.volume)
    assert before is not None
    assert after is not None
    assert [each.name for each in after.controllers] == [each.name for each in before.controllers]
    await rig.end(life)
