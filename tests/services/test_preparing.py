"""A file system is made once, upon proof, with a word about it before and after."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import HostError, NotReadyError, RefusedError
from rds_csi_async.domain.filesystems import DeviceContent, Wish
from rds_csi_async.domain.making import MakeOptions
from rds_csi_async.domain.stage_records import Format
from rds_csi_async.services.preparing import Preparing
from tests.fakes.filesystems import FakeFilesystems
from tests.fakes.node import FakeAttachment
from tests.services.node_world import SIZE_BYTES, VOLUME, NodeWorld, nqn, stage_record

CONNECTION = Connection(str(nqn()), "/dev/nvme0n1", "259:0", SIZE_BYTES, live=True)
WISH = Wish("ext4", read_only=False, first_use=True, sole_node=True, past=None)
RECORD = stage_record()


@pytest.fixture
def world() -> NodeWorld:
    """Give a node to which the volume is attached."""
    world = NodeWorld()
    world.node.attached[str(nqn())] = FakeAttachment(world.disk, CONNECTION)
    return world


def _preparing(world: NodeWorld, filesystems: FakeFilesystems | None = None) -> Preparing:
    return Preparing(world.ports if filesystems is None else replace(world.ports, filesystems=filesystems))


async def test_a_blank_device_gets_its_file_system(world: NodeWorld) -> None:
    """The state file says formatting before and formatted after."""
    assert await _preparing(world).ensure_file_system(VOLUME.slot, CONNECTION, WISH, RECORD)
    assert world.node.calls == ["probe", "save_record", "format", "find", "save_record"]
    assert world.find_record() == replace(RECORD, format=Format.FORMATTED)
    assert world.telemetry.count("mount_op", "format") == 1


async def test_it_is_made_as_the_storage_class_says(world: NodeWorld) -> None:
    """Whatever that is."""
    making = MakeOptions(bytes_per_inode=65536)
    assert await _preparing(world).ensure_file_system(VOLUME.slot, CONNECTION, replace(WISH, making=making), RECORD)
    assert world.disk.making == making


async def test_a_file_system_that_is_there_is_left_alone(world: NodeWorld) -> None:
    """One quick look is enough, and the state file is not touched."""
    world.disk.signatures, world.disk.blank = ("ext4",), False
    assert not await _preparing(world).ensure_file_system(VOLUME.slot, CONNECTION, WISH, RECORD)
    assert world.node.calls == ["probe"]


async def test_what_appears_between_the_looks_is_not_overwritten(world: NodeWorld) -> None:
    """The second proof is the one that counts; nothing was begun, and nothing is said to have been."""

    class Racing(FakeFilesystems):
        async def probe(self, device: str, size_bytes: int, *, thorough: bool) -> DeviceContent:
            content = await super().probe(device, size_bytes, thorough=thorough)
            self.node.get_attachment(device).disk.signatures = ("xfs",)
            return content

    with pytest.raises(RefusedError):
        await _preparing(world, Racing(world.node)).ensure_file_system(VOLUME.slot, CONNECTION, WISH, RECORD)
    assert (world.disk.formats, world.find_record()) == (0, RECORD)


async def test_a_device_that_changed_its_name_is_not_formatted(world: NodeWorld) -> None:
    """Names move when a link is lost, and the next owner of this one may hold data."""
    world.node.attached[str(nqn())].connection = replace(CONNECTION, device_number="259:7")
    with pytest.raises(NotReadyError, match="nothing was written"):
        await _preparing(world).ensure_file_system(VOLUME.slot, CONNECTION, WISH, RECORD)
    assert world.disk.formats == 0


async def test_a_failing_read_proves_nothing(world: NodeWorld) -> None:
    """It is an error, never emptiness."""
    filesystems = FakeFilesystems(world.node)
    filesystems.fail_next(HostError("read error"))
    with pytest.raises(HostError):
        await _preparing(world, filesystems).ensure_file_system(VOLUME.slot, CONNECTION, WISH, RECORD)
    assert world.disk.formats == 0


@pytest.mark.parametrize("sole_node", [True, False])
async def test_an_unfinished_file_system_is_resumed_by_its_only_node(world: NodeWorld, *, sole_node: bool) -> None:
    """Where another node was in between, the marks may be the other's."""
    world.disk.blank, world.disk.signatures, world.disk.unfinished = False, ("xfs",), "xfs"
    past = replace(RECORD, file_system="xfs", format=Format.FORMATTING)
    wish = replace(WISH, file_system="xfs", past=past, sole_node=sole_node, first_use=False)
    preparing = _preparing(world)
    if sole_node:
        assert await preparing.ensure_file_system(VOLUME.slot, CONNECTION, wish, past)
    else:
        with pytest.raises(RefusedError):
            await preparing.ensure_file_system(VOLUME.slot, CONNECTION, wish, past)
    assert world.disk.formats == int(sole_node)


async def test_a_failed_format_is_counted_and_stays_marked(world: NodeWorld) -> None:
    """The next call has to know."""

    class Failing(FakeFilesystems):
        async def format(  # noqa: PLR0913 - as the port has it
            self,
            device: str,
            file_system: str,
            making: MakeOptions,
            *,
            over_own_leftovers: bool,
            thorough: bool,
            ensure_same: Callable[[], Awaitable[None]],
        ) -> None:
            del device, file_system, making, over_own_leftovers, thorough, ensure_same
            message = "mkfs failed"
            raise HostError(message)

    with pytest.raises(HostError):
        await _preparing(world, Failing(world.node)).ensure_file_system(VOLUME.slot, CONNECTION, WISH, RECORD)
    record = world.find_record()
    assert record is not None
    assert record.format is Format.FORMATTING
    assert world.telemetry.count("mount_op", "format", failed=True) == 1
