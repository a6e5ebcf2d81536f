"""What is not staged, and what stays as it was then."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import (
    IncompatibleVolumeError,
    InvalidRequestError,
    RefusedError,
    UnsupportedError,
)
from rds_csi_async.domain.mounts import PathKind
from tests.services.node_world import (
    BLOCK,
    MANY_READERS,
    READ_ONLY,
    STAGING,
    VOLUME,
    NodeWorld,
    OnNode,
    stage_request,
)

XFS = Capability(AccessMode.SINGLE_NODE_WRITER, "xfs")


class StagingRefusals(OnNode):
    """Nothing is written, and nothing is left."""

    @pytest.mark.parametrize("kind", [PathKind.SYMLINK, PathKind.FILE, PathKind.BLOCK_DEVICE, PathKind.OTHER])
    async def test_a_staging_path_is_a_directory(self, world: NodeWorld, kind: PathKind) -> None:
        """Nothing else that stands there is followed or replaced."""
        world.stand(STAGING, kind)
        with pytest.raises(InvalidRequestError, match=kind.value):
            await world.staging.stage(stage_request())
        assert world.is_clean()

    @pytest.mark.parametrize("path", ["", "relative", "/a/../b", "/", "/a\0b"])
    async def test_a_staging_path_is_absolute(self, world: NodeWorld, path: str) -> None:
        """A path that can mean anything else is no path."""
        with pytest.raises(InvalidRequestError):
            await world.staging.stage(replace(stage_request(), staging_path=path))
        with pytest.raises(InvalidRequestError):
            await world.staging.unstage(VOLUME, path)

    async def test_a_path_is_compared_as_the_mount_table_writes_it(self, world: NodeWorld) -> None:
        """A slash at the end does not make a second stage."""
        await world.staging.stage(replace(stage_request(), staging_path=f"{STAGING}/"))
        await world.staging.stage(stage_request())
        assert world.paths_mounted() == [STAGING]

    async def test_another_device_at_the_staging_path_is_left_alone(self, world: NodeWorld) -> None:
        """Neither staging nor unstaging touches it."""
        world.mount_foreign(STAGING)
        with pytest.raises(RefusedError, match="8:1"):
            await world.staging.stage(stage_request())
        with pytest.raises(RefusedError, match="8:1"):
            await world.staging.unstage(VOLUME, STAGING)
        assert world.paths_mounted() == [STAGING]

    @pytest.mark.parametrize(
        ("signatures", "blank", "thoroughly"),
        [(("xfs",), False, False), (("dos",), False, False), ((), False, False), (("ext4", "xfs"), False, False)],
    )
    async def test_what_is_not_blank_is_not_formatted(
        self, world: NodeWorld, signatures: tuple[str, ...], *, blank: bool, thoroughly: bool
    ) -> None:
        """Another file system, a partition table or unknown data: refused, nothing written, nothing left."""
        world.disk.signatures, world.disk.blank, world.disk.thoroughly_blank = signatures, blank, thoroughly
        with pytest.raises(RefusedError):
            await world.staging.stage(stage_request())
        assert world.is_clean()
        assert world.disk.formats == 0

    @pytest.mark.parametrize(("claim", "told"), [("home/photos", ["PersistentVolumeClaim home/photos"]), ("", [])])
    async def test_a_refusal_is_told_of_the_claim(self, world: NodeWorld, claim: str, told: list[str]) -> None:
        """A person has to look at what is on the volume; where no claim is known, kubelet's own event has to do."""
        world.disk.signatures, world.disk.blank = ("xfs",), False
        with pytest.raises(RefusedError) as refused:
            await world.staging.stage(replace(stage_request(), claim=claim))
        assert [str(event.subject) for event in world.events.announced] == told
        assert all((str(e.reason), e.note) == ("MountFailure", str(refused.value)) for e in world.events.announced)

    async def test_a_volume_that_was_used_is_read_all_over_before_it_is_formatted(self, world: NodeWorld) -> None:
        """Blank ends prove nothing about a volume that was published before."""
        world.publish_again()
        world.disk.thoroughly_blank = False
        with pytest.raises(RefusedError):
            await world.staging.stage(stage_request(sequence=2))
        world.disk.thoroughly_blank = True
        await world.staging.stage(stage_request(sequence=2))
        assert world.disk.formats == 1

    async def test_a_file_system_that_cannot_be_mounted_is_refused_before_anything(self, world: NodeWorld) -> None:
        """No connection is made for it."""
        with pytest.raises(UnsupportedError):
            await world.staging.stage(stage_request(Capability(AccessMode.SINGLE_NODE_WRITER, "zfs")))
        assert world.is_clean()

    @pytest.mark.parametrize("capability", [XFS, BLOCK, READ_ONLY])
    async def test_a_stage_of_another_kind_is_incompatible(self, world: NodeWorld, capability: Capability) -> None:
        """What is staged stays as it is."""
        await world.staging.stage(stage_request())
        with pytest.raises(IncompatibleVolumeError):
            await world.staging.stage(stage_request(capability))
        assert world.paths_mounted() == [STAGING]

    async def test_a_second_staging_path_is_refused(self, world: NodeWorld) -> None:
        """One volume is staged once."""
        await world.staging.stage(stage_request())
        with pytest.raises(RefusedError, match=STAGING):
            await world.staging.stage(replace(stage_request(), staging_path="/kubelet/other"))

    @pytest.mark.parametrize("capability", [READ_ONLY, MANY_READERS])
    async def test_a_read_only_volume_is_never_formatted(self, world: NodeWorld, capability: Capability) -> None:
        """A blank one is refused, and nothing of it stays."""
        with pytest.raises(RefusedError, match="never formatted"):
            await world.staging.stage(stage_request(capability))
        assert world.is_clean()
        assert world.disk.formats == 0
