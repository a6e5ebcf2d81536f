"""A pod gets the volume that was staged for it, once, and gives it back without a trace."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import (
    DriverError,
    HostError,
    IncompatibleVolumeError,
    InvalidRequestError,
    NotReadyError,
    RefusedError,
)
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind
from tests.fakes.connections import FakeConnections
from tests.fakes.faults import Faults, KilledError
from tests.fakes.mounts import FakeMounts
from tests.fakes.stage_records import FakeStageRecords
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
    nqn,
    publish_request,
    stage_request,
)

BLOCK_ALONE = Capability(AccessMode.SINGLE_NODE_SINGLE_WRITER, None)


@pytest.fixture
def world() -> NodeWorld:
    """Give a node with nothing on it."""
    return NodeWorld()


async def _staged(capability: Capability = EXT4) -> NodeWorld:
    world = NodeWorld()
    await world.staging.stage(stage_request(capability))
    return world


async def test_a_pod_sees_what_is_staged() -> None:
    """The target path is made, and shows the device."""
    world = await _staged()
    await world.mounting.publish(publish_request())
    assert [(mount.path, mount.device_number) for mount in world.node.mounts] == [(STAGING, "259:0"), (TARGET, "259:0")]
    assert not world.node.mounts[-1].read_only


async def test_publishing_twice_mounts_once() -> None:
    """No retry stacks a second mount."""
    world = await _staged()
    await world.mounting.publish(publish_request())
    await world.mounting.publish(publish_request())
    assert world.paths_mounted() == [STAGING, TARGET]


async def test_only_a_pods_own_flags_go_with_the_bind() -> None:
    """The file system's options belong to the stage; a bind with them would fail."""
    capability = replace(EXT4, mount_options=("noatime", "commit=30", "nosuid"))
    world = await _staged(capability)
    await world.mounting.publish(publish_request(capability))
    assert world.paths_mounted() == [STAGING, TARGET]
    assert publish_request(capability).bind_options == ("noatime", "nosuid")


async def test_a_pod_may_ask_for_reading_only() -> None:
    """The stage stays writable; the same target asked for otherwise is incompatible."""
    world = await _staged()
    await world.mounting.publish(publish_request(read_only=True))
    assert [mount.read_only for mount in world.node.mounts] == [False, True]
    with pytest.raises(IncompatibleVolumeError, match="read-only already"):
        await world.mounting.publish(publish_request())


async def test_nothing_is_published_that_is_not_staged(world: NodeWorld) -> None:
    """No directory is made for it either."""
    with pytest.raises(RefusedError, match="not staged"):
        await world.mounting.publish(publish_request())
    assert TARGET not in world.node.paths


async def test_another_staging_path_is_not_where_it_is_staged() -> None:
    """The message says where it is."""
    world = await _staged()
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
async def test_what_stands_at_the_target_must_fit(capability: Capability, kind: PathKind) -> None:
    """Nothing that is in the way is followed or replaced."""
    world = await _staged(capability)
    request = publish_request(capability)
    world.stand(request.target_path, kind)
    with pytest.raises(InvalidRequestError, match=kind.value):
        await world.mounting.publish(request)
    assert world.node.paths[request.target_path].kind is kind


@pytest.mark.parametrize("path", ["", "relative", "/a/../b", STAGING])
async def test_a_target_path_is_absolute_and_its_own(path: str) -> None:
    """The staging path is no target: unpublishing it would take the stage away."""
    world = await _staged()
    with pytest.raises(InvalidRequestError):
        await world.mounting.publish(replace(publish_request(), target_path=path))
    with pytest.raises(InvalidRequestError):
        await world.mounting.unpublish(VOLUME, path)
    assert world.paths_mounted() == [STAGING]


@pytest.mark.parametrize("capability", [EXT4, BLOCK])
async def test_another_mount_at_the_target_is_left_alone(capability: Capability) -> None:
    """It is somebody else's."""
    world = await _staged(capability)
    request = publish_request(capability)
    world.mount_foreign(request.target_path)
    with pytest.raises((RefusedError, InvalidRequestError)):
        await world.mounting.publish(request)
    assert world.paths_mounted()[-1] == request.target_path


@pytest.mark.parametrize(
    ("staged", "asked"),
    [(EXT4, BLOCK), (BLOCK, EXT4), (EXT4, replace(EXT4, file_system="xfs"))],
)
async def test_another_kind_than_staged_is_incompatible(staged: Capability, asked: Capability) -> None:
    """It would have to be staged anew."""
    world = await _staged(staged)
    with pytest.raises(IncompatibleVolumeError):
        await world.mounting.publish(publish_request(asked))


async def test_a_read_only_stage_is_not_written(world: NodeWorld) -> None:
    """Nor is a pod of such a volume given a writable mount."""
    world.disk.signatures, world.disk.blank = ("ext4",), False
    await world.staging.stage(stage_request(READ_ONLY))
    with pytest.raises(IncompatibleVolumeError):
        await world.mounting.publish(publish_request())
    await world.mounting.publish(publish_request(READ_ONLY))
    assert world.node.mounts[-1].read_only


@pytest.mark.parametrize(("capability", "other"), [(ALONE, OTHER_TARGET), (BLOCK_ALONE, f"{DEVICE_TARGET}-2")])
async def test_a_volume_for_one_pod_is_given_to_one(capability: Capability, other: str) -> None:
    """The first pod's retry is fine, a second pod is not, and after the first went it is."""
    world = await _staged(capability)
    first = publish_request(capability)
    await world.mounting.publish(first)
    await world.mounting.publish(first)
    with pytest.raises(RefusedError, match="one pod alone"):
        await world.mounting.publish(publish_request(capability, target=other))
    await world.mounting.unpublish(VOLUME, first.target_path)
    await world.mounting.publish(publish_request(capability, target=other))


async def test_other_volumes_go_to_several_pods() -> None:
    """As many as the node has."""
    world = await _staged()
    await world.mounting.publish(publish_request())
    await world.mounting.publish(publish_request(target=OTHER_TARGET))
    assert world.paths_mounted() == [STAGING, TARGET, OTHER_TARGET]


async def test_a_block_device_is_shown_by_its_number() -> None:
    """The node is the device, and the state file knew of it before it was made."""
    world = await _staged(BLOCK)
    world.node.calls.clear()
    await world.mounting.publish(publish_request(BLOCK))
    await world.mounting.publish(publish_request(BLOCK))
    assert world.node.paths[DEVICE_TARGET] == PathFact(PathKind.BLOCK_DEVICE, "259:0")
    record = world.find_record()
    assert record is not None
    assert record.targets == (DEVICE_TARGET,)
    made = [call for call in world.node.calls if call in {"save_record", "ensure_block_node"}]
    assert made == ["save_record", "ensure_block_node"]


async def test_a_block_node_of_another_device_is_replaced() -> None:
    """A node outlives its device, whose number another volume may have by then."""
    world = await _staged(BLOCK)
    await world.mounting.publish(publish_request(BLOCK))
    world.node.paths[DEVICE_TARGET] = PathFact(PathKind.BLOCK_DEVICE, "259:9")
    await world.mounting.publish(publish_request(BLOCK))
    assert world.node.paths[DEVICE_TARGET].device_number == "259:0"


@pytest.mark.parametrize("capability", [EXT4, BLOCK])
async def test_a_newer_publication_is_staged_before_it_is_shown(capability: Capability) -> None:
    """Kubelet may publish alone after a forced detach."""
    world = await _staged(capability)
    world.publish_again()
    await world.mounting.publish(publish_request(capability, 2))
    assert list(world.node.attached) == [str(nqn(2))]
    assert all(mount.device_number == "259:1" for mount in world.node.mounts)
    assert world.telemetry.list_calls("stale_mount_detected") == []


async def test_a_newer_publication_waits_for_the_pods_of_the_old() -> None:
    """Another pod's mount is not taken away."""
    world = await _staged()
    await world.mounting.publish(publish_request())
    world.publish_again()
    with pytest.raises(RefusedError, match="delete the pods"):
        await world.mounting.publish(publish_request(sequence=2, target=OTHER_TARGET))


async def test_an_older_publication_is_refused(world: NodeWorld) -> None:
    """An old name never comes back."""
    world.publish_again()
    await world.staging.stage(stage_request(sequence=2))
    with pytest.raises(RefusedError, match="publication 1"):
        await world.mounting.publish(publish_request())


async def test_a_dead_stage_is_healed_and_counted() -> None:
    """The device was lost with no pod on it: it is attached again before a pod gets it."""
    world = await _staged()
    world.node.lose(str(nqn()))
    await world.mounting.publish(publish_request())
    assert [mount.device_number for mount in world.node.mounts] == ["259:1", "259:1"]
    assert len(world.telemetry.list_calls("stale_mount_detected")) == 1
    assert world.telemetry.count("stale_recovery") == 1


async def test_a_dead_stage_that_cannot_be_healed_is_counted_too() -> None:
    """The pods that hold it are named."""
    world = await _staged()
    await world.mounting.publish(publish_request())
    world.node.lose(str(nqn()))
    with pytest.raises(RefusedError, match=TARGET):
        await world.mounting.publish(publish_request(target=OTHER_TARGET))
    assert world.telemetry.count("stale_recovery", failed=True) == 1


async def test_nothing_new_is_shown_over_a_link_that_is_down() -> None:
    """The pod would hang; it may start when the link is back."""
    world = await _staged()
    world.node.drop_link(str(nqn()))
    with pytest.raises(NotReadyError, match="link"):
        await world.mounting.publish(publish_request())


@pytest.mark.parametrize("capability", [EXT4, BLOCK])
async def test_a_lost_state_file_is_written_anew(capability: Capability) -> None:
    """What is staged shows for itself."""
    world = await _staged(capability)
    world.texts.clear()
    await world.mounting.publish(publish_request(capability))
    assert world.find_record() is not None


async def test_a_bind_that_shows_something_else_is_taken_back() -> None:
    """A staging path that lost its mount in between is an empty directory of the node's own disk."""
    world = await _staged()

    class Racing(FakeMounts):
        async def bind(self, source: str, target: str, *, read_only: bool, options: object = ()) -> None:
            del source, read_only, options
            self.node.mounts.append(Mount(target, "8:1", "/", "ext4", "/dev/sda1", read_only=False))

    node = world.node
    mounting = type(world.mounting)(
        FakeConnections(node),
        Racing(node),
        FakeStageRecords(node, texts=world.texts),
        world.telemetry,
        world.staging.stage,
    )
    with pytest.raises(NotReadyError, match="did not show"):
        await mounting.publish(publish_request())
    assert world.paths_mounted() == [STAGING]


@pytest.mark.parametrize("capability", [EXT4, BLOCK])
async def test_unpublish_leaves_nothing_at_the_path(capability: Capability) -> None:
    """Twice is as good as once; the stage stays."""
    world = await _staged(capability)
    request = publish_request(capability)
    await world.mounting.publish(request)
    await world.mounting.unpublish(VOLUME, request.target_path)
    await world.mounting.unpublish(VOLUME, request.target_path)
    assert request.target_path not in world.node.paths
    assert list(world.node.attached) == [str(nqn())]
    record = world.find_record()
    assert record is not None
    assert record.targets == ()


async def test_unpublish_peels_what_was_stacked() -> None:
    """Until nothing is mounted there: only then is it a directory that may go."""
    world = await _staged()
    await world.mounting.publish(publish_request())
    world.node.mounts.append(world.node.mounts[-1])
    await world.mounting.unpublish(VOLUME, TARGET)
    assert world.paths_mounted() == [STAGING]


async def test_a_busy_target_keeps_its_directory() -> None:
    """Nothing under a mount is ever removed."""
    world = await _staged()
    await world.mounting.publish(publish_request())
    world.node.busy.add(TARGET)
    with pytest.raises(HostError, match="busy"):
        await world.mounting.unpublish(VOLUME, TARGET)
    assert TARGET in world.node.paths


async def test_what_is_in_a_target_directory_is_never_deleted() -> None:
    """A directory that is not empty stays."""
    world = await _staged()
    world.stand(TARGET, PathKind.DIRECTORY)
    world.stand(f"{TARGET}/data", PathKind.FILE)
    with pytest.raises(HostError, match="not empty"):
        await world.mounting.unpublish(VOLUME, TARGET)
    assert f"{TARGET}/data" in world.node.paths


@pytest.mark.parametrize("kind", [PathKind.SYMLINK, PathKind.OTHER])
async def test_what_no_publication_makes_is_left_alone(world: NodeWorld, kind: PathKind) -> None:
    """It is not ours to remove."""
    world.stand(TARGET, kind)
    with pytest.raises(RefusedError, match=kind.value):
        await world.mounting.unpublish(VOLUME, TARGET)
    assert world.node.paths[TARGET].kind is kind


async def test_unpublishing_nobodys_volume_is_fine_where_nothing_is(world: NodeWorld) -> None:
    """A mount there is somebody else's."""
    await world.mounting.unpublish(None, TARGET)
    world.mount_foreign(TARGET)
    with pytest.raises(RefusedError):
        await world.mounting.unpublish(None, TARGET)
    assert world.paths_mounted() == [TARGET]


async def test_everything_is_told_to_the_telemetry() -> None:
    """One bind, one unmount, and a failure as one."""
    world = await _staged()
    await world.mounting.publish(publish_request())
    await world.mounting.unpublish(VOLUME, TARGET)
    assert [world.telemetry.count("mount_op", name) for name in ("bind", "unmount")] == [1, 1]
    index = world.node.calls.index("bind") - world.node.calls.index("mount") - 1
    world.restart(Faults(index, HostError("injected")))
    with pytest.raises(HostError):
        await world.mounting.publish(publish_request())
    assert world.telemetry.count("mount_op", "bind", failed=True) == 1


async def _before_publish(capability: Capability, sequence: int) -> NodeWorld:
    world = await _staged(capability)
    if sequence > 1:
        world.publish_again(sequence)
    return world


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("error", [HostError("injected"), KilledError()])
@pytest.mark.parametrize(("capability", "sequence"), [(EXT4, 1), (BLOCK, 1), (EXT4, 2), (BLOCK, 2)])
async def test_publishing_converges_from_any_failure(
    capability: Capability, sequence: int, error: BaseException, *, done: bool
) -> None:
    """Interrupted anywhere, the same call again shows the volume once; what follows leaves nothing."""
    request = publish_request(capability, sequence)
    smooth = await _before_publish(capability, sequence)
    smooth.restart()
    await smooth.mounting.publish(request)
    for at in range(smooth.faults.count):
        world = await _before_publish(capability, sequence)
        world.restart(Faults(at, error, done=done))
        try:
            await world.mounting.publish(request)
        except (DriverError, KilledError):
            world.restart()
            await world.mounting.publish(request)
        assert set(world.node.paths) == set(smooth.node.paths), at
        number = world.node.attached[request.staging.nqn].connection.device_number
        assert {mount.device_number for mount in world.node.mounts} <= {number}
        assert world.node.paths[request.target_path].device_number in {"", number}
        assert world.paths_mounted() == smooth.paths_mounted()
        assert world.disk.formats == smooth.disk.formats
        await world.mounting.unpublish(VOLUME, request.target_path)
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean(), at


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("error", [HostError("injected"), KilledError()])
@pytest.mark.parametrize("capability", [EXT4, BLOCK])
async def test_unpublishing_converges_from_any_failure(
    capability: Capability, error: BaseException, *, done: bool
) -> None:
    """Interrupted anywhere, the same call again finishes it."""
    target = publish_request(capability).target_path
    at, failed = 0, True
    while failed:
        world = await _staged(capability)
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
