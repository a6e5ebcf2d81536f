"""What a volume counts as follows from its record and its export."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.inventories import VOLUME_STATES, count_volume
from rds_csi_async.domain.volumes import Volume
from tests.examples import (
    CLUSTER,
    NODE_A,
    NODE_B,
    OTHER_CLUSTER,
    SHARED_BLOCK,
    SHARED_READING,
    SIZE_BYTES,
    SLOT,
    UNUSED,
    held_by,
    holding,
    shown,
)

ONE = held_by(holding(NODE_A))
READING = held_by(*(holding(node, SHARED_READING, read_only=True) for node in (NODE_A, NODE_B)))
BOTH = held_by(*(holding(node, SHARED_BLOCK) for node in (NODE_A, NODE_B)))


@pytest.mark.parametrize(
    ("volume", "state", "migrating"),
    [
        (shown(UNUSED), "closed", False),
        (shown(ONE), "published", False),
        (shown(READING), "shared", False),
        (shown(BOTH), "shared", True),
        (shown(ONE, exported=False), "odd", False),
        (shown(BOTH, exported=False), "odd", True),
        (shown(None), "odd", False),
        (replace(shown(UNUSED), comment="rds1:damaged"), "odd", False),
        (shown(replace(ONE, owner=OTHER_CLUSTER)), "foreign", False),
    ],
)
def test_a_volume_has_one_state(volume: Volume, state: str, *, migrating: bool) -> None:
    """And several writers make a migration, whatever else is wrong with it."""
    counted = count_volume(volume, CLUSTER)
    assert (counted.state, counted.migrating) == (state, migrating)
    assert counted.state in VOLUME_STATES


def test_it_tells_whose_it_is_and_how_large() -> None:
    """The claim is of the record; where the pool is not known it is empty."""
    record = replace(UNUSED, claim="default/data")
    counted = count_volume(replace(shown(record), pool=None), CLUSTER)
    assert (counted.slot, counted.pool, counted.size_bytes, counted.claim) == (SLOT, "", SIZE_BYTES, "default/data")
