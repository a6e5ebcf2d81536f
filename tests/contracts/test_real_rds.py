"""The adapter sits the exam at a real appliance, when one is named."""

from collections.abc import AsyncIterator

import pytest

from rds_csi_async.domain.sizes import GIB
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.services.operations import Supervisor
from tests.contracts.rds import RdsContract
from tests.contracts.rds_world import POOL
from tests.contracts.real_world import HAS_VOLUMES, NOT_NAMED, RealWorld, clear, find_appliance

_LARGE = 200 * GIB  # what the contract takes for more than there is
_NEEDS_TWO_POOLS = {"test_the_listing_holds_pools_and_volumes"}
_NEEDS_POOLS_OF_SIZES = {"test_a_reserve_is_not_touched"}
_NEEDS_A_SMALL_POOL = {"test_a_full_pool_makes_nothing", "test_growth_beyond_the_pool_changes_nothing"}


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> ApplianceSettings:
    """Find the appliance."""
    found = find_appliance(request.config)
    if found is None:
        pytest.skip(NOT_NAMED)
    return found


@pytest.fixture
async def console(settings: ApplianceSettings) -> AsyncIterator[SshConsole]:
    """Connect to it."""
    supervisor, console = Supervisor(), SshConsole(settings)
    supervisor.start_endless("keep connected", console.keep_connected())
    yield console
    await supervisor.drain(0)


@pytest.fixture
async def rds(
    request: pytest.FixtureRequest, settings: ApplianceSettings, console: SshConsole
) -> AsyncIterator[RouterOsRds]:
    """Give the adapter, on an appliance without volumes; take away afterwards what the test made."""
    rds = RouterOsRds(settings, console)
    await clear(rds)
    if (await rds.get_listing()).volumes:
        pytest.skip(HAS_VOLUMES)
    name = request.node.originalname
    if name in _NEEDS_POOLS_OF_SIZES or (name in _NEEDS_TWO_POOLS and len(settings.pools) == 1):
        pytest.skip("it needs two pools, of the sizes and reserves that the contract names")
    if name in _NEEDS_A_SMALL_POOL and (await rds.get_pool(POOL)).free_bytes >= _LARGE:
        pytest.skip(f"the pool has room for the {_LARGE} bytes that are too much elsewhere")
    yield rds
    await clear(rds)


@pytest.fixture
def world(console: SshConsole) -> RealWorld:
    """Give the administrator."""
    return RealWorld(console)


class TestRealRds(RdsContract):
    """See `RdsContract`."""
