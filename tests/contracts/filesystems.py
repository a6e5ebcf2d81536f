"""What every `Filesystems` must do."""

from abc import ABC, abstractmethod

import pytest

from rds_csi_async.domain.errors import DeadlineError, HostError, NotReadyError, RefusedError, UnsupportedError
from rds_csi_async.domain.filesystems import DeviceContent
from rds_csi_async.domain.making import PLAIN
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.ports.filesystems import Filesystems

SIZE = {"ext4": 32 * MIB, "xfs": 320 * MIB, "btrfs": 256 * MIB}
each = pytest.mark.parametrize("file_system", SIZE)


async def same() -> None:
    """Find the device to be what it was."""


class Bench(ABC):
    """Makes devices to work on."""

    @abstractmethod
    async def blank(self, size_bytes: int) -> str:
        """Make a device of zeros; give its path."""

    @abstractmethod
    async def write(self, device: str, offset: int, data: bytes) -> None:
        """Write to the device."""

    @abstractmethod
    async def leave_unfinished(self, device: str, file_system: str) -> None:
        """Leave on a blank device what a mkfs that was killed half-way leaves."""

    @abstractmethod
    async def mount(self, device: str, file_system: str) -> str:
        """Mount the device; give the path."""

    @abstractmethod
    async def grow(self, device: str, size_bytes: int) -> None:
        """Make the device larger."""


class FilesystemsContract:
    """Subclass with fixtures `filesystems` and `bench`."""

    @pytest.mark.parametrize("thorough", [False, True])
    async def test_zeros_are_blank(self, filesystems: Filesystems, bench: Bench, *, thorough: bool) -> None:
        """And it is said how much was read."""
        device = await bench.blank(64 * MIB)
        found = await filesystems.probe(device, 64 * MIB, thorough=thorough)
        assert found == DeviceContent(signatures=(), blank=True, thorough=thorough)

    @each
    async def test_what_is_made_is_found(self, filesystems: Filesystems, bench: Bench, file_system: str) -> None:
        """Nothing else is, and blank it is no more."""
        device = await bench.blank(SIZE[file_system])
        await filesystems.format(device, file_system, PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        found = await filesystems.probe(device, SIZE[file_system], thorough=False)
        assert found == DeviceContent((file_system,), blank=False, thorough=False)

    @pytest.mark.parametrize("offset", [0, 64 * MIB - 1])
    async def test_a_byte_at_an_end_is_not_blank(self, filesystems: Filesystems, bench: Bench, offset: int) -> None:
        """Nor is it a signature, nor anything unfinished."""
        device = await bench.blank(64 * MIB)
        await bench.write(device, offset, b"\x5a")
        found = await filesystems.probe(device, 64 * MIB, thorough=False)
        assert found == DeviceContent((), blank=False, thorough=False)

    async def test_data_in_the_middle_is_found_by_a_thorough_reader(
        self, filesystems: Filesystems, bench: Bench
    ) -> None:
        """One that only looks where signatures are may not see it."""
        device = await bench.blank(64 * MIB)
        await bench.write(device, 20 * MIB, b"\x5a" * (24 * MIB))
        found = await filesystems.probe(device, 64 * MIB, thorough=True)
        assert found == DeviceContent((), blank=False, thorough=True)

    async def test_nothing_is_made_over_data_in_the_middle(self, filesystems: Filesystems, bench: Bench) -> None:
        """When told to be thorough: of a volume that was in use nobody knows where its data are."""
        device = await bench.blank(64 * MIB)
        await bench.write(device, 20 * MIB, b"\x5a" * (24 * MIB))
        with pytest.raises(RefusedError):
            await filesystems.format(device, "ext4", PLAIN, over_own_leftovers=False, thorough=True, ensure_same=same)
        assert not (await filesystems.probe(device, 64 * MIB, thorough=True)).signatures

    async def test_nothing_is_made_on_another_device(self, filesystems: Filesystems, bench: Bench) -> None:
        """Its name may have been given away while it was read."""

        async def another() -> None:
            message = "the name means another device now"
            raise NotReadyError(message)

        device = await bench.blank(64 * MIB)
        with pytest.raises(NotReadyError, match="another device"):
            await filesystems.format(
                device, "ext4", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=another
            )
        assert (await filesystems.probe(device, 64 * MIB, thorough=True)).blank

    @each
    async def test_a_killed_mkfs_is_recognised(self, filesystems: Filesystems, bench: Bench, file_system: str) -> None:
        """It can be made anew over its own leftovers."""
        device = await bench.blank(SIZE[file_system])
        await bench.leave_unfinished(device, file_system)
        found = await filesystems.probe(device, SIZE[file_system], thorough=True)
        assert (found.unfinished, found.blank) == (file_system, False)
        assert found.signatures in {(), (file_system,)}
        await filesystems.format(device, file_system, PLAIN, over_own_leftovers=True, thorough=False, ensure_same=same)
        found = await filesystems.probe(device, SIZE[file_system], thorough=False)
        assert found == DeviceContent((file_system,), blank=False, thorough=False)

    @each
    async def test_nothing_is_made_over_what_is_recognised(
        self, filesystems: Filesystems, bench: Bench, file_system: str
    ) -> None:
        """A second look before writing: whatever the caller thinks it has proven."""
        device = await bench.blank(SIZE["xfs"])
        other = "xfs" if file_system == "ext4" else "ext4"
        await filesystems.format(device, other, PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        for over_own_leftovers in (False, True):
            with pytest.raises(RefusedError):
                await filesystems.format(
                    device, file_system, PLAIN, over_own_leftovers=over_own_leftovers, thorough=False, ensure_same=same
                )
        with pytest.raises(RefusedError):
            await filesystems.format(device, other, PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        assert (await filesystems.probe(device, SIZE["xfs"], thorough=False)).signatures == (other,)

    @each
    async def test_a_finished_file_system_is_no_leftover(
        self, filesystems: Filesystems, bench: Bench, file_system: str
    ) -> None:
        """Being told to overwrite leftovers overwrites nothing else."""
        device = await bench.blank(SIZE[file_system])
        await filesystems.format(device, file_system, PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        with pytest.raises(RefusedError):
            await filesystems.format(
                device, file_system, PLAIN, over_own_leftovers=True, thorough=False, ensure_same=same
            )

    async def test_a_device_that_cannot_be_read_is_not_blank(self, filesystems: Filesystems, bench: Bench) -> None:
        """Absent, or smaller than it was: nothing is known."""
        with pytest.raises(HostError):
            await filesystems.probe("/dev/no-such-device", MIB, thorough=False)
        device = await bench.blank(32 * MIB)
        with pytest.raises(HostError):
            await filesystems.probe(device, 48 * MIB, thorough=False)

    async def test_other_file_systems_are_not_made(self, filesystems: Filesystems, bench: Bench) -> None:
        """And the device stays blank."""
        device = await bench.blank(32 * MIB)
        with pytest.raises(UnsupportedError):
            await filesystems.format(device, "minix", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        assert (await filesystems.probe(device, 32 * MIB, thorough=True)).blank

    @each
    async def test_a_mounted_file_system_grows(self, filesystems: Filesystems, bench: Bench, file_system: str) -> None:
        """To its device's size; a second time changes nothing."""
        size_bytes = SIZE[file_system]
        device = await bench.blank(size_bytes)
        await filesystems.format(device, file_system, PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        path = await bench.mount(device, file_system)
        before = await filesystems.get_usage(path)
        await bench.grow(device, 2 * size_bytes)
        await filesystems.grow(device, path, file_system)
        grown = await filesystems.get_usage(path)
        assert grown.total_bytes - before.total_bytes >= 0.8 * size_bytes
        await filesystems.grow(device, path, file_system)
        assert (await filesystems.get_usage(path)).total_bytes == grown.total_bytes

    @each
    async def test_usage_adds_up(self, filesystems: Filesystems, bench: Bench, file_system: str) -> None:
        """Used and available are part of the total, and so are inodes where there is a number of them."""
        device = await bench.blank(SIZE[file_system])
        await filesystems.format(device, file_system, PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        usage = await filesystems.get_usage(await bench.mount(device, file_system))
        assert usage.used_bytes > 0
        assert usage.available_bytes > 0
        assert usage.used_bytes + usage.available_bytes <= usage.total_bytes <= SIZE[file_system]
        assert usage.used_inodes + usage.free_inodes == usage.total_inodes
        assert (usage.total_inodes > 0) is (file_system != "btrfs")  # which makes them as they are needed

    async def test_usage_of_nothing_is_an_error(self, filesystems: Filesystems) -> None:
        """A path that is not there measures nothing."""
        with pytest.raises(HostError):
            await filesystems.get_usage("/no/such/path")

    async def test_nothing_is_made_after_the_deadline(self, filesystems: Filesystems, bench: Bench) -> None:
        """Time that has run out stops a call before it writes."""
        device = await bench.blank(32 * MIB)
        with working_under(Deadline(0)), pytest.raises(DeadlineError):
            await filesystems.format(device, "ext4", PLAIN, over_own_leftovers=False, thorough=False, ensure_same=same)
        assert (await filesystems.probe(device, 32 * MIB, thorough=True)).blank
