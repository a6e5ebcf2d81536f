"""What every `Connections` must do."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import replace

import pytest

from rds_csi_async.domain.connections import Target
from rds_csi_async.domain.errors import DeadlineError, NotReadyError, UnreachableError
from rds_csi_async.domain.identifiers import NQN_PREFIX, Host
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.ports.connections import Connections
from rds_csi_async.ports.deadlines import Deadline, working_under

HOST = Host(
    "nqn.2014-08.org.nvmexpress:uuid:6b1f8a52-0a4e-8c3d-9d11-1f2e3d4c5b6a", "6b1f8a52-0a4e-8c3d-9d11-1f2e3d4c5b6a"
)
NQN = f"{NQN_PREFIX}rds1-aaaaaa-bbbbbbbbbbbbbbbbbbbb.1.0123456789abcdef"
OTHER = f"{NQN_PREFIX}rds1-aaaaaa-cccccccccccccccccccc.1.0123456789abcdef"
FOREIGN = "nqn.2024-01.io.example:somebody"


class Fabric(ABC):
    """The appliance under test, which exports nothing at first."""

    address = "127.0.0.1"
    port = 4420

    @abstractmethod
    async def export(self, nqn: str, size_bytes: int, *, allowed_host: str = "") -> None:
        """Export a new disk of zeros."""

    @abstractmethod
    async def withdraw(self, nqn: str) -> None:
        """Stop the export; who is attached is cut off."""

    @abstractmethod
    async def grow(self, nqn: str, size_bytes: int) -> None:
        """Make an exported disk larger."""

    def target(self, nqn: str, size_bytes: int) -> Target:
        """Say what a publish context would say."""
        return Target(nqn, self.address, self.port, HOST, size_bytes)


class ConnectionsContract:
    """Subclass with fixtures `connections` (nothing attached) and `fabric`; what is left attached is yours to end."""

    async def test_nothing_is_attached_at_first(self, connections: Connections) -> None:
        """Absent is None."""
        assert await connections.find(NQN) is None
        assert await connections.list_nqns() == ()

    async def test_this_node_is_ready(self, connections: Connections) -> None:
        """The exam is only sat where it can be passed."""
        assert await connections.find_unready() is None

    async def test_what_is_attached_is_found(self, connections: Connections, fabric: Fabric) -> None:
        """By its NQN, live, with its size to the byte."""
        await fabric.export(NQN, 32 * MIB)
        made = await connections.connect(fabric.target(NQN, 32 * MIB))
        assert (made.nqn, made.size_bytes, made.live) == (NQN, 32 * MIB, True)
        assert made.device.startswith("/dev/")
        assert await connections.find(NQN) == made
        assert await connections.list_nqns() == (NQN,)
        assert await connections.find(OTHER) is None

    async def test_attaching_twice_gives_the_same_device(self, connections: Connections, fabric: Fabric) -> None:
        """A retry finds what is there."""
        await fabric.export(NQN, 32 * MIB)
        target = fabric.target(NQN, 32 * MIB)
        assert await connections.connect(target) == await connections.connect(target)

    async def test_attaching_at_once_gives_one_device(self, connections: Connections, fabric: Fabric) -> None:
        """Two callers that race get the same."""
        await fabric.export(NQN, 32 * MIB)
        target = fabric.target(NQN, 32 * MIB)
        first, second = await asyncio.gather(connections.connect(target), connections.connect(target))
        assert first == second

    async def test_two_names_are_two_devices(self, connections: Connections, fabric: Fabric) -> None:
        """Nothing is mixed up when they come together."""
        await fabric.export(NQN, 32 * MIB)
        await fabric.export(OTHER, 48 * MIB)
        first, second = await asyncio.gather(
            connections.connect(fabric.target(NQN, 32 * MIB)), connections.connect(fabric.target(OTHER, 48 * MIB))
        )
        assert (first.size_bytes, second.size_bytes) == (32 * MIB, 48 * MIB)
        assert first.device_number != second.device_number
        assert sorted(await connections.list_nqns()) == [NQN, OTHER]

    async def test_an_unknown_name_is_unreachable(self, connections: Connections, fabric: Fabric) -> None:
        """And leaves nothing behind."""
        await fabric.export(OTHER, 32 * MIB)
        with pytest.raises(UnreachableError):
            await connections.connect(fabric.target(NQN, 32 * MIB))
        assert await connections.find(NQN) is None
        assert await connections.list_nqns() == ()

    async def test_another_hosts_export_is_not_given(self, connections: Connections, fabric: Fabric) -> None:
        """Who is not let in gets nothing."""
        await fabric.export(NQN, 32 * MIB, allowed_host=f"{HOST.nqn[:-1]}0")
        with pytest.raises(UnreachableError):
            await connections.connect(fabric.target(NQN, 32 * MIB))
        assert await connections.find(NQN) is None

    async def test_the_allowed_host_is_let_in(self, connections: Connections, fabric: Fabric) -> None:
        """It introduces itself with the NQN that it was given."""
        await fabric.export(NQN, 32 * MIB, allowed_host=HOST.nqn)
        assert (await connections.connect(fabric.target(NQN, 32 * MIB))).live

    async def test_a_device_that_is_too_small_is_not_this_volume(
        self, connections: Connections, fabric: Fabric
    ) -> None:
        """A size below what the appliance said is never accepted."""
        await fabric.export(NQN, 32 * MIB)
        with pytest.raises(NotReadyError):
            await connections.connect(fabric.target(NQN, 48 * MIB))

    async def test_detached_is_gone(self, connections: Connections, fabric: Fabric) -> None:
        """When it returns the kernel shows nothing; a second time is fine."""
        await fabric.export(NQN, 32 * MIB)
        await connections.connect(fabric.target(NQN, 32 * MIB))
        await connections.disconnect(NQN)
        assert await connections.find(NQN) is None
        assert await connections.list_nqns() == ()
        await connections.disconnect(NQN)

    async def test_detaching_leaves_others_alone(self, connections: Connections, fabric: Fabric) -> None:
        """It goes by the exact name."""
        await fabric.export(NQN, 32 * MIB)
        await fabric.export(OTHER, 32 * MIB)
        await connections.connect(fabric.target(NQN, 32 * MIB))
        other = await connections.connect(fabric.target(OTHER, 32 * MIB))
        await connections.disconnect(NQN)
        assert await connections.find(OTHER) == other

    async def test_a_withdrawn_export_is_not_live(self, connections: Connections, fabric: Fabric) -> None:
        """Not live, without a device, or gone, as the kernel has it; never live, and never attached anew."""
        await fabric.export(NQN, 32 * MIB)
        await connections.connect(fabric.target(NQN, 32 * MIB))
        await fabric.withdraw(NQN)
        try:
            found = await connections.find(NQN)
        except NotReadyError:
            found = None
        assert found is None or not found.live
        with pytest.raises((NotReadyError, UnreachableError)):
            await connections.connect(fabric.target(NQN, 32 * MIB))
        await connections.disconnect(NQN)
        assert await connections.find(NQN) is None

    async def test_growth_shows_after_a_rescan(self, connections: Connections, fabric: Fabric) -> None:
        """And the device stays the one that it was."""
        await fabric.export(NQN, 32 * MIB)
        made = await connections.connect(fabric.target(NQN, 32 * MIB))
        await fabric.grow(NQN, 64 * MIB)
        grown = await connections.rescan(NQN, 64 * MIB)
        assert grown == replace(made, size_bytes=64 * MIB)
        assert await connections.find(NQN) == grown

    async def test_growth_that_does_not_come_is_said(self, connections: Connections, fabric: Fabric) -> None:
        """Neither is one of what is not attached."""
        await fabric.export(NQN, 32 * MIB)
        with pytest.raises(NotReadyError):
            await connections.rescan(NQN, 32 * MIB)
        await connections.connect(fabric.target(NQN, 32 * MIB))
        with pytest.raises(NotReadyError):
            await connections.rescan(NQN, 64 * MIB)

    async def test_foreign_names_are_not_listed(self, connections: Connections, fabric: Fabric) -> None:
        """Only this driver's connections are its business."""
        await fabric.export(FOREIGN, 32 * MIB)
        await connections.connect(fabric.target(FOREIGN, 32 * MIB))
        assert await connections.list_nqns() == ()
        await connections.disconnect(FOREIGN)

    async def test_nothing_is_attached_after_the_deadline(self, connections: Connections, fabric: Fabric) -> None:
        """Time that has run out stops a call before it does anything."""
        await fabric.export(NQN, 32 * MIB)
        with working_under(Deadline(0)), pytest.raises(DeadlineError):
            await connections.connect(fabric.target(NQN, 32 * MIB))
        assert await connections.find(NQN) is None
