"""Every combination of what a node can have of one volume, for the decisions that take something away."""

from collections.abc import Iterator
from itertools import chain, combinations, product

from rds_csi_async.domain.mounts import Mount
from rds_csi_async.domain.node_volumes import Held, NodeVolume
from rds_csi_async.domain.stage_records import StageRecord
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
    record,
    volume,
)

RECORDS = (
    None,
    record(),
    record(device_number=""),
    record(1),
    record(staging_path=OTHER),
    block_record(2),
    block_record(2, TARGET),
    block_record(1, TARGET),
)
CONNECTIONS = (
    (),
    (held(),),
    (held(live=False),),
    (held(number=""),),
    (held(1, OLD_NUMBER),),
    (held(1, OLD_NUMBER, live=False),),
    (held(), held(1, OLD_NUMBER)),
)
_MOUNTS = (
    mount(STAGING, NUMBER),
    mount(STAGING, OLD_NUMBER),
    mount(STAGING, FOREIGN),
    mount(TARGET, NUMBER),
    mount(TARGET, OLD_NUMBER),
    mount(OTHER, NUMBER),
)


def every_node_volume() -> Iterator[NodeVolume]:
    """Give them all; nodes stand at recorded targets, or have gone."""
    tables = list(chain.from_iterable(combinations(_MOUNTS, count) for count in range(len(_MOUNTS) + 1)))
    for remembered, connections, mounts in product(RECORDS, CONNECTIONS, tables):
        for standing in {(), () if remembered is None else remembered.targets}:
            yield volume(remembered, connections, mounts, block_targets=standing)


def live_numbers(facts: NodeVolume) -> set[str]:
    """Give the numbers of the devices that are attached."""
    return {one.connection.device_number for one in facts.held if one.connection is not None}


def known_numbers(facts: NodeVolume) -> set[str]:
    """Give them and that of the state file, while there is its connection, showing no other, or its mount."""
    numbers, remembered = live_numbers(facts), facts.record
    if remembered is None or not remembered.device_number:
        return numbers
    own = [one.connection for one in facts.held if str(one.nqn) == remembered.nqn]
    connected = any(each is None or each.device_number == remembered.device_number for each in own)
    staged = any(
        (each.path, each.device_number) == (remembered.staging_path, remembered.device_number) for each in facts.mounts
    )
    return numbers | {remembered.device_number} if connected or staged else numbers


def mounts_of_volume(facts: NodeVolume) -> list[Mount]:
    """Give the mounts that show one of those numbers."""
    return [each for each in facts.mounts if each.device_number in known_numbers(facts)]


def has_own_connection(facts: NodeVolume) -> bool:
    """Tell whether that is attached, in whatever state, which the state file names."""
    return facts.record is not None and facts.record.nqn in {str(one.nqn) for one in facts.held}


def is_of(one: Held, remembered: StageRecord | None) -> bool:
    """Tell whether the state file names this connection."""
    return remembered is not None and str(one.nqn) == remembered.nqn
