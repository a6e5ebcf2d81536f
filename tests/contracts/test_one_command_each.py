"""What the driver does to an appliance on the quiet path, counted by the simulator: one command for each call."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from rds_csi_async.domain.identifiers import VolumeId, slot_of
from rds_csi_async.domain.sizes import MIB, SizeRange
from rds_csi_async.domain.volumes import Claim
from rds_csi_async.routeros.settings import Limits
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.attachment_metering import AttachmentMetering
from rds_csi_async.services.expanding import Expanding
from rds_csi_async.services.listing import Listing
from rds_csi_async.services.provisioning import Provisioning
from rds_csi_async.services.publishing import Publishing
from tests.examples import CLAIM, CLUSTER, MOUNT, NODE_A, VOLUME_ID
from tests.fakes import appliances as simulated
from tests.fakes.events import FakeEvents
from tests.fakes.telemetry import FakeTelemetry

ID = str(VOLUME_ID)
_MANY = 1000
_LONG_S = 550  # the simulator reads each line as the appliance's language, which takes a busy machine its time
SMALL = replace(CLAIM, size=SizeRange(16 * MIB))


@dataclass
class Driver:
    """All that one process of the driver does to a simulated appliance, and how many commands it took."""

    simulated: simulated.Appliance

    def __post_init__(self) -> None:
        """Know nothing yet."""
        self.restart()

    def restart(self) -> None:
        """Forget everything, as a new process does; the connection stays."""
        rds = self.simulated.rds
        appliances = Appliances(CLUSTER, [Appliance("rds", rds, "192.0.2.1", (simulated.POOL, simulated.SPARE))])
        self.provisioning = Provisioning(appliances, "w1")
        self.publishing = Publishing(
            appliances, "w1", lambda: "0123456789abcdef", FakeEvents(), AttachmentMetering(FakeTelemetry())
        )
        self.expanding = Expanding(appliances, "w1")
        self.listing = Listing(appliances)

    async def count(self, call: Awaitable[object]) -> int:
        """Tell how many commands a call takes."""
        before = self.simulated.simulator.counters.commands
        await call
        return self.simulated.simulator.counters.commands - before


@pytest.fixture(params=["btrfs", "ext4"])
async def driver(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Driver]:
    """Give a driver that has greeted its appliance."""
    async with simulated.connected(tmp_path, str(request.param), spare=True) as appliance:
        await appliance.rds.ensure_reachable()
        yield Driver(appliance)


def claims(count: int) -> list[Claim]:
    """Ask for so many volumes."""
    ids = [VolumeId("rds", slot_of(CLUSTER, "rds", f"pvc-{number}")) for number in range(count)]
    return [replace(SMALL, volume_id=volume_id) for volume_id in ids]


async def test_each_call_is_one_command(driver: Driver) -> None:
    """Of a volume that this process has seen before, all its life long; the first creation takes an inventory too."""
    count = driver.count
    assert await count(driver.provisioning.create(SMALL)) == 2
    assert await count(driver.provisioning.create(replace(SMALL, volume_id=claims(1)[0].volume_id))) == 1
    assert await count(driver.publishing.publish(ID, NODE_A, MOUNT, read_only=False)) == 1
    assert await count(driver.expanding.expand(ID, SizeRange(32 * MIB))) == 1
    assert await count(driver.publishing.unpublish(ID, NODE_A)) == 1
    assert await count(driver.publishing.publish(ID, NODE_A, MOUNT, read_only=False)) == 1
    assert await count(driver.publishing.unpublish(ID, "")) == 1
    assert await count(driver.provisioning.delete(ID)) == 1


async def test_what_is_asked_again_is_one_command(driver: Driver) -> None:
    """A retry changes nothing, and one look says so."""
    count = driver.count
    await driver.provisioning.create(SMALL)
    assert await count(driver.provisioning.create(SMALL)) == 1
    await driver.publishing.publish(ID, NODE_A, MOUNT, read_only=False)
    assert await count(driver.publishing.publish(ID, NODE_A, MOUNT, read_only=False)) == 1
    assert await count(driver.expanding.expand(ID, SizeRange(16 * MIB))) == 1
    await driver.publishing.unpublish(ID, NODE_A)
    assert await count(driver.publishing.unpublish(ID, NODE_A)) == 1
    await driver.provisioning.delete(ID)
    assert await count(driver.provisioning.delete(ID)) == 2


async def test_where_nothing_is_remembered_it_is_two(driver: Driver) -> None:
    """A look, or an inventory, and the change."""
    await driver.provisioning.create(SMALL)
    driver.restart()
    assert await driver.count(driver.publishing.publish(ID, NODE_A, MOUNT, read_only=False)) == 2
    driver.restart()
    assert await driver.count(driver.expanding.expand(ID, SizeRange(32 * MIB))) == 2
    driver.restart()
    assert await driver.count(driver.publishing.unpublish(ID, NODE_A)) == 2
    driver.restart()
    assert await driver.count(driver.provisioning.delete(ID)) == 2


async def test_an_inventory_makes_every_volume_known(driver: Driver) -> None:
    """Also those that another process has made."""
    await driver.provisioning.create(SMALL)
    driver.restart()
    await driver.listing.list_volumes(0, "")
    assert await driver.count(driver.publishing.publish(ID, NODE_A, MOUNT, read_only=False)) == 1


async def test_a_walk_is_one_inventory_however_many_pages(driver: Driver) -> None:
    """And whoever asks at the same time shares it."""
    await asyncio.gather(*(driver.provisioning.create(claim) for claim in claims(9)))

    async def walk() -> int:
        page, pages = await driver.listing.list_volumes(2, ""), 1
        while page.next_token:
            page, pages = await driver.listing.list_volumes(2, page.next_token), pages + 1
        return pages

    assert await driver.count(walk()) == 1
    assert await walk() == 5
    rooms = (driver.listing.measure("rds", pool, []) for pool in (simulated.POOL, simulated.SPARE, "", ""))
    assert await driver.count(asyncio.gather(walk(), walk(), *rooms)) == 2


@pytest.mark.timeout(_LONG_S + 50)
async def test_a_thousand_creates_are_a_thousand_commands(tmp_path: Path) -> None:
    """And one login, one inventory, and the two lines of the greeting; nobody looks whether the link is alive."""
    limits = Limits(command_timeout_s=_LONG_S, wait_timeout_s=_LONG_S, alive_interval_s=1000)
    async with simulated.connected(tmp_path, limits=limits) as appliance:
        driver = Driver(appliance)
        await asyncio.gather(*(driver.provisioning.create(claim) for claim in claims(_MANY)))
        counters = appliance.simulator.counters
        assert (counters.logins, counters.commands) == (1, _MANY + 3)
        assert counters.listings == {"/system/package": 1, "/disk": 1}  # at most 5 would do
        assert len((await appliance.rds.get_listing()).volumes) == _MANY
