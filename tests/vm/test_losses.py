"""Controllers that are lost for good: the mount looks as ever, and is dead; it is found, and healed or told of."""

import asyncio
import errno

import pytest
from grpclib.exceptions import GRPCError

from tests.e2e import pods
from tests.e2e.lives import Life
from tests.vm.rig import VmRig

pytestmark = pytest.mark.vm
_DETECTED, _HEALED = "rds_csi_stale_mounts_detected_total", "rds_csi_stale_recoveries_total"
_SCAN_S = 3
_ONE_SCAN_S = 1.2 * _SCAN_S + 10.0  # with its jitter, and the time that looking takes in a guest that is emulated


async def _lose(rig: VmRig, *lives: Life) -> None:
    """Have the kernel give up what it has of the volumes; then the appliance is back."""
    await rig.take_exports_away()
    for life in lives:
        await rig.wait_state(life.volume, "gone")
    await rig.bring_exports_back()


async def _tell_of(rig: VmRig, life: Life) -> str:
    """Give what the driver tells of a volume that is not well; empty when it is."""
    async with rig.client() as client:
        condition = (await life.volume.measure(client)).volume_condition
    return condition.message if condition.abnormal else ""


async def _ensure_dead(life: Life) -> None:
    """Insist that nothing can be written: neither it nor anything that follows would ever arrive."""
    with pytest.raises(OSError, match=r".") as failure:
        await asyncio.to_thread(pods.write, life.volume.target)
    assert failure.value.errno in {errno.EIO, errno.EROFS, errno.ENOSPC, errno.ENXIO, errno.ENODEV}


async def _list_mounts(rig: VmRig, life: Life) -> list[str]:
    lines = (await rig.run("cat", "/proc/self/mountinfo")).splitlines()
    return [line for line in lines if life.volume.name in line]


async def _have_next_pod(rig: VmRig, life: Life) -> None:
    """Let the pod go, and have the next one, which finds the volume as what was written last had left it."""
    await life.live(["unpublish"])
    if life.volume.kind == "block":  # of which nothing is mounted that could be made anew: kubelet stages it again
        await life.live(["stage"])
    else:
        await rig.wait_measured(_HEALED, 1, _ONE_SCAN_S)
    await life.live(["publish"])


async def test_expiry_under_a_pod(rig: VmRig, kind: str) -> None:
    """Found within one scan, told of, left alone while the pod is there, and staged anew under a new name after it."""
    rig.nvme["ctrl_loss_timeout_s"], rig.scan_interval_s = 1, _SCAN_S
    life = await rig.begin(kind)
    mounts = await _list_mounts(rig, life)
    await _lose(rig, life)
    await rig.wait_measured(_DETECTED, 1, _ONE_SCAN_S)
    assert "pod" in await _tell_of(rig, life)
    await _ensure_dead(life)
    assert await rig.find(life.volume) is None  # so no second mount of the dead file system either
    assert await _list_mounts(rig, life) == mounts
    async with rig.client() as client:
        with pytest.raises(GRPCError, match="delete the pods"):
            await life.volume.stage(client)
    await _have_next_pod(rig, life)
    assert await _tell_of(rig, life) == ""
    await rig.end(life)


@pytest.mark.kind("xfs", without=("block",))
async def test_expiry_under_nobody(rig: VmRig, kind: str) -> None:
    """Staged anew within one scan: kubelet, which believes it staged, has nothing to do but to publish."""
    rig.nvme["ctrl_loss_timeout_s"], rig.scan_interval_s = 1, _SCAN_S
    life = await rig.begin(kind)
    await life.live(["unpublish"])
    before = await rig.find(life.volume)
    await _lose(rig, life)
    await rig.wait_state(life.volume, "live")
    after = await rig.find(life.volume)
    assert before is not None
    assert after is not None
    assert before.namespaces[0].name != after.namespaces[0].name
    await rig.wait_measured(_HEALED, 1, _ONE_SCAN_S)
    assert await rig.measure(_DETECTED) == 1
    await life.live(["publish"])
    await rig.end(life)


@pytest.mark.kind("ext4", without=("block",))
async def test_a_new_pod_before_the_scan(rig: VmRig, kind: str) -> None:
    """Kubelet publishes upon what it believes staged: it is staged anew on the way, and never is the dead one shown."""
    rig.nvme["ctrl_loss_timeout_s"] = 1
    life = await rig.begin(kind)
    await life.live(["unpublish"])
    await _lose(rig, life)
    await life.live(["publish"])
    assert await rig.measure(_HEALED) == 1
    await rig.end(life)


@pytest.mark.kind("ext4")
async def test_one_port_for_all_and_an_export_that_is_late(rig: VmRig, kind: str) -> None:
    """The port refuses for a while: 6.1 asks on and loses nothing, 6.12 has lost it, which is found and healed."""
    rig.scan_interval_s = _SCAN_S
    early, late = await rig.begin(kind), await rig.begin(kind)
    assert early.volume.context["port"] == late.volume.context["port"]
    await rig.take_exports_away()
    await rig.bring_exports_back(early.volume.context["nqn"])
    await rig.wait_state(early.volume, "live")
    await asyncio.to_thread(early.write_again)
    if await rig.is_newer():
        await rig.wait_state(late.volume, "gone")
        await rig.wait_measured(_DETECTED, 1, _ONE_SCAN_S)
        await _ensure_dead(late)
        assert "pod" in await _tell_of(rig, late)
        await rig.bring_exports_back()
        await _have_next_pod(rig, late)
    else:
        await rig.wait_state(late.volume, "connecting")
        assert "link" in await _tell_of(rig, late)
        await rig.bring_exports_back()
        await rig.wait_state(late.volume, "live")
        await asyncio.to_thread(late.write_again)
        assert await rig.measure(_DETECTED) == 0
    await rig.end(early, late)
