"""Staging converges from every state, formats once, and leaves nothing behind when it gives up."""

from contextlib import suppress
from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import (
    DeadlineError,
    DriverError,
    HostError,
    IncompatibleVolumeError,
    InvalidRequestError,
    NotReadyError,
    RefusedError,
    StuckError,
    UnreachableError,
    UnsupportedError,
)
from rds_csi_async.domain.mounts import PathKind
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.stage_records import Format
from tests.fakes.faults import Faults, KilledError
from tests.services.node_world import (
    BLOCK,
    EXT4,
    OTHER_TARGET,
    READ_ONLY,
    SIZE_BYTES,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    nqn,
    publish_request,
    stage_record,
    stage_request,
)

XFS = Capability(AccessMode.SINGLE_NODE_WRITER, "xfs")
MANY_READERS = Capability(AccessMode.MULTI_NODE_READER_ONLY)


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
    assert calls == ["save_record", "connect", "probe", "probe", "save_record", "format", "save_record", "mount"]


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


@pytest.mark.parametrize("capability", [READ_ONLY, MANY_READERS])
async def test_a_read_only_volume_is_never_formatted(world: NodeWorld, capability: Capability) -> None:
    """A blank one is refused, and nothing of it stays."""
    with pytest.raises(RefusedError, match="never formatted"):
        await world.staging.stage(stage_request(capability))
    assert world.is_clean()
    assert world.disk.formats == 0


async def test_raw_block_is_attached_and_untouched(world: NodeWorld) -> None:
    """Nothing is read from, written to or mounted from it."""
    await world.staging.stage(stage_request(BLOCK))
    await world.staging.stage(stage_request(BLOCK))
    assert world.find_record() == stage_record(kind="block", file_system="")
    assert not {"probe", "format", "mount"} & set(world.node.calls)
    assert world.node.calls.count("connect") == 1


@pytest.mark.parametrize("kind", [PathKind.SYMLINK, PathKind.FILE, PathKind.BLOCK_DEVICE, PathKind.OTHER])
async def test_a_staging_path_is_a_directory(world: NodeWorld, kind: PathKind) -> None:
    """Nothing else that stands there is followed or replaced."""
    world.stand(STAGING, kind)
    with pytest.raises(InvalidRequestError, match=kind.value):
        await world.staging.stage(stage_request())
    assert world.is_clean()


@pytest.mark.parametrize("path", ["", "relative", "/a/../b", "/", "/a\0b"])
async def test_a_staging_path_is_absolute(world: NodeWorld, path: str) -> None:
    """A path that can mean anything else is no path."""
    with pytest.raises(InvalidRequestError):
        await world.staging.stage(replace(stage_request(), staging_path=path))
    with pytest.raises(InvalidRequestError):
        await world.staging.unstage(VOLUME, path)


async def test_a_path_is_compared_as_the_mount_table_writes_it(world: NodeWorld) -> None:
    """A slash at the end does not make a second stage."""
    await world.staging.stage(replace(stage_request(), staging_path=f"{STAGING}/"))
    await world.staging.stage(stage_request())
    assert world.paths_mounted() == [STAGING]


async def test_another_device_at_the_staging_path_is_left_alone(world: NodeWorld) -> None:
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
    world: NodeWorld, signatures: tuple[str, ...], *, blank: bool, thoroughly: bool
) -> None:
    """Another file system, a partition table or unknown data: refused, nothing written, nothing left."""
    world.disk.signatures, world.disk.blank, world.disk.thoroughly_blank = signatures, blank, thoroughly
    with pytest.raises(RefusedError):
        await world.staging.stage(stage_request())
    assert world.is_clean()
    assert world.disk.formats == 0


async def test_a_volume_that_was_used_is_read_all_over_before_it_is_formatted(world: NodeWorld) -> None:
    """Blank ends prove nothing about a volume that was published before."""
    world.publish_again()
    world.disk.thoroughly_blank = False
    with pytest.raises(RefusedError):
        await world.staging.stage(stage_request(sequence=2))
    world.disk.thoroughly_blank = True
    await world.staging.stage(stage_request(sequence=2))
    assert world.disk.formats == 1


async def test_a_file_system_that_cannot_be_mounted_is_refused_before_anything(world: NodeWorld) -> None:
    """No connection is made for it."""
    with pytest.raises(UnsupportedError):
        await world.staging.stage(stage_request(Capability(AccessMode.SINGLE_NODE_WRITER, "zfs")))
    assert world.is_clean()


@pytest.mark.parametrize("capability", [XFS, BLOCK, READ_ONLY])
async def test_a_stage_of_another_kind_is_incompatible(world: NodeWorld, capability: Capability) -> None:
    """What is staged stays as it is."""
    await world.staging.stage(stage_request())
    with pytest.raises(IncompatibleVolumeError):
        await world.staging.stage(stage_request(capability))
    assert world.paths_mounted() == [STAGING]


async def test_a_second_staging_path_is_refused(world: NodeWorld) -> None:
    """One volume is staged once."""
    await world.staging.stage(stage_request())
    with pytest.raises(RefusedError, match=STAGING):
        await world.staging.stage(replace(stage_request(), staging_path="/kubelet/other"))


async def test_a_newer_publication_replaces_an_old_stage(world: NodeWorld) -> None:
    """A forced detach came back to this node: the old name goes before the new one comes."""
    await world.staging.stage(stage_request())
    world.publish_again()
    await world.staging.stage(stage_request(sequence=2))
    assert list(world.node.attached) == [str(nqn(2))]
    assert world.paths_mounted() == [STAGING]
    assert world.node.cut == []
    assert (world.disk.formats, world.find_record()) == (
        1,
        stage_record(2, device_number="259:1", format=Format.FORMATTED),
    )


async def test_a_newer_publication_waits_for_the_pods_of_the_old_one(world: NodeWorld) -> None:
    """Nothing is unmounted or detached under a pod, and the message says what to do."""
    await world.staging.stage(stage_request())
    await world.mounting.publish(publish_request())
    world.publish_again()
    with pytest.raises(RefusedError, match="delete the pods"):
        await world.staging.stage(stage_request(sequence=2))
    assert world.paths_mounted() == [STAGING, TARGET]
    assert list(world.node.attached) == [str(nqn(1))]


async def test_a_newer_publication_waits_for_the_pods_of_an_old_block_device(world: NodeWorld) -> None:
    """A published block device node is a use that no mount table shows."""
    await world.staging.stage(stage_request(BLOCK))
    await world.mounting.publish(publish_request(BLOCK))
    world.publish_again()
    with pytest.raises(RefusedError, match="delete the pods"):
        await world.staging.stage(stage_request(BLOCK, 2))


async def test_an_older_publication_is_refused(world: NodeWorld) -> None:
    """An old name never comes back."""
    world.publish_again()
    await world.staging.stage(stage_request(sequence=2))
    with pytest.raises(RefusedError, match="publication 1"):
        await world.staging.stage(stage_request())
    assert world.paths_mounted() == [STAGING]


async def test_a_lost_state_file_is_written_anew(world: NodeWorld) -> None:
    """The mount table and the connection prove the stage."""
    await world.staging.stage(stage_request())
    world.texts.clear()
    await world.staging.stage(stage_request())
    assert world.find_record() == stage_record()
    assert world.paths_mounted() == [STAGING]


async def test_a_stage_whose_device_was_lost_is_made_anew(world: NodeWorld) -> None:
    """The dead mount goes first."""
    await world.staging.stage(stage_request())
    world.node.lose(str(nqn()))
    await world.staging.stage(stage_request())
    assert [mount.device_number for mount in world.node.mounts] == ["259:1"]


async def test_a_lost_device_under_a_pod_is_the_pods_affair_first(world: NodeWorld) -> None:
    """A dead mount that a pod has cannot be taken from it."""
    await world.staging.stage(stage_request())
    await world.mounting.publish(publish_request())
    world.node.lose(str(nqn()))
    with pytest.raises(RefusedError, match="delete the pods"):
        await world.staging.stage(stage_request())


async def test_a_connection_without_a_device_is_waited_for(world: NodeWorld) -> None:
    """It may come back with the mount alive, so nothing is taken down."""
    await world.staging.stage(stage_request())
    world.node.attached[str(nqn())].usable = False
    with pytest.raises(NotReadyError):
        await world.staging.stage(stage_request())
    assert world.paths_mounted() == [STAGING]


async def test_after_a_reboot_a_volume_is_staged_though_another_has_its_number(world: NodeWorld) -> None:
    """The number in the state file means nothing any more."""
    await world.staging.stage(stage_request())
    world.reboot()
    world.mount_foreign("/kubelet/other")
    world.node.mounts = [replace(mount, device_number="259:0") for mount in world.node.mounts]
    world.node.devices_made = 1
    await world.staging.stage(stage_request())
    assert world.paths_mounted() == ["/kubelet/other", STAGING]


async def test_block_nodes_of_before_a_reboot_are_removed(world: NodeWorld) -> None:
    """They may denote another volume now."""
    await world.staging.stage(stage_request(BLOCK))
    await world.mounting.publish(publish_request(BLOCK))
    world.reboot()
    world.publish_again()
    await world.staging.stage(stage_request(BLOCK, 2))
    assert publish_request(BLOCK).target_path not in world.node.paths


async def test_an_unfinished_format_is_resumed_by_the_node_that_began_it(world: NodeWorld) -> None:
    """The mark in the state file and the marks on the device belong together."""
    world.restart(Faults(at=await _index_of("format"), error=KilledError()))
    with pytest.raises(KilledError):
        await world.staging.stage(stage_request())
    world.disk.blank, world.disk.unfinished = False, "ext4"
    world.restart()
    await world.staging.stage(stage_request())
    assert (world.disk.formats, world.paths_mounted()) == (1, [STAGING])


async def test_a_mark_of_formatting_outlives_undo_and_unstage(world: NodeWorld) -> None:
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


async def test_what_hangs_is_left_for_the_next_call(world: NodeWorld) -> None:
    """A stuck mkfs still holds the device: nothing is detached, and the state file stays."""
    world.restart(Faults(at=await _index_of("format"), error=StuckError("mkfs hangs")))
    with pytest.raises(StuckError):
        await world.staging.stage(stage_request())
    assert list(world.node.attached) == [str(nqn())]
    assert world.find_record() == stage_record(format=Format.FORMATTING)


async def test_out_of_time_nothing_is_undone(world: NodeWorld) -> None:
    """The next call goes on where this one stood."""
    world.restart(Faults(at=await _index_of("mount"), error=DeadlineError("too late")))
    with pytest.raises(DeadlineError):
        await world.staging.stage(stage_request())
    assert list(world.node.attached) == [str(nqn())]


async def test_a_target_that_is_away_leaves_nothing(world: NodeWorld) -> None:
    """The error says that a retry may help, and is told to the telemetry."""
    world.node.reachable = False
    with pytest.raises(UnreachableError):
        await world.staging.stage(stage_request())
    assert world.is_clean()
    assert world.telemetry.count("nvme_connect", failed=True) == 1


async def test_a_refusal_is_not_final_while_the_connection_of_another_call_stands(world: NodeWorld) -> None:
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


async def test_a_directory_made_for_nothing_goes_again(world: NodeWorld) -> None:
    """One that was there stays."""
    world.disk.signatures = ("xfs",)
    with pytest.raises(RefusedError):
        await world.staging.stage(stage_request())
    assert STAGING not in world.node.paths
    world.stand(STAGING, PathKind.DIRECTORY)
    with pytest.raises(RefusedError):
        await world.staging.stage(stage_request())
    assert STAGING in world.node.paths


async def test_unstage_leaves_nothing(world: NodeWorld) -> None:
    """Twice is as good as once."""
    await world.staging.stage(stage_request())
    await world.staging.unstage(VOLUME, STAGING)
    await world.staging.unstage(VOLUME, STAGING)
    assert world.is_clean()


async def test_stacked_mounts_are_all_peeled(world: NodeWorld) -> None:
    """A retry of a worse driver may have mounted twice."""
    await world.staging.stage(stage_request())
    world.node.mounts.append(world.node.mounts[0])
    await world.staging.unstage(VOLUME, STAGING)
    assert world.is_clean()


@pytest.mark.parametrize("capability", [EXT4, BLOCK])
async def test_unstage_waits_for_pods(world: NodeWorld, capability: Capability) -> None:
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
async def test_unstaging_another_path_takes_nothing_away(world: NodeWorld, capability: Capability) -> None:
    """The stage stands where it is."""
    await world.staging.stage(stage_request(capability))
    with pytest.raises(RefusedError, match=STAGING):
        await world.staging.unstage(VOLUME, "/kubelet/other")
    assert list(world.node.attached) == [str(nqn())]


async def test_unstage_finds_the_connection_without_a_state_file(world: NodeWorld) -> None:
    """The kernel's own list names it."""
    await world.staging.stage(stage_request())
    world.texts.clear()
    await world.staging.unstage(VOLUME, STAGING)
    assert world.is_clean()


async def test_unstage_does_not_detach_what_it_cannot_see(world: NodeWorld) -> None:
    """A connection without a device and without a state file may be mounted anywhere."""
    await world.staging.stage(stage_request())
    world.texts.clear()
    world.node.mounts.clear()
    world.node.attached[str(nqn())].usable = False
    with pytest.raises(NotReadyError):
        await world.staging.unstage(VOLUME, STAGING)
    assert list(world.node.attached) == [str(nqn())]


async def test_a_busy_mount_keeps_its_device(world: NodeWorld) -> None:
    """What does not unmount is not detached."""
    await world.staging.stage(stage_request())
    world.node.busy.add(STAGING)
    with pytest.raises(HostError, match="busy"):
        await world.staging.unstage(VOLUME, STAGING)
    assert list(world.node.attached) == [str(nqn())]
    assert world.telemetry.count("mount_op", "unmount", failed=True) == 1


async def test_unstaging_nobodys_volume_is_fine_where_nothing_is(world: NodeWorld) -> None:
    """A mount there is somebody else's."""
    await world.staging.unstage(None, STAGING)
    world.mount_foreign(STAGING)
    with pytest.raises(RefusedError):
        await world.staging.unstage(None, STAGING)
    assert world.paths_mounted() == [STAGING]


async def test_everything_is_told_to_the_telemetry(world: NodeWorld) -> None:
    """One count each, and the number of connections as the kernel has it."""
    await world.staging.stage(stage_request())
    assert world.telemetry.connections == 1
    await world.staging.unstage(VOLUME, STAGING)
    counts = [world.telemetry.count("mount_op", operation) for operation in ("format", "mount", "unmount")]
    assert counts == [1, 1, 1]
    assert (world.telemetry.count("nvme_connect"), world.telemetry.count("nvme_disconnect")) == (1, 1)
    assert world.telemetry.connections == 0
    await world.staging.refresh()
    assert world.telemetry.list_calls("nvme_connections")[-1].detail == "0"


async def _index_of(call: str, which: int = 0) -> int:
    """Tell which port call of a first stage, from 0, is the one of this name."""
    world = NodeWorld()
    await world.staging.stage(stage_request())
    return [index for index, name in enumerate(world.node.calls) if name == call][which]


def _prepare(world: NodeWorld, situation: str) -> None:
    if situation == "restage":
        world.publish_again()
    elif situation == "used":
        world.disk.signatures, world.disk.blank = ("ext4",), False


SITUATIONS = ["first", "used", "restage", "block"]


async def _begin(situation: str) -> NodeWorld:
    """Bring a world to the point at which the stage under test begins."""
    world = NodeWorld()
    if situation == "restage":
        await world.staging.stage(stage_request())
    _prepare(world, situation)
    return world


async def _stage(world: NodeWorld, situation: str) -> None:
    await world.staging.stage(
        stage_request(BLOCK if situation == "block" else EXT4, 2 if situation == "restage" else 1)
    )


async def _count_calls(situation: str) -> int:
    world = await _begin(situation)
    world.restart()
    await _stage(world, situation)
    return world.faults.count


def _ensure_staged(world: NodeWorld, situation: str) -> None:
    assert list(world.node.attached) == [str(nqn(2 if situation == "restage" else 1))]
    assert world.paths_mounted() == ([] if situation == "block" else [STAGING])
    assert world.disk.formats == (1 if situation in {"first", "restage"} else 0)
    assert world.node.cut == []


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("situation", SITUATIONS)
async def test_a_failure_at_any_call_is_undone_and_a_retry_converges(situation: str, *, done: bool) -> None:
    """Whatever fails, before or after it had its effect: the same call again ends staged, formatted once."""
    for at in range(await _count_calls(situation)):
        world = await _begin(situation)
        world.restart(Faults(at, HostError("injected"), done=done))
        try:
            await _stage(world, situation)
        except DriverError as error:
            assert not error.outcome_known or world.is_clean()  # noqa: PT017  (a swallowed failure is fine too)
        world.restart()
        await _stage(world, situation)
        _ensure_staged(world, situation)
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean(), at


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("situation", SITUATIONS)
async def test_killed_at_any_call_a_new_process_converges(situation: str, *, done: bool) -> None:
    """A process that ends anywhere leaves nothing that the next one cannot finish, or unstage."""
    for at in range(await _count_calls(situation)):
        for retried in (True, False):
            world = await _begin(situation)
            world.restart(Faults(at, KilledError(), done=done))
            with pytest.raises(KilledError):
                await _stage(world, situation)
            world.restart()
            if retried:
                await _stage(world, situation)
                _ensure_staged(world, situation)
            await world.staging.unstage(VOLUME, STAGING)
            record = world.find_record()
            assert (world.node.attached, world.node.mounts, world.node.cut) == ({}, [], []), at
            assert record is None or (record.format, retried) == (Format.FORMATTING, False)


@pytest.mark.parametrize("situation", SITUATIONS)
async def test_no_final_answer_while_anything_is_left(situation: str) -> None:
    """When everything fails from some call on, undoing too, the outcome is unknown unless nothing had been done."""
    for at in range(await _count_calls(situation)):
        world = await _begin(situation)
        world.restart(Faults(at, RefusedError("injected"), lasting=True))
        before = (dict(world.node.attached), list(world.node.mounts), dict(world.texts))
        with pytest.raises(DriverError) as caught:
            await _stage(world, situation)
        unchanged = (dict(world.node.attached), list(world.node.mounts), dict(world.texts)) == before
        assert unchanged or not caught.value.outcome_known, at


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("error", [HostError("injected"), KilledError()])
async def test_unstage_converges_from_any_failure(error: BaseException, *, done: bool) -> None:
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


async def test_two_pods_targets_are_both_named(world: NodeWorld) -> None:
    """The person who has to delete pods gets to know where they are."""
    await world.staging.stage(stage_request())
    await world.mounting.publish(publish_request())
    await world.mounting.publish(publish_request(target=OTHER_TARGET))
    with pytest.raises(RefusedError, match=f"{TARGET}, {OTHER_TARGET}"):
        await world.staging.unstage(VOLUME, STAGING)
