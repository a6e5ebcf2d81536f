"""The fake sits the exam."""

from dataclasses import dataclass, replace

import pytest

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.making import PLAIN
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind
from rds_csi_async.domain.sizes import MIB
from tests.contracts.filesystems import Bench, FilesystemsContract, same
from tests.fakes.filesystems import FakeFilesystems
from tests.fakes.node import FakeAttachment, FakeDisk, FakeNode


@dataclass
class FakeBench(Bench):
    """Reaches into the fake."""

    node: FakeNode

    async def blank(self, size_bytes: int) -> str:
        """See `Bench`."""
        name = f"nvme{len(self.node.attached)}n1"
        seen = Connection(f"nqn.{name}", f"/dev/{name}", f"259:{len(self.node.attached)}", size_bytes, live=True)
        self.node.attached[seen.nqn] = FakeAttachment(FakeDisk(size_bytes), seen)
        return seen.device

    async def write(self, device: str, offset: int, data: bytes) -> None:
        """See `Bench`."""
        disk = self.node.get_attachment(device).disk
        disk.thoroughly_blank = False
        if offset == 0 or offset + len(data) > disk.size_bytes - MIB:
            disk.blank = False

    async def leave_unfinished(self, device: str, file_system: str) -> None:
        """See `Bench`."""
        disk = self.node.get_attachment(device).disk
        disk.unfinished = file_system
        disk.blank = disk.thoroughly_blank = False
        if file_system == "xfs":
            disk.signatures = ("xfs",)

    async def mount(self, device: str, file_system: str) -> str:
        """See `Bench`."""
        number = self.node.get_attachment(device).connection.device_number
        self.node.paths["/m"] = PathFact(PathKind.DIRECTORY)
        self.node.mounts.append(Mount("/m", number, "/", file_system, device, read_only=False))
        return "/m"

    async def grow(self, device: str, size_bytes: int) -> None:
        """See `Bench`."""
        attachment = self.node.get_attachment(device)
        attachment.disk.size_bytes = size_bytes
        attachment.connection = replace(attachment.connection, size_bytes=size_bytes)


class TestFakeFilesystems(FilesystemsContract):
    """See `FilesystemsContract`."""

    @pytest.fixture
    def filesystems(self) -> FakeFilesystems:
        """Give a node without devices."""
        return FakeFilesystems()

    @pytest.fixture
    def bench(self, filesystems: FakeFilesystems) -> FakeBench:
        """Give what makes devices on it."""
        return FakeBench(filesystems.node)

    async def test_a_failure_after_the_fact_leaves_the_file_system(
        self, filesystems: FakeFilesystems, bench: FakeBench
    ) -> None:
        """As when the driver is killed just behind mkfs."""
        device = await bench.blank(32 * MIB)
        filesystems.fail_next(HostError("planned"), done=True)
        with pytest.raises(HostError):
            await filesystems.format(device, "ext4", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        disk = filesystems.node.get_attachment(device).disk
        assert (disk.signatures, disk.formats) == (("ext4",), 1)
