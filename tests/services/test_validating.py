"""Validating looks at the volume that is there, and nowhere else."""

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import RefusedError, UnreachableError, VolumeNotFoundError
from rds_csi_async.domain.identifiers import slot_of
from rds_csi_async.domain.records import Record, encode_record
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.domain.storage_classes import Placement
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.validating import Validating
from tests.fakes.rds import FakeRds

CLUSTER = "cluster"
SLOT = slot_of(CLUSTER, "one", "pvc-1")
WAYS = [Capability(AccessMode.SINGLE_NODE_WRITER)]


@pytest.fixture
def rds() -> FakeRds:
    """Hold one volume."""
    record = encode_record(Record(CLUSTER, "hash", GIB, "mount", 1, "w1"))
    return FakeRds({SLOT: Volume(SLOT, "pool1", "/f", GIB, record, "", 4420, exported=False)})


@pytest.fixture
def validating(rds: FakeRds) -> Validating:
    """Look at that appliance."""
    return Validating(Appliances(CLUSTER, [Appliance("one", rds, "10.0.0.1", ("pool1",))]))


async def test_what_can_be_had_meets_no_objection(validating: Validating, rds: FakeRds) -> None:
    """In its own place, or when no place is named; and it is only read."""
    assert await validating.find_objection(f"one:{SLOT}", WAYS, None) is None
    assert await validating.find_objection(f"one:{SLOT}", WAYS, Placement("one", "pool1")) is None
    assert set(rds.calls) == {"find_volume"}


@pytest.mark.parametrize("placement", [Placement("one", "pool2"), Placement("two", "pool1")])
async def test_another_place_is_objected_to(validating: Validating, placement: Placement) -> None:
    """The volume is where it is."""
    assert "lies in pool 'pool1' of 'one'" in (await validating.find_objection(f"one:{SLOT}", WAYS, placement) or "")


async def test_another_use_is_objected_to(validating: Validating) -> None:
    """See `domain.suitability`."""
    assert await validating.find_objection(f"one:{SLOT}", [Capability(AccessMode.SINGLE_NODE_WRITER, None)], None)


async def test_what_is_not_there_is_an_error(validating: Validating, rds: FakeRds) -> None:
    """And so is what cannot be told."""
    with pytest.raises(VolumeNotFoundError):
        await validating.find_objection(f"one:{slot_of(CLUSTER, 'one', 'another')}", WAYS, None)
    with pytest.raises(RefusedError):
        await validating.find_objection(f"one:{slot_of('another', 'one', 'pvc-1')}", WAYS, None)
    rds.reachable = False
    with pytest.raises(UnreachableError):
        await validating.find_objection(f"one:{SLOT}", WAYS, None)
