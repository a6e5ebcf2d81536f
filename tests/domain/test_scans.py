"""What a volume's facts mean for whoever looks after it."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind
from rds_csi_async.domain.node_volumes import Held, NodeVolume
from rds_csi_async.domain.scans import WELL, Diagnosis, Trouble, diagnose, find_stage_request, is_mounted
from rds_csi_async.domain.session_options import SessionOptions
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.domain.staging import StageRequest
from tests.domain.every_node_volume import every_node_volume, is_of, live_numbers
from tests.services.node_world import BLOCK, EXT4, HOST, STAGING, TARGET, nqn, stage_record, stage_request

WITH_OPTIONS = replace(EXT4, mount_options=("noatime", "ro"))
DIRECTORY = PathFact(PathKind.DIRECTORY)
RECORD = stage_record()
LIVE = Held(nqn(), Connection(str(nqn()), "/dev/nvme0n1", "259:0", 1, live=True))
RENAMED = Held(nqn(), Connection(str(nqn()), "/dev/nvme0n2", "259:1", 1, live=True))
DOWN = Held(nqn(), Connection(str(nqn()), "/dev/nvme0n1", "259:0", 1, live=False))
STAGED = Mount(STAGING, "259:0", "/", "ext4", "/dev/nvme0n1", read_only=False)
POD = replace(STAGED, path=TARGET)
FOREIGN = replace(STAGED, path="/elsewhere", device_number="8:1")


@pytest.mark.parametrize(
    ("record", "held", "mounts", "trouble", "healable"),
    [
        (RECORD, [LIVE], [STAGED, POD], Trouble.NONE, False),
        (RECORD, [DOWN], [STAGED, POD], Trouble.LINK_DOWN, False),
        (RECORD, [Held(nqn(), None)], [STAGED], Trouble.NO_DEVICE, False),
        (RECORD, [], [STAGED], Trouble.STALE, True),
        (RECORD, [], [STAGED, FOREIGN], Trouble.STALE, True),
        (RECORD, [], [STAGED, POD], Trouble.STALE, False),
        (RECORD, [RENAMED], [STAGED], Trouble.STALE, True),
        (RECORD, [RENAMED], [STAGED, POD], Trouble.STALE, False),
        (RECORD, [LIVE], [replace(STAGED, read_only=True)], Trouble.READ_ONLY, False),
        (replace(RECORD, read_only=True), [LIVE], [replace(STAGED, read_only=True)], Trouble.NONE, False),
        (RECORD, [], [], Trouble.NONE, False),  # a reboot
        (RECORD, [LIVE], [], Trouble.NONE, False),  # on its way in or out
        (replace(RECORD, staging_path=""), [], [], Trouble.NONE, False),
        (None, [LIVE], [POD], Trouble.NONE, False),
    ],
)
def test_what_is_wrong(
    record: StageRecord | None, held: list[Held], mounts: list[Mount], trouble: Trouble, *, healable: bool
) -> None:
    """Told by device numbers; and only what nobody uses may be healed."""
    found = diagnose(NodeVolume(record, tuple(held), tuple(mounts), DIRECTORY))
    assert (found.trouble, found.is_healable) == (trouble, healable)
    assert bool(found.note) == (trouble is not Trouble.NONE)


def test_a_lost_block_device_is_its_pods_affair() -> None:
    """It is never attached behind their backs: a raw device that was lost stays lost for who has it open."""
    record = stage_record(kind="block", file_system="")
    assert diagnose(NodeVolume(record, (), (), DIRECTORY, ("/one",))) == Diagnosis(
        Trouble.STALE, f"the device of {nqn()} is gone; delete the pods that use it at /one", ("/one",)
    )
    assert diagnose(NodeVolume(record, (), (), DIRECTORY)) is WELL


@pytest.mark.parametrize("asked", [stage_request(), stage_request(BLOCK), stage_request(WITH_OPTIONS)])
def test_a_stage_is_told_by_its_state_file(asked: StageRequest) -> None:
    """Every part of it."""
    capability = asked.capability
    record = replace(RECORD, kind=capability.kind, file_system=capability.file_system or "")
    assert find_stage_request(replace(record, options=capability.mount_options), HOST) == asked


def test_a_connection_is_made_anew_as_it_was() -> None:
    """What its StorageClass said of it is in the state file."""
    found = find_stage_request(replace(RECORD, session={"ioQueues": "2"}), HOST)
    assert found is not None
    assert found.target.session == SessionOptions(io_queues=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"context": {}},
        {"session": {"ioQueues": "0"}},
        {"mode": ""},
        {"volume_id": "x"},
        {"nqn": str(nqn(2))},
        {"context": {**RECORD.context, "hostNqn": "another"}},
    ],
)
def test_a_stage_that_is_not_told_whole_is_not_guessed(changes: dict[str, object]) -> None:
    """Nor one of another host, or of another publication."""
    assert find_stage_request(replace(RECORD, **changes), HOST) is None  # type: ignore[arg-type] # one dict for all fields


def test_what_is_mounted_can_be_asked() -> None:
    """At the staging path, and nowhere else."""
    assert is_mounted(NodeVolume(RECORD, (LIVE,), (STAGED,), DIRECTORY))
    assert not is_mounted(NodeVolume(RECORD, (LIVE,), (POD,), DIRECTORY))
    assert not is_mounted(NodeVolume(None, (LIVE,), (STAGED,), DIRECTORY))


def test_whatever_is_healed_is_lost_and_used_by_nobody() -> None:
    """In every combination: a stage is made anew when nothing but its mount shows a device that is gone."""
    healed = left = 0
    for facts in every_node_volume():
        remembered = facts.record
        seen = [each.device_number for each in facts.mounts if remembered and each.path == remembered.staging_path]
        lost = bool(remembered and seen) and seen[-1:] == [remembered.device_number if remembered else ""]
        users = [
            each
            for each in facts.mounts
            if remembered and each.device_number == remembered.device_number and each.path != remembered.staging_path
        ]
        unclear = any(is_of(one, remembered) and one.connection is None for one in facts.held)
        fine = lost and not users and not unclear and seen[-1] not in live_numbers(facts)
        assert diagnose(facts).is_healable is fine
        healed += fine
        left += lost and not fine
    assert healed > 50
    assert left > 50
