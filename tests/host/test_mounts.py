"""Mounts on a real kernel, and what happens when a step fails."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path, PurePosixPath

import pytest

from rds_csi_async.domain.capabilities import SMALLEST_BYTES
from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import DeadlineError, HostError
from rds_csi_async.domain.mount_options import mount_options
from rds_csi_async.domain.mounts import find_mount, mounts_of
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.mounts import HostMounts
from rds_csi_async.host.process import Completed, Programs
from tests.contracts.mounts import MountsContract
from tests.contracts.mounts_place import Place
from tests.host.loop_devices import LoopDevices, loop_devices


class RealPlace(Place):
    """A folder of the test's own and a loop device."""

    def __init__(self, devices: LoopDevices, ext4: Connection) -> None:
        self.folder = PurePosixPath(devices.folder)
        self.ext4 = ext4
        self.workers: list[asyncio.subprocess.Process] = []
        self._devices = devices

    async def write_file(self, path: str, text: str) -> None:
        """See `Place`."""
        await asyncio.to_thread(Path(path).write_text, text)

    async def make_symlink(self, path: str, destination: str) -> None:
        """See `Place`."""
        await asyncio.to_thread(Path(path).symlink_to, destination)

    async def hold_open(self, path: str) -> None:
        """See `Place`."""
        self.workers.append(
            await asyncio.create_subprocess_exec("sleep", "1000000", cwd=path)  # noqa: TID251  # ended by the fixture
        )

    async def is_read_only(self) -> bool:
        """See `Place`."""
        return (await self._devices.run("blockdev", "--getro", self.ext4.device)).strip() == "1"


class FailsAtRemount(Programs):
    """Programs of which the second step of a bind fails, in a chosen way; all others run."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    async def run(self, argv: Sequence[str], *, timeout_s: float, most_bytes: int = 1 << 20) -> Completed:
        """See `Programs`."""
        if any("remount" in word for word in argv):
            raise self._error
        return await super().run(argv, timeout_s=timeout_s, most_bytes=most_bytes)


@pytest.mark.root
class TestHostMounts(MountsContract):
    """See `MountsContract`."""

    @pytest.fixture
    def devices(self, tmp_path: Path) -> Iterator[LoopDevices]:
        """Give a maker of devices."""
        with loop_devices(tmp_path) as made:
            yield made

    @pytest.fixture
    async def place(self, devices: LoopDevices) -> AsyncIterator[RealPlace]:
        """Give where the exam is sat; who works there leaves at the end."""
        device = await devices.attach(16 * MIB)
        await devices.run("mkfs.ext4", "-q", device)
        number = (await devices.run("lsblk", "-ndo", "MAJ:MIN", device)).strip()
        place = RealPlace(devices, Connection("nqn.x", device, number, 16 * MIB, live=True))
        yield place
        for worker in place.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()

    @pytest.fixture
    def mounts(self) -> HostMounts:
        """Give the mounts of this process."""
        return HostMounts(Programs())

    @pytest.mark.parametrize(
        "error",
        [HostError("planned"), DeadlineError("planned"), asyncio.CancelledError()],
        ids=lambda e: type(e).__name__,
    )
    async def test_a_bind_that_fails_half_way_is_undone(
        self, mounts: HostMounts, staged: str, target: str, error: BaseException
    ) -> None:
        """Nothing is left at the target, but what was there before."""
        await mounts.bind(staged, target, read_only=False)
        before = [mount for mount in await mounts.list_mounts() if mount.path == target]
        with pytest.raises(type(error)):
            await HostMounts(FailsAtRemount(error)).bind(staged, target, read_only=True)
        assert [mount for mount in await mounts.list_mounts() if mount.path == target] == before

    async def test_a_read_only_mount_writes_nothing_to_the_device(
        self, mounts: HostMounts, place: RealPlace, devices: LoopDevices, target: str
    ) -> None:
        """The device itself is set read-only, so that no journal is replayed; the next mount may be another."""
        for options, read_only in ((["ro", "noload"], "1"), (["noatime"], "0")):
            await mounts.mount(place.ext4.device, target, "ext4", options)
            assert (await devices.run("blockdev", "--getro", place.ext4.device)).strip() == read_only
            await mounts.unmount(target)

    @pytest.mark.parametrize("file_system", SMALLEST_BYTES)
    async def test_each_file_system_is_found_by_its_device(
        self, mounts: HostMounts, devices: LoopDevices, staged: str, target: str, file_system: str
    ) -> None:
        """Staged and shown, writable and read-only with its journal left alone; Btrfs has no number of a device's."""
        device = await devices.attach(SMALLEST_BYTES[file_system])
        number = (await devices.run("lsblk", "-ndo", "MAJ:MIN", device)).strip()
        await devices.run(f"mkfs.{file_system}", "-q", device)
        path = f"{staged}-other"
        await mounts.ensure_directory(path)
        for read_only in (False, True):
            await mounts.mount(device, path, file_system, mount_options(file_system, (), read_only=read_only))
            await mounts.bind(path, target, read_only=False)
            found = mounts_of(await mounts.list_mounts(), number)
            assert [(mount.path, mount.read_only) for mount in found] == [(path, read_only), (target, read_only)]
            assert number not in {mount.device_number for mount in await mounts.list_mounts() if mount.path == staged}
            await mounts.unmount(target)
            await mounts.unmount(path)

    async def test_a_bind_has_the_flags_it_was_given(
        self, mounts: HostMounts, devices: LoopDevices, staged: str, target: str
    ) -> None:
        """At the target alone."""
        await mounts.bind(staged, target, read_only=True, options=["nosuid", "nodev"])
        options = (await devices.run("findmnt", "-no", "VFS-OPTIONS", target)).strip().split(",")
        assert {"ro", "nosuid", "nodev"} <= set(options)
        options = (await devices.run("findmnt", "-no", "VFS-OPTIONS", staged)).strip().split(",")
        assert not {"ro", "nosuid", "nodev"} & set(options)

    async def test_a_path_that_begins_with_a_dash_is_a_path(self, mounts: HostMounts, place: RealPlace) -> None:
        """Nothing that a caller names becomes an option."""
        with pytest.raises(HostError, match="failed"):
            await mounts.mount("--help", "--version", "ext4", [])
        assert find_mount(await mounts.list_mounts(), str(place.folder)) is None


async def test_a_table_that_cannot_be_read_is_not_empty(tmp_path: Path) -> None:
    """Nothing is known then."""
    with pytest.raises(HostError, match="cannot be read"):
        await HostMounts(Programs(), table=tmp_path / "none").list_mounts()


async def test_the_table_is_this_processes(tmp_path: Path) -> None:
    """As the kernel writes it."""
    table = tmp_path / "mountinfo"
    await asyncio.to_thread(table.write_text, "42 27 259:1 / /m rw - ext4 /dev/nvme0n1 rw\n")
    assert [mount.path for mount in await HostMounts(Programs(), table=table).list_mounts()] == ["/m"]
    assert find_mount(await HostMounts(Programs()).list_mounts(), "/proc") is not None
