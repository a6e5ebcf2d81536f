"""What is not published, and what stays as it was then."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import (
    IncompatibleVolumeError,
    InvalidRequestError,
    RefusedError,
)
from rds_csi_async.domain.mounts import PathKind
from tests.services.node_world import (
    ALONE,
    BLOCK,
    DEVICE_TARGET,
    EXT4,
    OTHER_TARGET,
    READ_ONLY,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    OnNode,
    publish_request,
    stage_request,
    staged_world,
)

BLOCK_ALONE = Capability(AccessMode.SINGLE_NODE_SINGLE_WRITER, None)


class PublishingRefusals(OnNode):
    """Nothing is mounted, and nothing is replaced."""

    async def test_nothing_is_published_that_is_not_staged(self, world: NodeWorld) -> None:
        """No directory is made for it either."""
        with pytest.raises(RefusedError, match="not staged"):
            await world.mounting.publish(publish_request())
        assert TARGET not in world.node.paths

    async def test_another_staging_path_is_not_where_it_is_staged(self) -> None:
        """The message says where it is."""
        world = await staged_world()
        with pytest.raises(RefusedError, match=STAGING):
            await world.mounting.publish(replace(publish_request(), staging_path="/kubelet/other"))

    @pytest.mark.parametrize(
        ("capability", "kind"),
        [
            (EXT4, PathKind.SYMLINK),
            (EXT4, PathKind.FILE),
            (EXT4, PathKind.BLOCK_DEVICE),
            (EXT4, PathKind.OTHER),
            (BLOCK, PathKind.SYMLINK),
            (BLOCK, PathKind.DIRECTORY),
            (BLOCK, PathKind.OTHER),
        ],
    )
    async def test_what_stands_at_the_target_must_fit(self, capability: Capability, kind: PathKind) -> None:
        """Nothing that is in the way is followed or replaced."""
        world = await staged_world(capability)
        request = publish_request(capability)
        world.stand(request.target_path, kind)
        with pytest.raises(InvalidRequestError, match=kind.value):
            await world.mounting.publish(request)
        assert world.node.paths[request.target_path].kind is kind

    @pytest.mark.parametrize("path", ["", "relative", "/a/../b", STAGING])
    async def test_a_target_path_is_absolute_and_its_own(self, path: str) -> None:
        """The staging path is no target: unpublishing it would take the stage away."""
        world = await staged_world()
        with pytest.raises(InvalidRequestError):
            await world.mounting.publish(replace(publish_request(), target_path=path))
        with pytest.raises(InvalidRequestError):
            await world.mounting.unpublish(VOLUME, path)
        assert world.paths_mounted() == [STAGING]

    @pytest.mark.parametrize("capability", [EXT4, BLOCK])
    async def test_another_mount_at_the_target_is_left_alone(self, capability: Capability) -> None:
        """It is somebody else's."""
        world = await staged_world(capability)
        request = publish_request(capability)
        world.mount_foreign(request.target_path)
        with pytest.raises((RefusedError, InvalidRequestError)):
            await world.mounting.publish(request)
        assert world.paths_mounted()[-1] == request.target_path

    @pytest.mark.parametrize(
        ("staged", "asked"),
        [(EXT4, BLOCK), (BLOCK, EXT4), (EXT4, replace(EXT4, file_system="xfs"))],
    )
    async def test_another_kind_than_staged_is_incompatible(self, staged: Capability, asked: Capability) -> None:
        """It would have to be staged anew."""
        world = await staged_world(staged)
        with pytest.raises(IncompatibleVolumeError):
            await world.mounting.publish(publish_request(asked))

    async def test_a_read_only_stage_is_not_written(self, world: NodeWorld) -> None:
        """Nor is a pod of such a volume given a writable mount."""
        world.disk.signatures, world.disk.blank = ("ext4",), False
        await world.staging.stage(stage_request(READ_ONLY))
        with pytest.raises(IncompatibleVolumeError):
            await world.mounting.publish(publish_request())
        await world.mounting.publish(publish_request(READ_ONLY))
        assert world.node.mounts[-1].read_only

    @pytest.mark.parametrize(("capability", "other"), [(ALONE, OTHER_TARGET), (BLOCK_ALONE, f"{DEVICE_TARGET}-2")])
    async def test_a_volume_for_one_pod_is_given_to_one(self, capability: Capability, other: str) -> None:
        """The first pod's retry is fine, a second pod is not, and after the first went it is."""
        world = await staged_world(capability)
        first = publish_request(capability)
        await world.mounting.publish(first)
        await world.mounting.publish(first)
        with pytest.raises(RefusedError, match="one pod alone"):
            await world.mounting.publish(publish_request(capability, target=other))
        await world.mounting.unpublish(VOLUME, first.target_path)
        await world.mounting.publish(publish_request(capability, target=other))
