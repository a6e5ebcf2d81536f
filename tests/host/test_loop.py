"""Attaching a simulator's exports by loop devices, with the kernel as the only memory."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import HostError, NotReadyError, UnreachableError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.loop import LoopConnections
from rds_csi_async.host.process import Programs
from tests.contracts.connections import NQN, OTHER, ConnectionsContract, Fabric
from tests.host.loop_devices import LoopDevices, copied_mounts, loop_devices


class ExportsFolder(Fabric):
    """Writes what a simulator writes."""

    def __init__(self, root: Path) -> None:
        self.exports = root / "exports"
        self.exports.mkdir()
        self._pool = root / "pool"
        self._pool.mkdir()

    def file(self, nqn: str) -> Path:
        """Give the backing file."""
        return self._pool / f"{nqn[-24:]}.img"

    def document(self, nqn: str) -> Path:
        """Give the file that tells of the export."""
        return self.exports / f"{quote(nqn, safe=':')}.json"

    async def export(self, nqn: str, size_bytes: int, *, allowed_host: str = "") -> None:
        """See `Fabric`."""

        def write() -> None:
            with self.file(nqn).open("ab") as file:
                file.truncate(size_bytes)
            row = {"nqn": nqn, "file": str(self.file(nqn)), "size": size_bytes, "allowed_host": allowed_host, "port": 1}
            self.document(nqn).write_text(json.dumps(row))

        await asyncio.to_thread(write)

    async def withdraw(self, nqn: str) -> None:
        """See `Fabric`."""
        await asyncio.to_thread(self.document(nqn).unlink)

    async def grow(self, nqn: str, size_bytes: int) -> None:
        """See `Fabric`."""
        await asyncio.to_thread(os.truncate, self.file(nqn), size_bytes)


async def _mounted(connections: LoopConnections, fabric: ExportsFolder, devices: LoopDevices) -> tuple[Connection, str]:
    """Export, attach and mount a volume; give its connection, and where it is mounted."""
    await fabric.export(NQN, 32 * MIB)
    made = await connections.connect(fabric.target(NQN, 32 * MIB))
    await devices.run("mkfs.ext4", "-q", made.device)
    return made, await devices.mount(made.device, "ext4")


@pytest.mark.root
class TestLoopConnections(ConnectionsContract):
    """See `ConnectionsContract`."""

    @pytest.fixture
    def devices(self, tmp_path: Path) -> Iterator[LoopDevices]:
        """Clean up whatever is attached below the folder."""
        with loop_devices(tmp_path) as made:
            yield made

    @pytest.fixture
    def fabric(self, devices: LoopDevices) -> ExportsFolder:
        """Give a simulator's folder."""
        return ExportsFolder(devices.folder)

    @pytest.fixture
    def connections(self, fabric: ExportsFolder) -> LoopConnections:
        """Give a node that attaches from it."""
        return LoopConnections(Programs(), fabric.exports, change_timeout_s=0.3)

    async def test_a_new_driver_finds_what_an_old_one_attached(
        self, connections: LoopConnections, fabric: ExportsFolder
    ) -> None:
        """Nothing needed for that is kept in memory, and a retry makes no second device."""
        await fabric.export(NQN, 32 * MIB)
        made = await connections.connect(fabric.target(NQN, 32 * MIB))
        again = LoopConnections(Programs(), fabric.exports)
        assert await again.find(NQN) == made
        assert await again.connect(fabric.target(NQN, 32 * MIB)) == made

    async def test_the_device_is_the_exported_file(self, connections: LoopConnections, fabric: ExportsFolder) -> None:
        """What is written to the one is read from the other, also under the next name."""
        await fabric.export(NQN, 32 * MIB)
        made = await connections.connect(fabric.target(NQN, 32 * MIB))

        def write() -> None:
            with Path(made.device).open("r+b", buffering=0) as device:
                device.write(b"x" * 4096)
                os.fsync(device.fileno())

        await asyncio.to_thread(write)
        await connections.disconnect(NQN)
        assert (await asyncio.to_thread(fabric.file(NQN).read_bytes)).startswith(b"x" * 4096 + b"\0")

    async def test_nothing_is_left_after_detaching(self, connections: LoopConnections, fabric: ExportsFolder) -> None:
        """The second name of the file is gone, and the file has its own."""
        await fabric.export(NQN, 32 * MIB)
        await connections.connect(fabric.target(NQN, 32 * MIB))
        await connections.disconnect(NQN)
        assert await asyncio.to_thread(lambda: fabric.file(NQN).stat().st_nlink) == 1

    async def test_what_a_killed_driver_left_is_taken_away(
        self, connections: LoopConnections, fabric: ExportsFolder
    ) -> None:
        """Killed between name and device: its own name is used anew, one that is exported no more is removed."""
        folder = fabric.exports.with_name("exports.attached")
        await fabric.export(NQN, 32 * MIB)
        await fabric.export(OTHER, 32 * MIB)

        def leave() -> None:
            folder.mkdir()
            for nqn in (NQN, OTHER):
                (folder / quote(nqn, safe=":")).hardlink_to(fabric.file(nqn))

        await asyncio.to_thread(leave)
        await fabric.withdraw(OTHER)
        assert (await connections.connect(fabric.target(NQN, 32 * MIB))).live
        assert await asyncio.to_thread(lambda: [path.name for path in folder.iterdir()]) == [quote(NQN, safe=":")]

    async def test_a_device_outlives_its_file(
        self, connections: LoopConnections, fabric: ExportsFolder, devices: LoopDevices
    ) -> None:
        """Even with both names gone it is known, and can be detached."""
        await fabric.export(NQN, 32 * MIB)
        await connections.connect(fabric.target(NQN, 32 * MIB))
        await fabric.withdraw(NQN)
        await devices.run("rm", "-r", str(fabric.exports.with_name("exports.attached") / quote(NQN, safe=":")))
        await asyncio.to_thread(fabric.file(NQN).unlink)
        found = await connections.find(NQN)
        assert found is not None
        assert not found.live
        await connections.disconnect(NQN)
        assert await connections.find(NQN) is None

    async def test_a_mounted_device_is_not_detached(
        self, connections: LoopConnections, fabric: ExportsFolder, devices: LoopDevices
    ) -> None:
        """Nor when it is unmounted afterwards: whoever is given it in between has it; the next call detaches it."""
        made, path = await _mounted(connections, fabric, devices)
        with pytest.raises(HostError, match="still in use"):
            await connections.disconnect(NQN)
        await devices.run("umount", path)
        assert await connections.connect(fabric.target(NQN, 32 * MIB)) == made
        await connections.disconnect(NQN)
        assert await connections.find(NQN) is None

    async def test_a_device_that_is_mounted_in_a_copied_namespace_is_not_detached(
        self, connections: LoopConnections, fabric: ExportsFolder, devices: LoopDevices
    ) -> None:
        """Whoever copied the mounts before it was unmounted keeps it, as a container that starts does."""
        made, path = await _mounted(connections, fabric, devices)
        async with copied_mounts():
            await devices.run("umount", path)
            with pytest.raises(HostError, match="another mount namespace"):
                await connections.disconnect(NQN)
            assert await connections.find(NQN) == made
        await LoopConnections(Programs(), fabric.exports).disconnect(NQN)  # the kernel may need a moment
        assert await connections.find(NQN) is None

    async def test_two_devices_of_one_name_are_in_doubt(
        self, connections: LoopConnections, fabric: ExportsFolder, devices: LoopDevices
    ) -> None:
        """Neither is given; both can be detached."""
        await fabric.export(NQN, 32 * MIB)
        await connections.connect(fabric.target(NQN, 32 * MIB))
        link = fabric.exports.with_name("exports.attached") / quote(NQN, safe=":")
        await devices.run("losetup", "-f", str(link))
        with pytest.raises(NotReadyError, match="more than once"):
            await connections.find(NQN)
        await connections.disconnect(NQN)
        assert await connections.find(NQN) is None


async def test_a_document_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    """It is neither absent nor an export."""
    fabric = await asyncio.to_thread(ExportsFolder, tmp_path)
    connections = LoopConnections(Programs(), fabric.exports)
    await asyncio.to_thread(fabric.document(NQN).write_text, "{")
    with pytest.raises(HostError, match="cannot be read"):
        await connections.connect(fabric.target(NQN, MIB))
    await fabric.withdraw(NQN)
    with pytest.raises(UnreachableError):
        await connections.connect(fabric.target(NQN, MIB))


async def test_a_node_without_exports_is_not_ready(tmp_path: Path) -> None:
    """Nor is one without programs; the reason names what is missing."""
    reason = await LoopConnections(Programs(path=str(tmp_path)), tmp_path).find_unready()
    assert reason is not None
    assert "losetup (Debian package mount)" in reason
    reason = await LoopConnections(Programs(), tmp_path / "none").find_unready()
    assert reason is not None
    assert "is not there" in reason
