"""File systems on real devices: what is there is seen, and nothing is made where anything is."""

import asyncio
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import HostError, RefusedError
from rds_csi_async.domain.filesystems import Usage, Wish, decide_preparation
from rds_csi_async.domain.making import PLAIN
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.filesystems import HostFilesystems, parse_usage
from rds_csi_async.host.process import Completed, Programs
from tests.contracts.filesystems import Bench, FilesystemsContract, same
from tests.host.images import make_image, take_back_end
from tests.host.loop_devices import LoopDevices, loop_devices

SIZE = 64 * MIB
LUKS1 = b"LUKS\xba\xbe\x00\x01"


class RealBench(Bench):
    """Loop devices."""

    def __init__(self, devices: LoopDevices) -> None:
        self.devices = devices

    async def blank(self, size_bytes: int) -> str:
        """See `Bench`."""
        return await self.devices.attach(size_bytes)

    async def write(self, device: str, offset: int, data: bytes) -> None:
        """See `Bench`."""
        await self.devices.write(device, offset, data)

    async def leave_unfinished(self, device: str, file_system: str) -> None:
        """See `Bench`."""

        def make() -> None:
            size_bytes = self.devices.files[device].stat().st_size
            image = make_image(self.devices.folder / "unfinished", file_system, size_bytes)
            take_back_end(image, file_system)

        await asyncio.to_thread(make)
        await self.devices.run("dd", f"if={self.devices.folder}/unfinished", f"of={device}", "bs=1M", "conv=fsync")

    async def mount(self, device: str, file_system: str) -> str:
        """See `Bench`."""
        return await self.devices.mount(device, file_system)

    async def grow(self, device: str, size_bytes: int) -> None:
        """See `Bench`."""
        await self.devices.grow(device, size_bytes)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[RealBench]:
    """Give a maker of devices."""
    with loop_devices(tmp_path) as devices:
        yield RealBench(devices)


@pytest.fixture
def filesystems() -> HostFilesystems:
    """Give the real thing."""
    return HostFilesystems(Programs())


def _may_grow_ext4() -> bool:
    """Tell whether this process has CAP_SYS_RESOURCE (24), which the kernel wants for a mounted ext4 to grow."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return bool(int(status.partition("CapEff:")[2].split()[0], 16) >> 24 & 1)


@pytest.mark.root
class TestHostFilesystems(FilesystemsContract):
    """See `FilesystemsContract`."""

    @pytest.fixture(autouse=True)
    def _ask_for_what_the_kernel_wants(self, request: pytest.FixtureRequest) -> None:
        """Skip growing ext4, with the reason, where root is not all of root."""
        if request.node.name == "test_a_mounted_file_system_grows[ext4]" and not _may_grow_ext4():
            pytest.skip("needs CAP_SYS_RESOURCE, which this root has not: the kernel wants it to grow a mounted ext4")

    @pytest.mark.parametrize(
        ("offset", "data", "name"),
        [
            (0, LUKS1.ljust(592, b"\0"), "crypto_LUKS"),
            (4086, b"SWAPSPACE2", "swap"),
            (64 * 1024 + 64, b"_BHRfS_M", "btrfs"),
        ],
    )
    async def test_what_others_put_there_is_refused(
        self, filesystems: HostFilesystems, bench: RealBench, offset: int, data: bytes, name: str
    ) -> None:
        """By its name where libblkid is sure of it, and as data where it is not; nothing is written."""
        device = await bench.blank(SIZE)
        await bench.write(device, offset // 512 * 512, data.rjust(offset % 512 + len(data), b"\0").ljust(1024, b"\0"))
        found = await filesystems.probe(device, SIZE, thorough=False)
        assert not found.blank
        assert (found.signatures, found.unfinished) in {((name,), ""), ((), "")}
        for file_system in ("ext4", "xfs", "btrfs"):
            with pytest.raises(RefusedError):
                await filesystems.format(
                    device, file_system, PLAIN, over_own_leftovers=True, thorough=False, ensure_same=same
                )
        assert await filesystems.probe(device, SIZE, thorough=False) == found

    async def test_swap_is_named(self, filesystems: HostFilesystems, bench: RealBench) -> None:
        """As made by its own program."""
        device = await bench.blank(SIZE)
        await bench.devices.run("mkswap", device)
        assert (await filesystems.probe(device, SIZE, thorough=False)).signatures == ("swap",)

    async def test_a_partition_table_is_named(self, filesystems: HostFilesystems, bench: RealBench) -> None:
        """Even one that holds nothing yet."""
        device = await bench.blank(SIZE)
        sector = bytearray(512)
        sector[446:462] = bytes.fromhex("00000200830000000008000000100000")
        sector[510:512] = b"\x55\xaa"
        await bench.write(device, 0, bytes(sector))
        found = await filesystems.probe(device, SIZE, thorough=False)
        assert (found.signatures, found.blank) == (("dos",), False)

    async def test_two_file_systems_are_in_doubt(self, filesystems: HostFilesystems, bench: RealBench) -> None:
        """Neither is mounted, and nothing is made over them."""
        device = await bench.blank(320 * MIB)
        await bench.devices.run("mkfs.xfs", "-q", device)
        await bench.devices.run("mkfs.btrfs", "-q", "-f", device)
        other = await bench.blank(320 * MIB)
        await bench.devices.run("mkfs.xfs", "-q", other)
        copy = ("bs=64k", "skip=1", "seek=1", "count=1", "conv=notrunc,fsync")
        await bench.devices.run("dd", f"if={device}", f"of={other}", *copy)
        found = await filesystems.probe(other, 320 * MIB, thorough=False)
        assert found.signatures in {("ambivalent",), ()}  # since util-linux 2.41 blkid says the same as of nothing
        assert (found.blank, found.unfinished) == (False, "")
        for file_system in ("xfs", "ext4", "btrfs"):
            wish = Wish(file_system, read_only=False, first_use=True, sole_node=True, past=None)
            with pytest.raises(RefusedError):
                decide_preparation(found, wish)

    async def test_random_data_are_data(self, filesystems: HostFilesystems, bench: RealBench) -> None:
        """Without a signature, not blank, and not ours."""
        device = await bench.blank(SIZE)
        await bench.write(device, 4 * MIB, os.urandom(40 * MIB))
        with pytest.raises(RefusedError, match="it holds data"):
            await bench_format_over(filesystems, bench, device)

    async def test_mkfs_shares_a_device_with_nobody(self, filesystems: HostFilesystems, bench: RealBench) -> None:
        """It holds the device for itself, whoever else writes: another mkfs, or a mount."""
        device = await bench.blank(SIZE)
        await filesystems.format(device, "ext4", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        await bench.mount(device, "ext4")
        with pytest.raises(HostError, match=r"in use|mounted"):
            await bench.devices.run("mkfs.ext4", "-q", device)

    async def test_racing_formats_make_one(self, filesystems: HostFilesystems, bench: RealBench) -> None:
        """What comes second is refused, and the file system is whole."""
        device = await bench.blank(SIZE)
        await asyncio.gather(
            *(
                filesystems.format(device, "ext4", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
                for _ in range(2)
            ),
            return_exceptions=True,
        )
        await bench.devices.run("e2fsck", "-fn", device)

    async def test_no_block_is_kept_for_root(self, filesystems: HostFilesystems, bench: RealBench) -> None:
        """What is free is for whoever has the volume."""
        device = await bench.blank(SIZE)
        await filesystems.format(device, "ext4", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        assert "Reserved block count:     0\n" in await bench.devices.run("dumpe2fs", "-h", device)


async def bench_format_over(filesystems: HostFilesystems, bench: RealBench, device: str) -> None:
    """Put a byte where a quick reader looks, and try to format."""
    await bench.write(device, 512 * 1024, b"x" * 512)
    await filesystems.format(device, "ext4", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)


class SaysAfterMkfs(Programs):
    """Programs of which blkid finds nothing and mkfs does nothing."""

    async def run(self, argv: Sequence[str], *, timeout_s: float, most_bytes: int = MIB) -> Completed:
        """See `Programs`."""
        if argv[0] == "blkid":
            return Completed(tuple(argv), 2, "", "")
        if argv[0].startswith("mkfs"):
            return Completed(tuple(argv), 0, "", "")
        return await super().run(argv, timeout_s=timeout_s, most_bytes=most_bytes)


async def test_a_file_system_is_believed_only_when_seen(tmp_path: Path) -> None:
    """An mkfs that says yes and does nothing is found out."""
    image = tmp_path / "image"
    await asyncio.to_thread(image.write_bytes, bytes(MIB))
    with pytest.raises(HostError, match="what is there"):
        await HostFilesystems(SaysAfterMkfs()).format(
            str(image), "ext4", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same
        )


async def test_a_signature_beside_zeros_is_not_blank(tmp_path: Path) -> None:
    """Whichever of the two looks sees more."""

    class Sees(Programs):
        async def run(self, argv: Sequence[str], *, timeout_s: float, most_bytes: int = MIB) -> Completed:
            if argv[0] == "blkid":
                return Completed(tuple(argv), 0, "TYPE=odd\n", "")
            return await super().run(argv, timeout_s=timeout_s, most_bytes=most_bytes)

    image = tmp_path / "image"
    await asyncio.to_thread(image.write_bytes, bytes(MIB))
    found = await HostFilesystems(Sees()).probe(str(image), MIB, thorough=False)
    assert (found.signatures, found.blank) == (("odd",), False)


def test_usage_is_counted_in_blocks_of_the_right_size() -> None:
    """Total, used and available in bytes; inodes as they are."""
    assert parse_usage("4096 1000 900 850 500 480") == Usage(4096000, 409600, 3481600, 500, 20, 480)
    with pytest.raises(HostError):
        parse_usage("4096 1000 900")
