"""What has to go before a volume is staged, and when nothing is left to do: case by case."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import (
    DriverError,
    IncompatibleVolumeError,
    InvalidRequestError,
    NotReadyError,
    RefusedError,
)
from rds_csi_async.domain.identifiers import Nqn
from rds_csi_async.domain.mounts import PathKind
from rds_csi_async.domain.node_volumes import Held, NodeVolume
from rds_csi_async.domain.staging import StagePlan, StageRequest, Takedown, decide_stage
from tests.domain.every_node_volume import every_node_volume, has_own_connection, known_numbers, mounts_of_volume
from tests.domain.node_facts import (
    BLOCK,
    EXT4,
    FOREIGN,
    NUMBER,
    OLD_NUMBER,
    OTHER,
    STAGING,
    TARGET,
    VOLUME,
    block_record,
    held,
    mount,
    nqn,
    record,
    stage_request,
    volume,
)

OLD_NQN = str(nqn(1))
NOTHING = Takedown()
ANEW = StagePlan(NOTHING, staged=False)
STAGED = StagePlan(NOTHING, staged=True)
OLD_STAGE = Takedown((STAGING,), frozenset({OLD_NUMBER}), (), (OLD_NQN,))
DEAD_MOUNT = Takedown((STAGING,), frozenset({OLD_NUMBER}))


@pytest.mark.parametrize(
    ("facts", "capability", "plan"),
    [
        pytest.param(volume(), EXT4, ANEW, id="nothing is there"),
        pytest.param(volume(kind=PathKind.ABSENT), EXT4, ANEW, id="not even a directory"),
        pytest.param(volume(record(1)), EXT4, ANEW, id="a state file from before a reboot"),
        pytest.param(volume(record(), (held(),)), EXT4, ANEW, id="connected, not mounted"),
        pytest.param(volume(record(device_number=""), (held(number=""),)), EXT4, ANEW, id="killed while connecting"),
        pytest.param(volume(record(), (held(),), (mount(),)), EXT4, STAGED, id="staged"),
        pytest.param(volume(record(), (held(live=False),), (mount(),)), EXT4, STAGED, id="staged, link down"),
        pytest.param(volume(None, (held(),), (mount(),)), EXT4, STAGED, id="staged, state file lost"),
        pytest.param(volume(record(), (held(),), (mount(), mount(TARGET))), EXT4, STAGED, id="staged and published"),
        pytest.param(volume(block_record(), (held(),)), BLOCK, STAGED, id="block staged"),
        pytest.param(volume(block_record(2, TARGET), (held(),), block_targets=(TARGET,)), BLOCK, STAGED, id="used"),
        pytest.param(volume(None, (held(),)), BLOCK, ANEW, id="block, state file lost"),
        pytest.param(volume(record(1), (held(1, OLD_NUMBER),), (mount(number=OLD_NUMBER),)), EXT4,
                     StagePlan(OLD_STAGE, staged=False), id="an older stage"),
        pytest.param(volume(None, (held(1, OLD_NUMBER),), (mount(number=OLD_NUMBER),)), EXT4,
                     StagePlan(OLD_STAGE, staged=False), id="an older stage, state file lost"),
        pytest.param(volume(None, (held(1, OLD_NUMBER, live=False),)), BLOCK,
                     StagePlan(Takedown((), frozenset({OLD_NUMBER}), (), (OLD_NQN,)), staged=False),
                     id="an older block device that nothing reaches any more, state file lost"),
        pytest.param(volume(record(1), (), (mount(number=OLD_NUMBER),)), EXT4, StagePlan(DEAD_MOUNT, staged=False),
                     id="an older stage, device lost"),
        pytest.param(volume(record(2, device_number=OLD_NUMBER), (held(),), (mount(number=OLD_NUMBER),)), EXT4,
                     StagePlan(DEAD_MOUNT, staged=False), id="reconnected under another number"),
        pytest.param(volume(record(1), (held(1, ""),)), EXT4,
                     StagePlan(Takedown((), frozenset({OLD_NUMBER}), (), (OLD_NQN,)), staged=False),
                     id="an older connection without a device"),
        pytest.param(volume(record(), (held(), held(1, OLD_NUMBER)), (mount(),)), EXT4,
                     StagePlan(Takedown((), frozenset({OLD_NUMBER}), (), (OLD_NQN,)), staged=True),
                     id="staged beside an older connection"),
        pytest.param(volume(record(), (held(), held(1, OLD_NUMBER)), (mount(number=OLD_NUMBER), mount())), EXT4,
                     StagePlan(OLD_STAGE, staged=False), id="an older stage beneath"),
        pytest.param(volume(record(), (held(), held(1, OLD_NUMBER)), (replace(mount(), device_number=OLD_NUMBER),)),
                     EXT4, StagePlan(OLD_STAGE, staged=False), id="an older stage, connected anew"),
        pytest.param(volume(record(2, staging_path=OTHER)), EXT4, ANEW, id="elsewhere before a reboot"),
        pytest.param(volume(record(2, staging_path=OTHER), (held(),)), EXT4, ANEW, id="unmounted elsewhere"),
        pytest.param(volume(replace(block_record(), staging_path=OTHER), (held(),)), BLOCK, ANEW, id="block elsewhere"),
        pytest.param(volume(record(1, file_system="xfs"), (held(),)), EXT4, ANEW, id="an older one's file system"),
        pytest.param(volume(record(2, staging_path="", file_system="xfs"), (held(),)), EXT4, ANEW, id="remembered"),
        pytest.param(volume(replace(block_record(1), device_number=NUMBER), (held(),)), BLOCK, ANEW,
                     id="another publication with the same number"),
        pytest.param(volume(replace(block_record(2, TARGET), device_number=OLD_NUMBER), (held(),),
                            block_targets=(TARGET,)), BLOCK, StagePlan(Takedown(nodes=(TARGET,)), staged=False),
                     id="block reconnected under another number"),
        pytest.param(volume(block_record(1, TARGET), block_targets=(TARGET,)), BLOCK,
                     StagePlan(Takedown(nodes=(TARGET,)), staged=False), id="block nodes from before a reboot"),
        pytest.param(volume(block_record(2, TARGET), block_targets=(TARGET,)), BLOCK,
                     StagePlan(Takedown(nodes=(TARGET,)), staged=False), id="block nodes of a lost device"),
    ],
)  # fmt: skip  # one line a case reads better
def test_what_is_done(facts: NodeVolume, capability: Capability, plan: StagePlan) -> None:
    """Only what is old goes, and only what is missing is made."""
    assert decide_stage(stage_request(capability), facts) == plan


@pytest.mark.parametrize(
    ("facts", "capability", "error"),
    [
        pytest.param(volume(kind=PathKind.SYMLINK), EXT4, InvalidRequestError, id="a link"),
        pytest.param(volume(kind=PathKind.FILE), BLOCK, InvalidRequestError, id="a file"),
        pytest.param(volume(None, (), (mount(number=FOREIGN),)), EXT4, RefusedError, id="a foreign mount"),
        pytest.param(volume(record(), (held(),), (mount(number=FOREIGN),)), EXT4, RefusedError, id="foreign too"),
        pytest.param(volume(record(), (held(),), (mount(number=FOREIGN), mount())), EXT4, RefusedError, id="beneath"),
        pytest.param(volume(record(1, staging_path=OTHER), (), (mount(OTHER, FOREIGN), mount(OTHER, OLD_NUMBER))), EXT4,
                     RefusedError, id="beneath an older stage elsewhere"),
        pytest.param(volume(record(3)), EXT4, RefusedError, id="a newer state file"),
        pytest.param(volume(None, (held(3),)), EXT4, RefusedError, id="a newer connection"),
        pytest.param(volume(None, (Held(Nqn(VOLUME.slot, 2, "f" * 16), None),)), EXT4, RefusedError, id="another twin"),
        pytest.param(volume(record(1), (held(1, OLD_NUMBER),), (mount(number=OLD_NUMBER), mount(TARGET, OLD_NUMBER))),
                     EXT4, RefusedError, id="a pod on an older stage"),
        pytest.param(volume(record(1), (), (mount(number=OLD_NUMBER), mount(TARGET, OLD_NUMBER))), EXT4, RefusedError,
                     id="a pod on a dead stage"),
        pytest.param(volume(block_record(1, TARGET), (held(1, OLD_NUMBER),), block_targets=(TARGET,)), BLOCK,
                     RefusedError, id="a pod on an older block device"),
        pytest.param(volume(block_record(1, TARGET), (held(1, ""),), block_targets=(TARGET,)), BLOCK, RefusedError,
                     id="a pod on an older block device that does not show"),
        pytest.param(volume(None, (held(1, OLD_NUMBER),)), BLOCK, RefusedError,
                     id="an older block device that a pod may have, state file lost"),
        pytest.param(volume(record(2, staging_path=OTHER), (held(),), (mount(OTHER),)), EXT4, RefusedError,
                     id="staged elsewhere"),
        pytest.param(volume(None, (held(1, ""),)), EXT4, NotReadyError, id="an unknown device that does not show"),
        pytest.param(volume(record(), (held(number=""),), (mount(),)), EXT4, NotReadyError, id="its device is away"),
        pytest.param(volume(record(), (held(),), (mount(),)), BLOCK, IncompatibleVolumeError, id="mount, not block"),
        pytest.param(volume(None, (held(),), (mount(),)), BLOCK, IncompatibleVolumeError, id="mount, state file lost"),
        pytest.param(volume(block_record(), (held(),)), EXT4, IncompatibleVolumeError, id="block, not mount"),
        pytest.param(volume(record(), (held(),), (mount(),)), replace(EXT4, file_system="xfs"),
                     IncompatibleVolumeError, id="another file system"),
        pytest.param(volume(record(), (held(),), (mount(),)), Capability(AccessMode.SINGLE_NODE_READER_ONLY),
                     IncompatibleVolumeError, id="writable, not read-only"),
    ],
)  # fmt: skip  # one line a case reads better
def test_what_is_refused(facts: NodeVolume, capability: Capability, error: type[DriverError]) -> None:
    """In doubt nothing is touched."""
    with pytest.raises(error):
        decide_stage(stage_request(capability), facts)


def test_an_incompatible_stage_is_named_with_what_is_asked_for() -> None:
    """Both in full."""
    facts = volume(record(), (held(),), (mount(),))
    with pytest.raises(IncompatibleVolumeError, match="as mount ext4 writable, and asked for as mount ext4 read-only"):
        decide_stage(stage_request(Capability(AccessMode.SINGLE_NODE_READER_ONLY)), facts)


@pytest.mark.parametrize(
    ("capability", "read_only"),
    [
        (EXT4, False),
        (replace(EXT4, mount_options=("ro",)), True),
        (Capability(AccessMode.SINGLE_NODE_READER_ONLY), True),
        (Capability(AccessMode.MULTI_NODE_READER_ONLY), True),
        (Capability(AccessMode.MULTI_NODE_MULTI_WRITER, None), False),
    ],
)
def test_reading_only_follows_from_mode_and_options(capability: Capability, *, read_only: bool) -> None:
    """Either is enough."""
    assert stage_request(capability).read_only is read_only


def test_the_target_is_what_the_controller_said() -> None:
    """Nothing is made up on the node."""
    request: StageRequest = stage_request()
    target, context = request.target, request.context
    assert (target.nqn, target.address, target.port) == (str(nqn()), "192.0.2.1", 4420)
    assert (target.host, target.size_bytes) == (context.host, context.size_bytes)


def test_an_empty_takedown_says_so() -> None:
    """Numbers alone are nothing to do."""
    assert Takedown(numbers=frozenset({NUMBER})).is_empty
    for something in (DEAD_MOUNT, Takedown(nodes=(TARGET,)), Takedown(nqns=(OLD_NQN,))):
        assert not something.is_empty


@pytest.mark.parametrize("capability", [EXT4, BLOCK], ids=["ext4", "block"])
def test_whatever_goes_for_a_stage_is_used_by_nobody(capability: Capability) -> None:
    """In every combination: only what is older or dead, and none of it where a pod has it, or may have it."""
    replaced = refused = 0
    for facts in every_node_volume():
        try:
            going = decide_stage(stage_request(capability), facts).takedown
        except DriverError:
            refused += 1
            continue
        current = {one.connection.device_number for one in facts.held if one.connection and one.nqn == nqn()}
        remembered, own = facts.record, {STAGING, "" if facts.record is None else facts.record.staging_path}
        stale = [each for each in mounts_of_volume(facts) if each.device_number not in current]
        assert set(going.nqns) == {str(one.nqn) for one in facts.held} - {str(nqn())}
        assert set(going.paths) == {each.path for each in stale} <= own
        assert all(each.device_number in known_numbers(facts) for each in facts.mounts if each.path in going.paths)
        assert set(going.nodes) <= set(facts.block_targets)
        assert not (going.nodes and has_own_connection(facts) and remembered and remembered.nqn != str(nqn()))
        lost = remembered is None and not mounts_of_volume(facts)
        live = {str(one.nqn) for one in facts.held if one.connection is not None and one.connection.live}
        assert not (lost and live & set(going.nqns))
        replaced += not going.is_empty
    assert replaced > 50
    assert refused > replaced
