"""Taking volumes off the node."""

from contextlib import suppress

import pytest

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import (
    HostError,
    NotReadyError,
    RefusedError,
)
from tests.fakes.faults import Faults, KilledError
from tests.services.node_world import (
    BLOCK,
    EXT4,
    OTHER_TARGET,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    OnNode,
    nqn,
    publish_request,
    stage_request,
)


class Unstaging(OnNode):
    """Everything goes, once nobody uses it."""

    async def test_unstage_leaves_nothing(self, world: NodeWorld) -> None:
        """Twice is as good as once."""
        await world.staging.stage(stage_request())
        await world.staging.unstage(VOLUME, STAGING)
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean()

    async def test_stacked_mounts_are_all_peeled(self, world: NodeWorld) -> None:
        """A retry of a worse driver may have mounted twice."""
        await world.staging.stage(stage_request())
        world.node.mounts.append(world.node.mounts[0])
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean()

    @pytest.mark.parametrize("capability", [EXT4, BLOCK])
    async def test_unstage_waits_for_pods(self, world: NodeWorld, capability: Capability) -> None:
        """Neither a mount nor a block device node loses its device."""
        await world.staging.stage(stage_request(capability))
        await world.mounting.publish(publish_request(capability))
        with pytest.raises(RefusedError, match="delete the pods"):
            await world.staging.unstage(VOLUME, STAGING)
        assert list(world.node.attached) == [str(nqn())]
        await world.mounting.unpublish(VOLUME, publish_request(capability).target_path)
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean()

    @pytest.mark.parametrize("capability", [EXT4, BLOCK])
    async def test_unstaging_another_path_takes_nothing_away(self, world: NodeWorld, capability: Capability) -> None:
        """The stage stands where it is."""
        await world.staging.stage(stage_request(capability))
        with pytest.raises(RefusedError, match=STAGING):
            await world.staging.unstage(VOLUME, "/kubelet/other")
        assert list(world.node.attached) == [str(nqn())]

    async def test_unstage_finds_the_connection_without_a_state_file(self, world: NodeWorld) -> None:
        """The kernel's own list names it."""
        await world.staging.stage(stage_request())
        world.texts.clear()
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean()

    async def test_unstage_does_not_detach_what_it_cannot_see(self, world: NodeWorld) -> None:
        """A connection without a device and without a state file may be mounted anywhere."""
        await world.staging.stage(stage_request())
        world.texts.clear()
        world.node.mounts.clear()
        world.node.attached[str(nqn())].usable = False
        with pytest.raises(NotReadyError):
            await world.staging.unstage(VOLUME, STAGING)
        assert list(world.node.attached) == [str(nqn())]

    async def test_a_hanging_unmount_keeps_its_device(self, world: NodeWorld) -> None:
        """It left the mount table and still writes: the device goes when the link is back, or the kernel drops it."""
        await world.staging.stage(stage_request())
        world.node.mounts.clear()
        world.node.drop_link(str(nqn()))
        with pytest.raises(NotReadyError, match="may still be writing"):
            await world.staging.unstage(VOLUME, STAGING)
        assert list(world.node.attached) == [str(nqn())]
        world.node.lose(str(nqn()))
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean()

    async def test_a_busy_mount_keeps_its_device(self, world: NodeWorld) -> None:
        """What does not unmount is not detached."""
        await world.staging.stage(stage_request())
        world.node.busy.add(STAGING)
        with pytest.raises(HostError, match="busy"):
            await world.staging.unstage(VOLUME, STAGING)
        assert list(world.node.attached) == [str(nqn())]
        assert world.telemetry.count("mount_op", "unmount", failed=True) == 1

    async def test_unstaging_nobodys_volume_is_fine_where_nothing_is(self, world: NodeWorld) -> None:
        """A mount there is somebody else's."""
        await world.staging.unstage(None, STAGING)
        world.mount_foreign(STAGING)
        with pytest.raises(RefusedError):
            await world.staging.unstage(None, STAGING)
        assert world.paths_mounted() == [STAGING]

    @pytest.mark.parametrize("done", [False, True])
    @pytest.mark.parametrize("error", [HostError("injected"), KilledError()])
    async def test_unstage_converges_from_any_failure(self, error: BaseException, *, done: bool) -> None:
        """Unstaging interrupted anywhere is finished by the next one, and never detaches under a mount."""
        staged = NodeWorld()
        await staged.staging.stage(stage_request())
        staged.restart()
        await staged.staging.unstage(VOLUME, STAGING)
        for at in range(staged.faults.count):
            world = NodeWorld()
            await world.staging.stage(stage_request())
            world.restart(Faults(at, error, done=done))
            with suppress(HostError, KilledError):
                await world.staging.unstage(VOLUME, STAGING)
            assert world.node.cut == []
            world.restart()
            await world.staging.unstage(VOLUME, STAGING)
            assert world.is_clean(), at

    async def test_two_pods_targets_are_both_named(self, world: NodeWorld) -> None:
        """The person who has to delete pods gets to know where they are."""
        await world.staging.stage(stage_request())
        await world.mounting.publish(publish_request())
        await world.mounting.publish(publish_request(target=OTHER_TARGET))
        with pytest.raises(RefusedError, match=f"{TARGET}, {OTHER_TARGET}"):
            await world.staging.unstage(VOLUME, STAGING)
