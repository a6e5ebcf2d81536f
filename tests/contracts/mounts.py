"""What every `Mounts` must do."""

import pytest

from rds_csi_async.domain.errors import DeadlineError, HostError, InvalidRequestError
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind, find_mount, mounts_of
from rds_csi_async.ports.deadlines import Deadline, working_under
from rds_csi_async.ports.mounts import Mounts
from tests.contracts.mounts_place import Place, list_own

ABSENT = PathFact(PathKind.ABSENT)
DIRECTORY = PathFact(PathKind.DIRECTORY)


class MountsContract:
    """Subclass with fixtures `mounts` and `place`; what is left mounted is yours to unmount."""

    @pytest.fixture
    async def staged(self, mounts: Mounts, place: Place) -> str:
        """Mount the ext4 device at `staged`."""
        path = place.path("staged")
        await mounts.ensure_directory(path)
        await mounts.mount(place.ext4.device, path, "ext4", ["noatime"])
        return path

    @pytest.fixture
    async def target(self, mounts: Mounts, place: Place) -> str:
        """Make the directory `target`."""
        path = place.path("target")
        await mounts.ensure_directory(path)
        return path

    async def test_what_stands_at_a_path_is_told(self, mounts: Mounts, place: Place) -> None:
        """Links are not followed, not even dangling ones."""
        await place.write_file(place.path("file"), "text")
        await place.make_symlink(place.path("link"), str(place.folder))
        await place.make_symlink(place.path("dangling"), "/nowhere/at all")
        assert await mounts.inspect(str(place.folder)) == DIRECTORY
        assert await mounts.inspect(place.path("file")) == PathFact(PathKind.FILE)
        assert await mounts.inspect(place.path("link")) == PathFact(PathKind.SYMLINK)
        assert await mounts.inspect(place.path("dangling")) == PathFact(PathKind.SYMLINK)
        assert await mounts.inspect(place.path("nothing")) == ABSENT
        assert await mounts.inspect(place.path("no/thing")) == ABSENT

    async def test_directories_come_with_their_parents(self, mounts: Mounts, place: Place) -> None:
        """Twice is fine."""
        for _ in range(2):
            await mounts.ensure_directory(place.path("a b/c"))
        assert await mounts.inspect(place.path("a b/c")) == DIRECTORY

    async def test_a_file_is_no_directory(self, mounts: Mounts, place: Place) -> None:
        """What is in the way stays."""
        await place.write_file(place.path("file"), "text")
        with pytest.raises(HostError):
            await mounts.ensure_directory(place.path("file"))
        with pytest.raises(HostError):
            await mounts.remove_directory(place.path("file"))
        assert await mounts.inspect(place.path("file")) == PathFact(PathKind.FILE)

    async def test_a_link_is_no_directory(self, mounts: Mounts, place: Place, target: str) -> None:
        """A link to one is not followed: nobody is to be sent elsewhere."""
        await place.make_symlink(place.path("link"), target)
        with pytest.raises(HostError):
            await mounts.ensure_directory(place.path("link"))
        with pytest.raises(HostError):
            await mounts.remove_directory(place.path("link"))

    async def test_no_directory_is_made_behind_a_link(self, mounts: Mounts, place: Place, target: str) -> None:
        """The mount table would show what is mounted there under another path, so nobody would find it again."""
        await place.make_symlink(place.path("link"), target)
        await place.make_symlink(place.path("circle"), place.path("circle"))
        for name in ("link/below", "link/below/it", "circle/below"):
            with pytest.raises(HostError):
                await mounts.ensure_directory(place.path(name))
        assert await mounts.inspect(f"{target}/below") == ABSENT

    async def test_no_directory_behind_a_link_will_do(self, mounts: Mounts, place: Place, target: str) -> None:
        """Nor one that is there."""
        await mounts.ensure_directory(f"{target}/below")
        await place.make_symlink(place.path("link"), target)
        with pytest.raises(HostError):
            await mounts.ensure_directory(place.path("link/below"))

    async def test_only_empty_directories_are_removed(self, mounts: Mounts, place: Place, target: str) -> None:
        """Anything inside stays, and so does the directory; absent is fine."""
        await place.write_file(f"{target}/data", "precious")
        with pytest.raises(HostError):
            await mounts.remove_directory(target)
        assert await mounts.inspect(f"{target}/data") == PathFact(PathKind.FILE)
        await mounts.ensure_directory(place.path("empty"))
        for _ in range(2):
            await mounts.remove_directory(place.path("empty"))
        assert await mounts.inspect(place.path("empty")) == ABSENT

    async def test_a_mount_is_in_the_table(self, mounts: Mounts, place: Place, staged: str) -> None:
        """With the device's number, which is what counts."""
        found = find_mount(await mounts.list_mounts(), staged)
        assert found == Mount(staged, place.ext4.device_number, "/", "ext4", place.ext4.device, read_only=False)
        with pytest.raises(HostError):
            await mounts.remove_directory(staged)

    async def test_a_path_of_odd_characters_is_found(self, mounts: Mounts, place: Place) -> None:
        """The kernel's escapes are undone."""
        path = place.path("a b\tc\\d#é")
        await mounts.ensure_directory(path)
        await mounts.mount(place.ext4.device, path, "ext4", [])
        assert find_mount(await mounts.list_mounts(), path) is not None
        await mounts.unmount(path)
        assert find_mount(await mounts.list_mounts(), path) is None

    async def test_read_only_shows(self, mounts: Mounts, place: Place, target: str) -> None:
        """An option `ro` is in the table."""
        await mounts.mount(place.ext4.device, target, "ext4", ["ro"])
        found = find_mount(await mounts.list_mounts(), target)
        assert found is not None
        assert found.read_only

    async def test_nothing_is_mounted_by_a_failed_mount(self, mounts: Mounts, place: Place, target: str) -> None:
        """Another file system, no directory, no device: an error each, and the table is as it was."""
        before = await list_own(mounts, place)
        for device, path, file_system in (
            (place.ext4.device, target, "xfs"),
            (place.ext4.device, place.path("nothing"), "ext4"),
            ("/dev/no-such-device", target, "ext4"),
        ):
            with pytest.raises(HostError):
                await mounts.mount(device, path, file_system, [])
        assert await list_own(mounts, place) == before

    async def test_mounting_twice_at_one_path_is_refused(self, mounts: Mounts, place: Place, staged: str) -> None:
        """The same device is not stacked upon itself."""
        with pytest.raises(HostError):
            await mounts.mount(place.ext4.device, staged, "ext4", [])

    async def test_a_bind_shows_the_same_device(self, mounts: Mounts, place: Place, staged: str, target: str) -> None:
        """Writable, since nobody asked for else."""
        await mounts.bind(staged, target, read_only=False, options=["nosuid"])
        table = await mounts.list_mounts()
        found = find_mount(table, target)
        assert found is not None
        assert (found.device_number, found.file_system, found.read_only) == (place.ext4.device_number, "ext4", False)
        assert [mount.path for mount in mounts_of(table, place.ext4.device_number)] == [staged, target]

    async def test_a_read_only_bind_leaves_its_source_writable(
        self, mounts: Mounts, place: Place, staged: str, target: str
    ) -> None:
        """It is the mount that is read-only, not the file system."""
        await mounts.bind(staged, target, read_only=True)
        table = await mounts.list_mounts()
        assert [mount.read_only for mount in mounts_of(table, place.ext4.device_number)] == [False, True]

    async def test_stacked_binds_come_off_one_by_one(self, mounts: Mounts, staged: str, target: str) -> None:
        """The last one at a path is the one that is seen, and that goes first."""
        await mounts.bind(staged, target, read_only=False)
        await mounts.bind(staged, target, read_only=True)
        for read_only in (True, False):
            found = find_mount(await mounts.list_mounts(), target)
            assert found is not None
            assert found.read_only is read_only
            await mounts.unmount(target)
        assert find_mount(await mounts.list_mounts(), target) is None

    async def test_a_failed_bind_leaves_nothing(self, mounts: Mounts, place: Place, staged: str, target: str) -> None:
        """No source, no target, or an option that a bind cannot have."""
        before = await list_own(mounts, place)
        with pytest.raises(HostError):
            await mounts.bind(place.path("nothing"), target, read_only=False)
        with pytest.raises(HostError):
            await mounts.bind(staged, place.path("nothing"), read_only=True)
        with pytest.raises(InvalidRequestError):
            await mounts.bind(staged, target, read_only=False, options=["noload"])
        assert await list_own(mounts, place) == before

    async def test_unmounting_nothing_is_an_error(self, mounts: Mounts, target: str) -> None:
        """Whoever asks has looked before."""
        with pytest.raises(HostError):
            await mounts.unmount(target)

    async def test_a_busy_mount_stays(self, mounts: Mounts, place: Place, staged: str) -> None:
        """It is not taken away from under who uses it."""
        await place.hold_open(staged)
        with pytest.raises(HostError):
            await mounts.unmount(staged)
        assert find_mount(await mounts.list_mounts(), staged) is not None

    async def test_a_device_is_read_only_until_it_is_writable(self, mounts: Mounts, place: Place) -> None:
        """Twice is fine, for both; a mount sets it as it needs it."""
        for read_only in (True, True, False, False):
            await mounts.ensure_access(place.ext4.device, read_only=read_only)
            assert await place.is_read_only() is read_only

    async def test_a_block_node_is_made_and_removed(self, mounts: Mounts, place: Place) -> None:
        """Twice is fine, for both."""
        path = place.path("node")
        for _ in range(2):
            await mounts.ensure_block_node(path, place.ext4.device_number, read_only=False)
        assert await mounts.inspect(path) == PathFact(PathKind.BLOCK_DEVICE, place.ext4.device_number)
        for _ in range(2):
            await mounts.remove_node(path)
        assert await mounts.inspect(path) == ABSENT

    async def test_a_block_node_replaces_another_and_an_empty_file(self, mounts: Mounts, place: Place) -> None:
        """Devices change their numbers, and kubelet may leave a file."""
        path = place.path("node")
        await place.write_file(path, "")
        await mounts.ensure_block_node(path, "7:4095", read_only=True)
        assert await mounts.inspect(path) == PathFact(PathKind.BLOCK_DEVICE, "7:4095")
        await mounts.ensure_block_node(path, place.ext4.device_number, read_only=True)
        assert await mounts.inspect(path) == PathFact(PathKind.BLOCK_DEVICE, place.ext4.device_number)

    async def test_the_draft_of_a_block_node_goes_with_it(self, mounts: Mounts, place: Place) -> None:
        """Also when that was all there was: a killed driver leaves it alone."""
        draft = place.path(".node.new")
        await place.write_file(draft, "")
        await mounts.remove_node(place.path("node"))
        assert await mounts.inspect(draft) == ABSENT

    async def test_nothing_else_is_replaced_or_removed(self, mounts: Mounts, place: Place, target: str) -> None:
        """Neither a directory, nor a link, nor a file with something in it."""
        await place.write_file(place.path("file"), "precious")
        await place.make_symlink(place.path("link"), target)
        for path in (target, place.path("file"), place.path("link")):
            before = await mounts.inspect(path)
            with pytest.raises(HostError):
                await mounts.ensure_block_node(path, place.ext4.device_number, read_only=False)
            with pytest.raises(HostError):
                await mounts.remove_node(path)
            assert await mounts.inspect(path) == before

    async def test_a_block_node_needs_its_folder(self, mounts: Mounts, place: Place) -> None:
        """It is the orchestrator's to make."""
        with pytest.raises(HostError):
            await mounts.ensure_block_node(place.path("no/node"), place.ext4.device_number, read_only=False)

    async def test_nothing_is_mounted_after_the_deadline(self, mounts: Mounts, place: Place, target: str) -> None:
        """Time that has run out stops a call before it does anything."""
        before = await list_own(mounts, place)
        with working_under(Deadline(0)), pytest.raises(DeadlineError):
            await mounts.mount(place.ext4.device, target, "ext4", [])
        assert await list_own(mounts, place) == before
