"""The fake sits the exam."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath

import pytest

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.mounts import PathFact, PathKind
from rds_csi_async.domain.sizes import MIB
from tests.contracts.mounts import MountsContract
from tests.contracts.mounts_place import Place
from tests.fakes.mounts import FakeMounts
from tests.fakes.node import FakeAttachment, FakeDisk, FakeNode


@dataclass
class FakePlace(Place):
    """Reaches into the fake."""

    node: FakeNode
    folder: PurePosixPath = field(default_factory=lambda: PurePosixPath("/folder"))
    ext4: Connection = field(default=Connection("nqn.x", "/dev/nvme0n1", "259:0", 32 * MIB, live=True))

    def __post_init__(self) -> None:
        """Make what the exam wants."""
        self.node.paths["/folder"] = PathFact(PathKind.DIRECTORY)
        disk = FakeDisk(32 * MIB, signatures=("ext4",), blank=False)
        self.node.attached["nqn.x"] = FakeAttachment(disk, self.ext4)

    async def write_file(self, path: str, text: str) -> None:
        """See `Place`."""
        self.node.paths[path] = PathFact(PathKind.FILE)
        if text:
            self.node.filled.add(path)

    async def make_symlink(self, path: str, destination: str) -> None:
        """See `Place`."""
        del destination  # nothing here follows one
        self.node.paths[path] = PathFact(PathKind.SYMLINK)

    async def hold_open(self, path: str) -> None:
        """See `Place`."""
        self.node.busy.add(path)

    async def is_read_only(self) -> bool:
        """See `Place`."""
        return self.node.attached["nqn.x"].read_only


class TestFakeMounts(MountsContract):
    """See `MountsContract`."""

    @pytest.fixture
    def mounts(self) -> FakeMounts:
        """Give an empty mount table."""
        return FakeMounts()

    @pytest.fixture
    def place(self, mounts: FakeMounts) -> FakePlace:
        """Give where the exam is sat."""
        return FakePlace(mounts.node)

    async def test_a_dead_link_cannot_be_mounted(self, mounts: FakeMounts, place: FakePlace, target: str) -> None:
        """Nor can what has no device any more."""
        mounts.node.drop_link("nqn.x")
        with pytest.raises(HostError):
            await mounts.mount(place.ext4.device, target, "ext4", [])
        mounts.node.lose("nqn.x")
        with pytest.raises(HostError):
            await mounts.mount(place.ext4.device, target, "ext4", [])

    async def test_a_planned_failure_comes_once(self, mounts: FakeMounts, target: str) -> None:
        """Before anything is done."""
        mounts.fail_next(HostError("planned"))
        with pytest.raises(HostError, match="planned"):
            await mounts.remove_directory(target)
        await mounts.remove_directory(target)
