"""Whose volume an id names is known before anything is sent."""

import pytest

from rds_csi_async.domain.errors import InvalidRequestError, NotReadyError, RefusedError, VolumeNotFoundError
from rds_csi_async.domain.identifiers import VolumeId
from rds_csi_async.services.appliances import Appliance, Appliances
from tests.examples import CLUSTER, FOREIGN_ID, SLOT, UNUSED, VOLUME_ID, shown
from tests.fakes.rds import FakeRds

NOT_OURS = [
    "",
    "storage-pool",
    "nixos-var",
    "rds:disk1",
    SLOT,
    f"{VOLUME_ID}x",
    'rds:"; /disk/remove [find]',
    "x" * 10_000,
]


@pytest.fixture
def rds() -> FakeRds:
    """Give an appliance that holds one volume."""
    return FakeRds({SLOT: shown(UNUSED)})


@pytest.fixture
def appliances(rds: FakeRds) -> Appliances:
    """Give two appliances, the first of which holds the volume."""
    other = Appliance("aaa", FakeRds(), "192.0.2.2", ("pool1",))
    return Appliances(CLUSTER, [Appliance("rds", rds, "192.0.2.1", ("pool1", "pool2")), other])


def test_they_come_in_the_order_of_their_keys(appliances: Appliances) -> None:
    """Whatever the order of the settings, so that listings do not jump."""
    assert [appliance.key for appliance in appliances] == ["aaa", "rds"]


def test_an_appliance_is_found_by_its_key(appliances: Appliances) -> None:
    """One that is not configured is the caller's mistake; the message says which there are, and stays short."""
    assert appliances.get("rds").nvme_address == "192.0.2.1"
    for key in ("", "RDS", "x" * 10_000):
        with pytest.raises(InvalidRequestError, match="there are: aaa, rds") as caught:
            appliances.get(key)
        assert len(str(caught.value)) < 200


def test_a_pool_is_one_of_its_appliances(appliances: Appliances, rds: FakeRds) -> None:
    """A pool that only another appliance has is none here."""
    assert appliances.get_with_pool("rds", "pool2").rds is rds
    with pytest.raises(InvalidRequestError, match=r"there are: pool1$"):
        appliances.get_with_pool("aaa", "pool2")
    with pytest.raises(InvalidRequestError, match="not configured"):
        appliances.get_with_pool("bbb", "pool1")


async def test_a_volume_of_ours_is_read(appliances: Appliances) -> None:
    """Id, appliance and what it shows now."""
    volume_id, appliance, volume = await appliances.get_volume(str(VOLUME_ID))
    assert (volume_id, appliance.key, volume) == (VOLUME_ID, "rds", shown(UNUSED))


@pytest.mark.parametrize("text", NOT_OURS)
async def test_an_id_that_cannot_be_ours_names_nothing(appliances: Appliances, rds: FakeRds, text: str) -> None:
    """It is not found, and nothing is sent."""
    assert appliances.find_home(text) is None
    with pytest.raises(VolumeNotFoundError):
        appliances.get_home(text)
    with pytest.raises(VolumeNotFoundError) as caught:
        await appliances.get_volume(text)
    assert len(str(caught.value)) < 300
    assert rds.calls == []


@pytest.mark.parametrize("volume_id", [FOREIGN_ID, VolumeId("gone", SLOT), VolumeId("gone", FOREIGN_ID.slot)])
async def test_what_is_not_known_here_is_not_called_absent(
    appliances: Appliances, rds: FakeRds, volume_id: VolumeId
) -> None:
    """Another cluster's, or on an appliance that is not configured: refused, and nothing is sent."""
    with pytest.raises(RefusedError):
        appliances.find_home(str(volume_id))
    with pytest.raises(RefusedError):
        await appliances.get_volume(str(volume_id))
    assert rds.calls == []


async def test_absent_and_unreachable_are_told_apart(appliances: Appliances, rds: FakeRds) -> None:
    """Not found is the appliance's own word, its pool being mounted."""
    rds.volumes.clear()
    with pytest.raises(VolumeNotFoundError, match=str(VOLUME_ID)):
        await appliances.get_volume(str(VOLUME_ID))
    rds.unmounted.add("pool1")
    with pytest.raises(NotReadyError):
        await appliances.get_volume(str(VOLUME_ID))
