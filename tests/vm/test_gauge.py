"""The number of connections that the driver tells is the kernel's own, whoever changed it."""

import asyncio
from pathlib import Path

import pytest

from rds_csi_async.domain.identifiers import NQN_PREFIX
from tests.e2e.lives import Life
from tests.host.nvmet import nvmet_fabric
from tests.vm.rig import VmRig

pytestmark = pytest.mark.vm
_ACTIVE = "rds_csi_nvme_connections_active"
_FOREIGN = "nqn.2024-01.io.example:somebody"


async def test_connections_active(rig: VmRig) -> None:
    """After a driver's restart, a disconnect that nobody asked it for, and the loss of targets."""
    rig.nvme["ctrl_loss_timeout_s"] = 1
    first, second = await rig.begin(), await rig.begin()
    await _ensure_told(rig, 2)
    await rig.kill_driver()
    await rig.start_driver()
    await _ensure_told(rig, 2)
    await rig.run("nvme", "disconnect", f"--nqn={first.volume.context['nqn']}")
    await _ensure_told(rig, 1)
    await rig.take_exports_away()
    await rig.wait_state(second.volume, "gone")
    await _ensure_told(rig, 0)
    await rig.bring_exports_back()
    for life in (first, second):
        await _begin_anew(life)
    await _ensure_told(rig, 2)
    await rig.end(first, second)
    await _ensure_told(rig, 0)


async def test_anothers_connection_is_not_counted_and_not_touched(rig: VmRig, tmp_path: Path) -> None:
    """As of a node that boots from the same appliance: it outlives all that the driver does."""
    async with nvmet_fabric(tmp_path / "elsewhere") as fabric:
        fabric.port += 1
        await asyncio.to_thread((tmp_path / "elsewhere").mkdir)
        await fabric.export(_FOREIGN, 32 << 20)
        await rig.run("nvme", "connect", "-t", "tcp", "-a", fabric.address, "-s", str(fabric.port), "-n", _FOREIGN)
        try:
            life = await rig.begin()
            await _ensure_told(rig, 1)
            await rig.kill_driver()
            await rig.start_driver(orphan_grace_s="1", scan_interval_s="1")
            await rig.end(life)
            await _ensure_told(rig, 0)
            assert await _list_live(rig, _FOREIGN) == [_FOREIGN]
        finally:
            await rig.run("nvme", "disconnect", f"--nqn={_FOREIGN}")


async def _ensure_told(rig: VmRig, count: int) -> None:
    """Insist that there are so many, and that the driver says so soon."""
    assert len(await _list_live(rig, NQN_PREFIX)) == count
    await rig.wait_measured(_ACTIVE, count)


async def _list_live(rig: VmRig, prefix: str) -> list[str]:
    """List the names with a controller, as a person would."""
    said = await rig.run("sh", "-c", "cat /sys/class/nvme/nvme*/subsysnqn 2>/dev/null || :")
    return sorted(line for line in said.splitlines() if line.startswith(prefix))


async def _begin_anew(life: Life) -> None:
    """Have the volume's next pod, on the node that has lost its device."""
    await life.live(["unpublish", "unstage", "close", "open", "stage", "publish"])
