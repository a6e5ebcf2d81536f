"""A Btrfs is found by its device, which the mount table names, and does not number."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.domain.mounts import Mount
from rds_csi_async.host.block_devices import ensure_access, shows_writable, with_block_device
from rds_csi_async.host.process import Completed, Programs

BTRFS = Mount("/m", "0:45", "/", "btrfs", "/dev/nvme0n1", read_only=False)


@pytest.fixture
def sys(tmp_path: Path) -> Path:
    """Give a sysfs with one block device."""
    folder = tmp_path / "class" / "block" / "nvme0n1"
    folder.mkdir(parents=True)
    (folder / "dev").write_text("259:3\n")
    (folder / "size").write_text("2048\n")
    return tmp_path


def test_a_btrfs_gets_the_number_of_its_device(sys: Path) -> None:
    """All else stays."""
    assert with_block_device(BTRFS, sys) == replace(BTRFS, device_number="259:3")


@pytest.mark.parametrize(
    "mount",
    [
        replace(BTRFS, source="/dev/nvme1n1"),
        replace(BTRFS, source="/dev/mapper/nvme0n1"),
        replace(BTRFS, source="nvme0n1"),
        replace(BTRFS, source="/dev/.."),
        replace(BTRFS, device_number="259:9"),
        replace(BTRFS, file_system="overlay"),
    ],
)
def test_all_else_stays_as_the_kernel_shows_it(mount: Mount, sys: Path) -> None:
    """A device that is gone, a name that is not the kernel's, a number that is one, and what has no device."""
    assert with_block_device(mount, sys) == mount


class Noting(Programs):
    """Notes what is run, and runs nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[tuple[str, ...]] = []

    async def run(self, argv: Sequence[str], *, timeout_s: float, most_bytes: int = 1 << 20) -> Completed:
        """See `Programs`."""
        del timeout_s, most_bytes
        self.ran.append(tuple(argv))
        return Completed(tuple(argv), 0, "", "")


@pytest.mark.parametrize(("shown", "writable"), [("0\n", True), ("1\n", False), ("", False), ("x", False)])
def test_what_the_kernel_shows_is_told(sys: Path, shown: str, *, writable: bool) -> None:
    """In doubt it is set."""
    (sys / "class" / "block" / "nvme0n1" / "ro").write_text(shown)
    assert shows_writable("/dev/nvme0n1", sys) is writable
    assert not shows_writable("/dev/nvme9n1", sys)


@pytest.mark.parametrize(("read_only", "option"), [(False, "--setrw"), (True, "--setro")])
async def test_access_is_set(option: str, *, read_only: bool) -> None:
    """For all who come after, too."""
    programs = Noting()
    await ensure_access(programs, "/dev/nvme0n1", read_only=read_only)
    assert programs.ran == [("blockdev", option, "/dev/nvme0n1")]
