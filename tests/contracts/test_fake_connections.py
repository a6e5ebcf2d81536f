"""The fake sits the exam."""

import asyncio
from dataclasses import dataclass

import pytest

from rds_csi_async.domain.errors import CutOffError, NotReadyError, UnreachableError
from rds_csi_async.domain.mounts import Mount
from rds_csi_async.domain.sizes import MIB
from tests.contracts.connections import NQN, ConnectionsContract, Fabric
from tests.fakes.connections import FakeConnections
from tests.fakes.node import FakeDisk, FakeNode


@dataclass
class FakeFabric(Fabric):
    """Reaches into the fake."""

    node: FakeNode

    async def export(self, nqn: str, size_bytes: int, *, allowed_host: str = "") -> None:
        """See `Fabric`."""
        self.node.exports[nqn] = FakeDisk(size_bytes, allowed_host=allowed_host)

    async def withdraw(self, nqn: str) -> None:
        """See `Fabric`."""
        del self.node.exports[nqn]
        self.node.drop_link(nqn)

    async def grow(self, nqn: str, size_bytes: int) -> None:
        """See `Fabric`."""
        self.node.exports[nqn].size_bytes = size_bytes


class TestFakeConnections(ConnectionsContract):
    """See `ConnectionsContract`."""

    @pytest.fixture
    def connections(self) -> FakeConnections:
        """Give a node with nothing attached."""
        return FakeConnections()

    @pytest.fixture
    def fabric(self, connections: FakeConnections) -> FakeFabric:
        """Give what it can attach."""
        return FakeFabric(connections.node)

    async def test_a_planned_failure_comes_before_anything_is_done(
        self, connections: FakeConnections, fabric: FakeFabric
    ) -> None:
        """And once only; a planned cut comes after."""
        await fabric.export(NQN, MIB)
        connections.fail_next(UnreachableError("planned"))
        with pytest.raises(UnreachableError):
            await connections.connect(fabric.target(NQN, MIB))
        assert await connections.find(NQN) is None
        connections.fail_next(CutOffError("planned"), done=True)
        with pytest.raises(CutOffError):
            await connections.connect(fabric.target(NQN, MIB))
        assert await connections.find(NQN) is not None

    async def test_a_connection_without_a_device_is_not_ready(
        self, connections: FakeConnections, fabric: FakeFabric
    ) -> None:
        """It is listed, and not usable."""
        await fabric.export(NQN, MIB)
        await connections.connect(fabric.target(NQN, MIB))
        connections.node.attached[NQN].usable = False
        with pytest.raises(NotReadyError):
            await connections.find(NQN)
        assert await connections.list_nqns() == (NQN,)

    async def test_a_device_has_another_name_the_next_time(
        self, connections: FakeConnections, fabric: FakeFabric
    ) -> None:
        """So that who keeps names is found out; detaching under a mount is noted."""
        await fabric.export(NQN, MIB)
        first = await connections.connect(fabric.target(NQN, MIB))
        connections.node.mounts.append(Mount("/m", first.device_number, "/", "ext4", first.device, read_only=False))
        await connections.disconnect(NQN)
        assert connections.node.cut == [NQN]
        assert (await connections.connect(fabric.target(NQN, MIB))).device != first.device

    async def test_what_a_node_lacks_is_said(self, connections: FakeConnections, fabric: FakeFabric) -> None:
        """And stops every attachment."""
        await fabric.export(NQN, MIB)
        connections.node.unready = "no nvme-tcp"
        assert await connections.find_unready() == "no nvme-tcp"
        with pytest.raises(NotReadyError):
            await asyncio.wait_for(connections.connect(fabric.target(NQN, MIB)), 1)
