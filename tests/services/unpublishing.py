"""Taking volumes from pods."""

import pytest

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import (
    DriverError,
    HostError,
    RefusedError,
)
from rds_csi_async.domain.mounts import PathKind
from tests.fakes.faults import Faults, KilledError
from tests.services.node_world import (
    BLOCK,
    DEVICE_TARGET,
    EXT4,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    OnNode,
    nqn,
    publish_request,
    staged_world,
)


class Unpublishing(OnNode):
    """Nothing stays at the path, and nothing in it is ever deleted."""

    @pytest.mark.parametrize("capability", [EXT4, BLOCK])
    async def test_unpublish_leaves_nothing_at_the_path(self, capability: Capability) -> None:
        """Twice is as good as once; the stage stays."""
        world = await staged_world(capability)
        request = publish_request(capability)
        await world.mounting.publish(request)
        await world.mounting.unpublish(VOLUME, request.target_path)
        await world.mounting.unpublish(VOLUME, request.target_path)
        assert request.target_path not in world.node.paths
        assert list(world.node.attached) == [str(nqn())]
        record = world.find_record()
        assert record is not None
        assert record.targets == ()

    async def test_unpublish_peels_what_was_stacked(self) -> None:
        """Until nothing is mounted there: only then is it a directory that may go."""
        world = await staged_world()
        await world.mounting.publish(publish_request())
        world.node.mounts.append(world.node.mounts[-1])
        await world.mounting.unpublish(VOLUME, TARGET)
        assert world.paths_mounted() == [STAGING]

    async def test_a_busy_target_keeps_its_directory(self) -> None:
        """Nothing under a mount is ever removed."""
        world = await staged_world()
        await world.mounting.publish(publish_request())
        world.node.busy.add(TARGET)
        with pytest.raises(HostError, match="busy"):
            await world.mounting.unpublish(VOLUME, TARGET)
        assert TARGET in world.node.paths

    async def test_what_is_in_a_target_directory_is_never_deleted(self) -> None:
        """A directory that is not empty stays."""
        world = await staged_world()
        world.stand(TARGET, PathKind.DIRECTORY)
        world.stand(f"{TARGET}/data", PathKind.FILE)
        with pytest.raises(HostError, match="not empty"):
            await world.mounting.unpublish(VOLUME, TARGET)
        assert f"{TARGET}/data" in world.node.paths

    async def test_another_mount_at_the_target_is_left_alone(self) -> None:
        """It is somebody else's, as long as the node knows what is the volume's."""
        world = await staged_world()
        world.mount_foreign(TARGET)
        with pytest.raises(RefusedError, match="not this volume"):
            await world.mounting.unpublish(VOLUME, TARGET)
        assert world.paths_mounted() == [STAGING, TARGET]

    async def test_the_draft_of_a_block_node_goes_too(self) -> None:
        """The driver was killed before it moved it into place, so nothing stands at the target itself."""
        world = await staged_world(BLOCK)
        draft = "/kubelet/publish/pvc-1/.pod-one.new"
        world.stand(draft, PathKind.BLOCK_DEVICE)
        await world.mounting.unpublish(VOLUME, DEVICE_TARGET)
        assert draft not in world.node.paths

    @pytest.mark.parametrize("kind", [PathKind.SYMLINK, PathKind.OTHER])
    async def test_what_no_publication_makes_is_left_alone(self, world: NodeWorld, kind: PathKind) -> None:
        """It is not ours to remove."""
        world.stand(TARGET, kind)
        with pytest.raises(RefusedError, match=kind.value):
            await world.mounting.unpublish(VOLUME, TARGET)
        assert world.node.paths[TARGET].kind is kind

    async def test_unpublishing_nobodys_volume_is_fine_where_nothing_is(self, world: NodeWorld) -> None:
        """A mount there is somebody else's."""
        await world.mounting.unpublish(None, TARGET)
        world.mount_foreign(TARGET)
        with pytest.raises(RefusedError):
            await world.mounting.unpublish(None, TARGET)
        assert world.paths_mounted() == [TARGET]

    @pytest.mark.parametrize("done", [False, True])
    @pytest.mark.parametrize("error", [HostError("injected"), KilledError()])
    @pytest.mark.parametrize("capability", [EXT4, BLOCK])
    async def test_unpublishing_converges_from_any_failure(
        self, capability: Capability, error: BaseException, *, done: bool
    ) -> None:
        """Interrupted anywhere, the same call again finishes it."""
        target = publish_request(capability).target_path
        at, failed = 0, True
        while failed:
            world = await staged_world(capability)
            await world.mounting.publish(publish_request(capability))
            world.restart(Faults(at, error, done=done))
            failed = False
            try:
                await world.mounting.unpublish(VOLUME, target)
            except (DriverError, KilledError):
                at, failed = at + 1, True
                world.restart()
                await world.mounting.unpublish(VOLUME, target)
            assert target not in world.node.paths
            world.restart()
            await world.staging.unstage(VOLUME, STAGING)
            assert world.is_clean(), at
        assert at > 3
