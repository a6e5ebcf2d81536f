"""What a node has of a volume is told from facts that still mean something."""

import pytest

from rds_csi_async.domain.errors import NotReadyError, RefusedError
from rds_csi_async.domain.node_volumes import (
    NodeVolume,
    at_path,
    device_numbers,
    ensure_only,
    ensure_unused,
    find_number,
    is_stale,
    paths_of,
    recorded_number,
)
from tests.domain.node_facts import FOREIGN, NUMBER, OLD_NUMBER, STAGING, TARGET, held, mount, nqn, record, volume


@pytest.mark.parametrize(
    ("facts", "number"),
    [
        (volume(), ""),
        (volume(record(), (held(),)), NUMBER),
        (volume(record(), (held(number=""),)), NUMBER),
        (volume(record(), (), (mount(),)), NUMBER),
        (volume(record(), (held(number="259:9"),), (mount(),)), NUMBER),
        (volume(record(), (held(number="259:9"),), (mount(TARGET),)), ""),
        (volume(record(device_number=""), (held(),)), ""),
        (volume(record(), ()), ""),
        (volume(record(), (), (mount("/another/volumes/staging"),)), ""),
        (volume(record(1), (held(2),)), ""),
    ],
)
def test_a_recorded_number_counts_while_it_can_mean_this_volume(facts: NodeVolume, number: str) -> None:
    """By its connection, or by the mount that was made of it; after a reboot it may be another's."""
    assert recorded_number(facts) == number


def test_all_numbers_of_the_volume_are_known() -> None:
    """Those of its connections, and the one of a mount whose device is gone."""
    assert device_numbers(volume(record(1), (held(2),), (mount(STAGING, OLD_NUMBER),))) == {NUMBER, OLD_NUMBER}
    assert device_numbers(volume()) == set()


@pytest.mark.parametrize("facts", [volume(None, (held(number=""),)), volume(record(1), (held(2, ""),))])
def test_nothing_is_said_about_a_device_that_does_not_show(facts: NodeVolume) -> None:
    """Its mounts could be anywhere."""
    with pytest.raises(NotReadyError, match=str(nqn())):
        device_numbers(facts)


@pytest.mark.parametrize(
    ("facts", "stale"),
    [
        (volume(record(), (held(),), (mount(),)), False),
        (volume(record(), (held(live=False),), (mount(),)), False),
        (volume(record(), (), (mount(),)), True),
        (volume(record(), (held(number="259:9"),), (mount(),)), True),
        (volume(record(), (), ()), False),
        (volume(record(), (), (mount(STAGING, FOREIGN),)), False),
        (volume(None, (), (mount(),)), False),
    ],
)
def test_a_stage_is_stale_when_its_device_is_gone(facts: NodeVolume, *, stale: bool) -> None:
    """A link that is down is no loss yet."""
    assert is_stale(facts) is stale


def test_mounts_are_found_by_path_and_by_device() -> None:
    """The last one at a path is seen; a path counts once."""
    stacked = (mount(number=OLD_NUMBER), mount(), mount(TARGET), mount())
    facts = volume(None, (), stacked)
    assert at_path(facts, STAGING) == [stacked[0], stacked[1], stacked[3]]
    assert (find_number(facts, STAGING), find_number(facts, "/nothing")) == (NUMBER, "")
    assert paths_of(facts, {NUMBER}) == [STAGING, TARGET]


def test_a_connection_is_found_by_its_name() -> None:
    """And by nothing else."""
    facts = volume(None, (held(1), held(2)))
    assert facts.find_held(str(nqn(2))) == held(2)
    assert facts.find_held("") is None


def test_foreign_mounts_and_users_are_named() -> None:
    """The message says what is in the way, and what to do."""
    facts = volume(None, (), (mount(), mount(number=FOREIGN)))
    ensure_only(facts, STAGING, {NUMBER, FOREIGN})
    with pytest.raises(RefusedError, match=FOREIGN):
        ensure_only(facts, STAGING, {NUMBER})
    ensure_unused([], "it has to go")
    with pytest.raises(RefusedError, match=r"it has to go, and is still used at /a, /b: delete the pods"):
        ensure_unused(["/b", "/a"], "it has to go")
