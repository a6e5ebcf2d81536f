"""A demo that ends takes with it what a person left mounted by hand."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from rds_csi_async.app.demo_leftovers import release_leftovers
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.loop import LoopConnections
from rds_csi_async.host.mountinfo import parse_mountinfo
from rds_csi_async.host.process import Programs
from tests.contracts.connections import NQN
from tests.host.loop_devices import LoopDevices, loop_devices
from tests.host.test_loop import ExportsFolder

pytestmark = pytest.mark.root


@pytest.fixture
def devices(tmp_path: Path) -> Iterator[LoopDevices]:
    """Make devices; whatever happens, none is left."""
    (tmp_path / "kubelet").mkdir()
    (tmp_path / "beside").mkdir()
    with loop_devices(tmp_path) as devices:
        yield devices


@pytest.fixture
def exports(tmp_path: Path) -> ExportsFolder:
    """Stand for an appliance."""
    return ExportsFolder(tmp_path)


def _mounted(folder: Path) -> list[str]:
    mounts = parse_mountinfo(Path("/proc/self/mountinfo").read_bytes())
    return [mount.path for mount in mounts if mount.path.startswith(f"{folder}/")]


async def test_mounts_and_devices_go(devices: LoopDevices, exports: ExportsFolder) -> None:
    """Stacked mounts too; what is mounted beside the folder stays."""
    kubelet = devices.folder / "kubelet"
    await exports.export(NQN, 32 * MIB)
    connections = LoopConnections(Programs(), exports.exports)
    await connections.connect(exports.target(NQN, 32 * MIB))
    for path in (kubelet, kubelet, devices.folder / "beside"):
        await devices.run("mount", "-t", "tmpfs", "none", str(path))
    await devices.run("mkdir", str(kubelet / "pods"))
    await devices.run("mount", "-t", "tmpfs", "none", str(kubelet / "pods"))
    await release_leftovers(kubelet, exports.exports)
    assert await asyncio.to_thread(_mounted, devices.folder) == [str(devices.folder / "beside")]
    assert await connections.list_nqns() == ()


async def test_what_is_in_use_is_said(devices: LoopDevices, exports: ExportsFolder) -> None:
    """Then it is still mounted, and nobody may delete the folder."""
    kubelet = devices.folder / "kubelet"
    await devices.run("mount", "-t", "tmpfs", "none", str(kubelet))
    await devices.run("touch", str(kubelet / "file"))
    with await asyncio.to_thread((kubelet / "file").open), pytest.raises(DriverError, match="busy"):
        await release_leftovers(kubelet, exports.exports)
    assert str(kubelet) in await asyncio.to_thread(_mounted, devices.folder)
