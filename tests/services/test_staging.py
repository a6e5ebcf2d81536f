"""Staging converges from every state, formats once, and leaves nothing behind when it gives up."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode
from rds_csi_async.domain.connections import Connection, Target
from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.session_options import SessionOptions
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.stage_records import Format
from rds_csi_async.services.staging import Staging
from tests.fakes.connections import FakeConnections
from tests.fakes.node import FakeAttachment
from tests.services.node_world import (
    BLOCK,
    MANY_READERS,
    SIZE_BYTES,
    STAGING,
    VOLUME,
    NodeWorld,
    nqn,
    stage_record,
    stage_request,
)
from tests.services.staging_again import StagingAgain
from tests.services.staging_failures import StagingFailures
from tests.services.staging_faults import StagingFaults
from tests.services.staging_refusals import StagingRefusals
from tests.services.unstaging import Unstaging

BLOCK_READERS = replace(BLOCK, mode=AccessMode.MULTI_NODE_READER_ONLY)
CONNECTION = Connection(str(nqn()), "/dev/nvme0n1", "259:0", SIZE_BYTES, live=True)


@pytest.fixture
def world() -> NodeWorld:
    """Give a node with nothing on it."""
    return NodeWorld()


async def test_a_first_stage_formats_and_mounts(world: NodeWorld) -> None:
    """The volume is a mounted file system, and the state file says how it came to be."""
    await world.staging.stage(stage_request())
    assert world.paths_mounted() == [STAGING]
    assert (world.disk.signatures, world.disk.formats) == (("ext4",), 1)
    assert world.find_record() == stage_record(format=Format.FORMATTED)


async def test_the_intent_is_written_before_anything_is_done(world: NodeWorld) -> None:
    """A state file comes before the connection, and the mark of formatting before mkfs."""
    await world.staging.stage(stage_request())
    calls = [call for call in world.node.calls if call in {"save_record", "connect", "probe", "format", "mount"}]
    assert calls == ["save_record", "connect", "probe", "save_record", "format", "save_record", "mount"]


async def test_staging_twice_does_nothing_twice(world: NodeWorld) -> None:
    """The second call finds the first one's work."""
    await world.staging.stage(stage_request())
    await world.staging.stage(stage_request())
    assert world.paths_mounted() == [STAGING]
    assert (world.node.calls.count("connect"), world.disk.formats) == (1, 1)


async def test_what_was_formatted_before_is_mounted_and_grown(world: NodeWorld) -> None:
    """A volume with a file system keeps it, and the file system gets all of the device."""
    world.disk.signatures, world.disk.blank, world.disk.file_system_bytes = ("ext4",), False, 32 * MIB
    await world.staging.stage(stage_request())
    assert (world.disk.formats, world.disk.file_system_bytes) == (0, SIZE_BYTES)


async def test_a_read_only_volume_is_not_written_to(world: NodeWorld) -> None:
    """It is mounted without journal replay, and not grown."""
    world.disk.signatures, world.disk.blank, world.disk.file_system_bytes = ("ext4",), False, 32 * MIB
    await world.staging.stage(stage_request(MANY_READERS))
    assert world.node.mounts[0].read_only
    assert world.disk.file_system_bytes == 32 * MIB


async def test_raw_block_is_attached_and_untouched(world: NodeWorld) -> None:
    """Nothing is read from, written to or mounted from it."""
    await world.staging.stage(stage_request(BLOCK))
    await world.staging.stage(stage_request(BLOCK))
    assert world.find_record() == stage_record(kind="block", file_system="")
    assert not {"probe", "format", "mount"} & set(world.node.calls)
    assert world.node.calls.count("connect") == 1


async def test_how_the_connection_is_kept_is_told_and_noted(world: NodeWorld) -> None:
    """So that a lost one is made again in the same way."""
    session = SessionOptions(ctrl_loss_timeout_s=3600)
    targets: list[Target] = []

    class Noting(FakeConnections):
        async def connect(self, target: Target) -> Connection:
            targets.append(target)
            return await super().connect(target)

    staging = Staging(replace(world.ports, connections=Noting(world.node)))
    await staging.stage(replace(stage_request(), session=session))
    assert [target.session for target in targets] == [session]
    assert world.find_record() == stage_record(format=Format.FORMATTED, session={"ctrlLossTimeoutSeconds": "3600"})


@pytest.mark.parametrize("before", [False, True])
async def test_a_raw_device_is_as_writable_as_asked_for(world: NodeWorld, *, before: bool) -> None:
    """Whoever had it before: readers alone are held to it by the kernel, whatever a pod may do to its device node."""
    for capability, read_only in ((BLOCK, False), (BLOCK_READERS, True)):
        world.node.attached[str(nqn())] = FakeAttachment(world.disk, CONNECTION, read_only=before)
        await world.staging.stage(stage_request(capability))
        assert world.node.attached[str(nqn())].read_only is read_only
        await world.staging.unstage(VOLUME, STAGING)


async def test_a_device_that_is_another_by_now_keeps_its_access(world: NodeWorld) -> None:
    """It would take a running pod's disk from it."""

    class Renaming(FakeConnections):
        async def connect(self, target: Target) -> Connection:
            found = await super().connect(target)
            self.node.attached[target.nqn].connection = replace(found, device_number="259:7")
            return found

    staging = Staging(replace(world.ports, connections=Renaming(world.node)))
    with pytest.raises(NotReadyError, match="nothing was written"):
        await staging.stage(stage_request(BLOCK_READERS))
    assert "ensure_access" not in world.node.calls


async def test_everything_is_told_to_the_telemetry(world: NodeWorld) -> None:
    """One count each, and the number of connections as the kernel has it."""
    await world.staging.stage(stage_request())
    assert world.telemetry.connections == 1
    await world.staging.unstage(VOLUME, STAGING)
    counts = [world.telemetry.count("mount_op", operation) for operation in ("format", "mount", "unmount")]
    assert counts == [1, 1, 1]
    assert (world.telemetry.count("nvme_connect"), world.telemetry.count("nvme_disconnect")) == (1, 1)
    assert world.telemetry.connections == 0
    world.node.attached[str(nqn())] = FakeAttachment(world.disk, Connection(str(nqn()), "", "", 0, live=True))
    await world.staging.refresh()
    assert world.telemetry.connections == 1


class TestStagingRefusals(StagingRefusals):
    """See `StagingRefusals`."""


class TestStagingAgain(StagingAgain):
    """See `StagingAgain`."""


class TestStagingFailures(StagingFailures):
    """See `StagingFailures`."""


class TestStagingFaults(StagingFaults):
    """See `StagingFaults`."""


class TestUnstaging(Unstaging):
    """See `Unstaging`."""
