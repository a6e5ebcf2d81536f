"""Each alert about nodes fires for its fault, on real devices and mounts; and none fires in a volume's whole life."""

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest

from rds_csi_async.host.process import PATH, Programs
from tests.e2e.alerting import HAPPENS_S, TIMES, Watched, list_fired, repeat
from tests.e2e.calls import VolumeCalls
from tests.e2e.lives import Life, list_steps
from tests.e2e.rig import Rig
from tests.required_tools import find_tool

pytestmark = pytest.mark.root
OFTEN = {"scan_interval_s": "1", "orphan_grace_s": "1"}


@pytest.fixture
def promtool() -> str:
    """Find it before anything is started."""
    return find_tool("promtool")


@pytest.fixture
async def node(rig: Rig, promtool: str) -> Watched:
    """Have a driver that has run well for a while, and looks after its volumes often."""
    assert promtool
    await asyncio.to_thread(_write_broken_mount, rig.folder / "programs")
    rig.programs = f"{rig.folder / 'programs'}:{PATH}"
    await rig.start_simulator()
    await rig.start_driver(**OFTEN)
    watched = Watched(rig)
    await watched.look()
    return watched


async def test_a_whole_life_alarms_nobody(node: Watched, promtool: str) -> None:
    """Looked at after each step, with an hour of it all."""
    volume = VolumeCalls(node.rig.kubelet)
    await asyncio.to_thread(volume.prepare)
    life = Life(node.rig, volume)
    for step in await asyncio.to_thread(list_steps, volume.kind):
        await life.live([step])
        await node.look(minutes=6)
    assert await list_fired(node, promtool) == set()


async def test_a_volume_that_cannot_be_attached(node: Watched, promtool: str) -> None:
    """It is not exported, so the node has nothing to connect to."""
    volume = await _live(node, "create", "open")
    await asyncio.to_thread(_export_of(node.rig, volume).unlink)
    await repeat(node, volume.stage)
    wanted = {"RdsCsiConnectsFailing", "RdsCsiCallsUnavailable", "RdsCsiOperationsFailing"}
    assert await list_fired(node, promtool) == wanted


async def test_a_volume_that_cannot_be_mounted(node: Watched, promtool: str) -> None:
    """The device is there, and `mount` fails."""
    volume = await _live(node, "create", "open")
    await asyncio.to_thread((node.rig.folder / "programs" / "broken").touch)
    await repeat(node, volume.stage)
    assert "RdsCsiMountsFailing" in await list_fired(node, promtool)


async def test_a_device_that_is_gone_from_under_its_mount(node: Watched, promtool: str) -> None:
    """It is found once, and healed, since no pod uses it."""
    volume = await _live(node, "create", "open", "stage")
    await asyncio.to_thread(_lose, node.rig, volume)
    await node.wait_for(lambda count: count >= 1, "rds_csi_stale_recoveries_total", status="success")
    assert await list_fired(node, promtool) == {"RdsCsiStaleMounts"}


async def test_a_device_that_does_not_come_back(node: Watched, promtool: str) -> None:
    """Nothing exports it any more."""
    volume = await _live(node, "create", "open", "stage")
    await asyncio.to_thread(_export_of(node.rig, volume).unlink)
    await asyncio.to_thread(_lose, node.rig, volume)
    await node.wait_for(lambda count: count >= TIMES, "rds_csi_stale_recoveries_total", status="failure")
    assert await list_fired(node, promtool) == {
        "RdsCsiStaleMounts",
        "RdsCsiRecoveriesFailing",
        "RdsCsiConnectsFailing",
    }


async def test_a_connection_that_nothing_uses(node: Watched, promtool: str) -> None:
    """A person unmounted the volume, and nobody asks for it."""
    volume = await _live(node, "create", "open", "stage")
    done = await Programs().run(("umount", str(volume.staging)), timeout_s=HAPPENS_S)
    done.ensure_success()
    await node.wait_for(lambda count: count >= 1, "rds_csi_orphans_cleaned_total")
    assert await list_fired(node, promtool) == {"RdsCsiOrphansCleaned"}


async def _live(node: Watched, *steps: str) -> VolumeCalls:
    volume = VolumeCalls(node.rig.kubelet)
    await asyncio.to_thread(volume.prepare)
    await Life(node.rig, volume).live(steps)
    await node.look()
    return volume


def _write_broken_mount(folder: Path) -> None:
    """Put a `mount` before the real one that fails while there is a file. Blocks."""
    folder.mkdir()
    program = folder / "mount"
    program.write_text(f'#!/bin/sh\n[ ! -e {folder}/broken ] || exit 32\nPATH={PATH} exec mount "$@"\n')
    program.chmod(0o755)


def _export_of(rig: Rig, volume: VolumeCalls) -> Path:
    """Give the file by which the appliance exports a volume."""
    return rig.appliance / "exports" / f"{quote(volume.context['nqn'], safe=':')}.json"


def _lose(rig: Rig, volume: VolumeCalls) -> None:
    """Let the kernel show the device as another's, with the mount still on it. Blocks."""
    link = rig.appliance / "exports.attached" / quote(volume.context["nqn"], safe=":")
    link.rename(rig.appliance / "lost")
