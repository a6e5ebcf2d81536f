"""A Btrfs is found by its device, which the mount table names; who may write to a device is set, and proven."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.domain.mounts import Mount
from rds_csi_async.host.block_devices import ensure_access, with_block_device
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


class Kernel(Programs):
    """Sets what is to be set, as far as the kernel does, and notes what is run."""

    def __init__(self, ro: Path, obeys: str) -> None:
        super().__init__()
        self.ran: list[tuple[str, ...]] = []
        self._ro = ro
        self._obeys = obeys

    async def run(self, argv: Sequence[str], *, timeout_s: float, most_bytes: int = 0) -> Completed:
        """See `Programs`."""
        del timeout_s, most_bytes
        self.ran.append(tuple(argv))
        if argv[1] == self._obeys:
            await asyncio.to_thread(self._ro.write_text, {"--setro": "1\n", "--setrw": "0\n"}[argv[1]])
        return Completed(tuple(argv), 0, "", "")


ACCESS = pytest.mark.parametrize(
    ("read_only", "option", "shown"), [(False, "--setrw", "0\n"), (True, "--setro", "1\n")]
)


@ACCESS
@pytest.mark.parametrize("before", ["0\n", "1\n", "", "x"])
async def test_access_is_as_wanted(sys: Path, before: str, option: str, shown: str, *, read_only: bool) -> None:
    """It is set unless the kernel shows it already; in doubt it is set."""
    ro = sys / "class" / "block" / "nvme0n1" / "ro"
    await asyncio.to_thread(ro.write_text, before)
    programs = Kernel(ro, obeys=option)
    await ensure_access(programs, "/dev/nvme0n1", sys, read_only=read_only)
    assert programs.ran == ([] if before == shown else [("blockdev", option, "/dev/nvme0n1")])


@ACCESS
async def test_access_is_proven(sys: Path, option: str, shown: str, *, read_only: bool) -> None:
    """A device that stays writable is not given to those who may only read."""
    del option
    ro = sys / "class" / "block" / "nvme0n1" / "ro"
    await asyncio.to_thread(ro.write_text, {"0\n": "1\n", "1\n": "0\n"}[shown])
    with pytest.raises(HostError, match="the kernel does not show it"):
        await ensure_access(Kernel(ro, obeys="nothing"), "/dev/nvme0n1", sys, read_only=read_only)
    with pytest.raises(HostError, match="the kernel does not show it"):
        await ensure_access(Kernel(ro, obeys="nothing"), "/dev/nvme9n1", sys, read_only=read_only)
