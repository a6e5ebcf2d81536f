"""What goes when a volume is unstaged, and what is remembered of it: case by case."""

import pytest

from rds_csi_async.domain.errors import DriverError, NotReadyError, RefusedError
from rds_csi_async.domain.node_volumes import NodeVolume
from rds_csi_async.domain.stage_records import Format, StageRecord
from rds_csi_async.domain.staging import Takedown
from rds_csi_async.domain.unstaging import before_staging, decide_unstage, restored, settled
from tests.domain.every_node_volume import (
    every_node_volume,
    has_own_connection,
    is_of,
    known_numbers,
    live_numbers,
    mounts_of_volume,
)
from tests.domain.node_facts import (
    FOREIGN,
    NUMBER,
    OLD_NUMBER,
    OTHER,
    STAGING,
    TARGET,
    block_record,
    held,
    mount,
    nqn,
    record,
    volume,
)

NQN = str(nqn())
NUMBERS = frozenset({NUMBER})
DEAD = frozenset({OLD_NUMBER})
DETACH = Takedown((), NUMBERS, (), (NQN,))
ALL = Takedown((STAGING,), NUMBERS, (), (NQN,))


@pytest.mark.parametrize(
    ("facts", "takedown"),
    [
        pytest.param(volume(), Takedown(), id="nothing is there"),
        pytest.param(volume(record()), Takedown(), id="a state file from before a reboot"),
        pytest.param(volume(record(), (held(),), (mount(),)), ALL, id="staged"),
        pytest.param(volume(record(), (held(),), (mount(), mount())), ALL, id="staged twice"),
        pytest.param(volume(None, (held(),), (mount(),)), ALL, id="state file lost"),
        pytest.param(volume(record(), (held(),)), DETACH, id="unmounted already"),
        pytest.param(volume(record(), (held(number=""),)), DETACH, id="no device, and nothing mounted of it"),
        pytest.param(volume(block_record(), (held(),)), DETACH, id="block"),
        pytest.param(volume(block_record(), (held(live=False),)), DETACH, id="block, link down"),
        pytest.param(volume(record(), (held(live=False),), (mount(),)), ALL, id="staged, link down"),
        pytest.param(volume(record(device_number=""), (held(live=False),)), DETACH, id="never mounted, link down"),
        pytest.param(volume(record(1), (), (mount(number=OLD_NUMBER),)), Takedown((STAGING,), DEAD), id="dead mount"),
        pytest.param(
            volume(block_record(2, TARGET), block_targets=(TARGET,)), Takedown(nodes=(TARGET,)), id="old node"
        ),
    ],
)
def test_what_goes(facts: NodeVolume, takedown: Takedown) -> None:
    """Everything of the volume, and nothing else."""
    assert decide_unstage(facts, STAGING) == takedown


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        pytest.param(volume(None, (), (mount(number=FOREIGN),)), RefusedError, id="a foreign mount"),
        pytest.param(volume(record(), (held(),), (mount(), mount(TARGET))), RefusedError, id="a pod's mount"),
        pytest.param(volume(record(), (), (mount(), mount(TARGET))), RefusedError, id="a pod's dead mount"),
        pytest.param(
            volume(record(), (held(number=""),), (mount(TARGET),)), RefusedError, id="no device, a pod's mount"
        ),
        pytest.param(
            volume(block_record(2, TARGET), (held(),), block_targets=(TARGET,)), RefusedError, id="a pod's node"
        ),
        pytest.param(volume(record(2, staging_path=OTHER), (held(),), (mount(OTHER),)), RefusedError, id="elsewhere"),
        pytest.param(volume(block_record(), (held(),)), RefusedError, id="block elsewhere"),
        pytest.param(volume(record(), (held(live=False),)), NotReadyError, id="an unmount may still be writing"),
        pytest.param(volume(None, (held(live=False),)), NotReadyError, id="an unmount may, state file lost"),
        pytest.param(volume(None, (held(),)), RefusedError, id="state file lost, and perhaps open as a raw device"),
        pytest.param(volume(None, (held(number=""),)), NotReadyError, id="an unknown device that does not show"),
    ],
)
def test_what_is_refused(facts: NodeVolume, error: type[DriverError]) -> None:
    """Nothing is taken from a pod, or from where it was not asked for."""
    path = OTHER if facts.block_targets == () and facts.record == block_record() else STAGING
    with pytest.raises(error):
        decide_unstage(facts, path)


MARK = record(format=Format.FORMATTING, staging_path="", device_number="")


@pytest.mark.parametrize(
    ("known", "kept"),
    [
        (None, None),
        (record(), None),
        (record(format=Format.FORMATTED), None),
        (record(format=Format.FORMATTING, targets=(TARGET,)), MARK),
        (MARK, MARK),
    ],
)
def test_only_a_half_made_file_system_is_remembered(known: StageRecord | None, kept: StageRecord | None) -> None:
    """Only its maker can tell it from a stranger's data."""
    assert settled(known) == kept


@pytest.mark.parametrize(
    ("before", "now", "again"),
    [
        (None, None, None),
        (None, record(), None),
        (None, record(format=Format.FORMATTED), None),
        (None, record(format=Format.FORMATTING), MARK),
        (MARK, record(format=Format.FORMATTING), MARK),
        (MARK, record(format=Format.FORMATTED), None),
        (MARK, record(), MARK),
        (record(), record(device_number=""), record()),
        (record(), record(format=Format.FORMATTING), record(format=Format.FORMATTING)),
        (record(1), record(2, format=Format.FORMATTED), record(1, format=Format.FORMATTED)),
    ],
)
def test_undoing_goes_back_but_forgets_no_format(
    before: StageRecord | None, now: StageRecord | None, again: StageRecord | None
) -> None:
    """A mark of formatting is lost only to the proof that the file system is whole."""
    assert restored(before, now) == again


def test_the_path_of_a_stage_that_was_taken_down_stays_known() -> None:
    """Kubelet goes on publishing from it."""
    known = block_record(1, TARGET)
    assert before_staging(None, ALL) is None
    assert before_staging(known, Takedown()) == known
    gone = before_staging(known, Takedown(nodes=(TARGET,)))
    assert gone is not None
    assert (gone.staging_path, gone.targets, gone.device_number) == (STAGING, (), "")


def _objections(facts: NodeVolume) -> list[str]:
    """Say what forbids to take the volume from its staging path."""
    remembered, mounts = facts.record, mounts_of_volume(facts)
    staged = [each for each in facts.mounts if each.path == STAGING]
    raw = remembered is not None and remembered.kind == "block"
    never_mounted = remembered is not None and not remembered.device_number
    links = [one.connection for one in facts.held if one.connection is not None]
    rules = {
        "a stranger's mount": any(each.device_number not in known_numbers(facts) for each in staged),
        "a pod's mount": any(each.path != STAGING for each in mounts),
        "a pod's raw device": bool(facts.block_targets) and has_own_connection(facts),
        "staged elsewhere": remembered is not None and remembered.staging_path != STAGING and has_own_connection(facts),
        "an unmount may be writing": not (staged or raw or never_mounted) and any(not each.live for each in links),
        "perhaps a pod's raw device": remembered is None and not mounts and any(each.live for each in links),
        "nobody knows its number": any(one.connection is None and not is_of(one, remembered) for one in facts.held),
    }
    return [name for name, holds in rules.items() if holds]


def test_every_combination_is_decided_as_the_rules_say() -> None:
    """What is detached is used by nobody; and where nothing objects, all of the volume goes, and nothing else."""
    met: set[str] = set()
    taken = 0
    for facts in every_node_volume():
        try:
            decided = decide_unstage(facts, STAGING)
        except (RefusedError, NotReadyError):
            decided = None
        objections = _objections(facts)
        assert (decided is None) == bool(objections), (objections, facts)
        met |= set(objections)
        if decided is not None:
            taken += not decided.is_empty
            at_staging = any(each.path == STAGING for each in facts.mounts)
            assert decided.paths == ((STAGING,) if at_staging else ())
            assert decided.nodes == facts.block_targets
            assert decided.nqns == tuple(str(one.nqn) for one in facts.held)
            assert decided.numbers >= live_numbers(facts)
    assert len(met) == 7
    assert taken > 50
