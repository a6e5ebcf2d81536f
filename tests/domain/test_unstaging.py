"""What goes when a volume is unstaged, and what is remembered of it: case by case."""

import pytest

from rds_csi_async.domain.errors import DriverError, NotReadyError, RefusedError
from rds_csi_async.domain.node_volumes import NodeVolume
from rds_csi_async.domain.stage_records import Format, StageRecord
from rds_csi_async.domain.staging import Takedown
from rds_csi_async.domain.unstaging import before_staging, decide_unstage, restored, settled
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
