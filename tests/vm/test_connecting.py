"""What this kernel says when a device is attached, and what the driver makes of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import NotReadyError, UnreachableError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.nvme import NvmeConnections
from rds_csi_async.host.process import Programs
from rds_csi_async.simulator.nvmet import CONFIG
from tests.contracts.connections import HOST, NQN, OTHER
from tests.host.nvmet import NvmetFabric, nvmet_fabric

pytestmark = pytest.mark.vm


@pytest.fixture
async def fabric(tmp_path: Path) -> AsyncIterator[NvmetFabric]:
    """Give this kernel's target."""
    async with nvmet_fabric(tmp_path) as made:
        yield made


@pytest.fixture
async def connections() -> AsyncIterator[NvmeConnections]:
    """Give this kernel's initiator; what is attached at the end is detached."""
    connections = NvmeConnections(Programs(), wait_s=3)
    assert await connections.find_unready() is None
    yield connections
    for nqn in await connections.list_nqns():
        await connections.disconnect(nqn)


async def test_a_missing_module_is_loaded(connections: NvmeConnections) -> None:
    """A node is ready once it is."""
    await Programs().run(("modprobe", "-r", "nvme-tcp"), timeout_s=30)
    module = Path("/sys/module/nvme_tcp")
    assert not await asyncio.to_thread(module.exists)
    assert await connections.find_unready() is None
    assert await asyncio.to_thread(module.exists)


async def test_refusals_are_told_apart(connections: NvmeConnections, fabric: NvmetFabric) -> None:
    """The errno is the same: it is the kernel's log that knows."""
    await fabric.export(OTHER, MIB, allowed_host=f"{HOST.nqn[:-1]}0")
    with pytest.raises(UnreachableError, match="does not let this node in"):
        await connections.connect(fabric.target(OTHER, MIB))
    with pytest.raises(UnreachableError, match="does not know this name"):
        await connections.connect(fabric.target(NQN, MIB))
    with pytest.raises(UnreachableError, match="nothing listens there"):
        await connections.connect(replace(fabric.target(NQN, MIB), port=4499))
    assert await connections.list_nqns() == ()


async def test_an_address_without_a_way_is_unreachable(connections: NvmeConnections, fabric: NvmetFabric) -> None:
    """There is nothing but the loopback here."""
    with pytest.raises(UnreachableError, match="no way to it"):
        await connections.connect(replace(fabric.target(NQN, MIB), address="192.0.2.1"))


async def test_a_device_with_anothers_identity_is_named(connections: NvmeConnections, fabric: NvmetFabric) -> None:
    """A clone that kept its id: connected, live, and without a device."""
    await fabric.export(NQN, MIB)
    await fabric.export(OTHER, MIB)
    await asyncio.to_thread(_give_identity, NQN, OTHER)
    await connections.connect(fabric.target(NQN, MIB))
    with pytest.raises(NotReadyError, match="identity is that of another device"):
        await connections.connect(fabric.target(OTHER, MIB))


def _give_identity(source: str, target: str) -> None:
    given, taker = (CONFIG / "subsystems" / nqn / "namespaces" / "1" for nqn in (source, target))
    (taker / "enable").write_text("0")
    (taker / "device_uuid").write_text((given / "device_uuid").read_text())
    (taker / "enable").write_text("1")


async def test_another_device_under_the_name_is_not_the_volume(
    connections: NvmeConnections, fabric: NvmetFabric
) -> None:
    """Swapped under a connection that lives: neither the one nor the other is used any more."""
    await fabric.export(NQN, MIB)
    await fabric.export(OTHER, MIB)
    made = await connections.connect(fabric.target(NQN, MIB))
    assert made.identity.startswith("uuid.")
    await asyncio.to_thread(_give_identity, OTHER, NQN)
    with pytest.raises(NotReadyError):
        await connections.connect(fabric.target(NQN, MIB))


async def test_many_at_once(connections: NvmeConnections, fabric: NvmetFabric) -> None:
    """Each gets its own device."""
    nqns = [f"{NQN}{number}" for number in range(12)]
    for nqn in nqns:
        await fabric.export(nqn, MIB)
    made = await asyncio.gather(*(connections.connect(fabric.target(nqn, MIB)) for nqn in nqns))
    assert [each.nqn for each in made] == nqns
    assert len({each.device_number for each in made}) == len(nqns)
