"""What is left when staging fails."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from rds_csi_async.domain.errors import (
    DeadlineError,
    HostError,
    NotReadyError,
    RefusedError,
    StuckError,
    UnreachableError,
)
from rds_csi_async.domain.filesystems import DeviceContent
from rds_csi_async.domain.mounts import PathKind
from rds_csi_async.domain.stage_records import Format
from rds_csi_async.services.staging import Staging
from tests.fakes.faults import Faults, KilledError
from tests.fakes.filesystems import FakeFilesystems
from tests.fakes.mounts import FakeMounts
from tests.services.node_world import (
    STAGING,
    VOLUME,
    NodeWorld,
    OnNode,
    nqn,
    stage_record,
    stage_request,
)


async def _index_of(call: str, which: int = 0) -> int:
    """Tell which port call of a first stage, from 0, is the one of this name."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    return [index for index, name in enumerate(world.node.calls) if name == call][which]


class StagingFailures(OnNode):
    """What this call did is undone; what was begun is remembered."""

    async def test_an_unfinished_format_is_resumed_by_the_node_that_began_it(self, world: NodeWorld) -> None:
        """The mark in the state file and the marks on the device belong together."""
        world.restart(Faults(at=await _index_of("format"), error=KilledError()))
        with pytest.raises(KilledError):
            await world.staging.stage(stage_request())
        world.disk.blank, world.disk.unfinished = False, "ext4"
        world.restart()
        await world.staging.stage(stage_request())
        assert (world.disk.formats, world.paths_mounted()) == (1, [STAGING])

    async def test_a_mark_of_formatting_outlives_undo_and_unstage(self, world: NodeWorld) -> None:
        """Else the leftovers would look like a stranger's data."""
        world.restart(Faults(at=await _index_of("format"), error=HostError("mkfs failed")))
        with pytest.raises(HostError):
            await world.staging.stage(stage_request())
        kept = stage_record(format=Format.FORMATTING, staging_path="", device_number="")
        assert world.find_record() == kept
        assert not world.node.attached
        world.restart()
        await world.staging.unstage(VOLUME, STAGING)
        assert world.find_record() == kept

    async def test_what_hangs_is_left_for_the_next_call(self, world: NodeWorld) -> None:
        """A stuck mkfs still holds the device: nothing is detached, and the state file stays."""
        world.restart(Faults(at=await _index_of("format"), error=StuckError("mkfs hangs")))
        with pytest.raises(StuckError):
            await world.staging.stage(stage_request())
        assert list(world.node.attached) == [str(nqn())]
        assert world.find_record() == stage_record(format=Format.FORMATTING)

    async def test_a_damaged_state_file_is_no_final_answer(self, world: NodeWorld) -> None:
        """The volume may be staged all the same, and after a final answer kubelet would never unstage it."""
        await world.staging.stage(stage_request())
        world.texts[VOLUME.slot] = "{"
        with pytest.raises(HostError, match="damaged") as failure:
            await world.staging.stage(stage_request())
        assert not failure.value.outcome_known
        assert world.paths_mounted() == [STAGING]

    async def test_out_of_time_nothing_is_undone(self, world: NodeWorld) -> None:
        """The next call goes on where this one stood."""
        world.restart(Faults(at=await _index_of("mount"), error=DeadlineError("too late")))
        with pytest.raises(DeadlineError):
            await world.staging.stage(stage_request())
        assert list(world.node.attached) == [str(nqn())]

    async def test_a_device_that_became_another_is_not_mounted(self, world: NodeWorld) -> None:
        """What was looked at is what is mounted, or nothing is."""

        class Renaming(FakeFilesystems):
            async def probe(self, device: str, size_bytes: int, *, thorough: bool) -> DeviceContent:
                content = await super().probe(device, size_bytes, thorough=thorough)
                attachment = self.node.attached[str(nqn())]
                attachment.connection = replace(attachment.connection, device_number="259:7")
                return content

        world.disk.signatures, world.disk.blank = ("ext4",), False
        staging = Staging(replace(world.ports, filesystems=Renaming(world.node)))
        with pytest.raises(NotReadyError, match="nothing was written"):
            await staging.stage(stage_request())
        assert world.is_clean()

    async def test_a_mount_that_fails_after_all_is_taken_back(self, world: NodeWorld) -> None:
        """What the mount table shows counts, not what the program said."""
        world.restart(Faults(at=await _index_of("mount"), error=HostError("mount failed"), done=True))
        with pytest.raises(HostError, match="mount failed"):
            await world.staging.stage(stage_request())
        assert world.is_clean()

    @pytest.mark.parametrize("elsewhere", ["", "/elsewhere"])
    async def test_a_mount_that_does_not_show_is_no_stage(self, world: NodeWorld, elsewhere: str) -> None:
        """It did nothing, or followed a link that somebody put there meanwhile: then it is taken back from there."""

        class Astray(FakeMounts):
            async def mount(self, device: str, path: str, file_system: str, options: Sequence[str]) -> None:
                del path
                if elsewhere:
                    await self.ensure_directory(elsewhere)
                    await super().mount(device, elsewhere, file_system, options)

        staging = Staging(replace(world.ports, mounts=Astray(world.node)))
        with pytest.raises(NotReadyError, match="nothing is what the mount table shows"):
            await staging.stage(stage_request())
        assert world.is_clean()

    async def test_a_directory_behind_a_link_is_staged_nowhere(self, world: NodeWorld) -> None:
        """What would be mounted there could not be found again."""
        world.stand(STAGING, PathKind.DIRECTORY)
        world.stand(str(PurePosixPath(STAGING).parent), PathKind.SYMLINK)
        with pytest.raises(HostError, match="symbolic link"):
            await world.staging.stage(stage_request())
        assert world.is_clean()

    async def test_a_failure_to_undo_hides_no_first_failure(self, world: NodeWorld) -> None:
        """A retry is told what went wrong first."""
        world.restart(Faults(at=await _index_of("mount"), error=UnreachableError("first"), lasting=True))
        with pytest.raises(UnreachableError, match="first"):
            await world.staging.stage(stage_request())
        assert list(world.node.attached) == [str(nqn())]

    async def test_a_target_that_is_away_leaves_nothing(self, world: NodeWorld) -> None:
        """The error says that a retry may help, and is told to the telemetry."""
        world.node.reachable = False
        with pytest.raises(UnreachableError):
            await world.staging.stage(stage_request())
        assert world.is_clean()
        assert world.telemetry.count("nvme_connect", failed=True) == 1

    async def test_a_refusal_is_not_final_while_the_connection_of_another_call_stands(self, world: NodeWorld) -> None:
        """What this call did not do it does not undo, and then kubelet has to come back."""
        world.restart(Faults(at=await _index_of("save_record", 1), error=KilledError()))
        with pytest.raises(KilledError):
            await world.staging.stage(stage_request())
        world.restart()
        world.disk.signatures, world.disk.blank = ("xfs",), False
        with pytest.raises(NotReadyError, match="still there"):
            await world.staging.stage(stage_request())
        assert list(world.node.attached) == [str(nqn())]
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean()

    async def test_a_directory_made_for_nothing_goes_again(self, world: NodeWorld) -> None:
        """One that was there stays."""
        world.disk.signatures = ("xfs",)
        with pytest.raises(RefusedError):
            await world.staging.stage(stage_request())
        assert STAGING not in world.node.paths
        world.stand(STAGING, PathKind.DIRECTORY)
        with pytest.raises(RefusedError):
            await world.staging.stage(stage_request())
        assert STAGING in world.node.paths
