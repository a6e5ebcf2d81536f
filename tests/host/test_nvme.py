"""Attachments over NVMe/TCP against a kernel played in a folder."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import HostError, NotReadyError, UnreachableError
from rds_csi_async.domain.sizes import MIB
from rds_csi_async.host.nvme import NvmeConnections
from rds_csi_async.host.nvme_cli import NvmeSettings
from rds_csi_async.host.process import Completed, Programs
from tests.contracts.connections import FOREIGN, NQN, OTHER, ConnectionsContract
from tests.host.nvme_kernel import NvmeKernel
from tests.host.nvmet import NvmetFabric, nvmet_fabric


@pytest.fixture(params=[True, False], ids=["multipath", "no multipath"])
def fabric(request: pytest.FixtureRequest, tmp_path: Path) -> NvmeKernel:
    """Give a kernel, and the target that it reaches."""
    kernel = NvmeKernel(tmp_path, multipath=request.param)
    kernel.load()
    return kernel


@pytest.fixture
def connections(fabric: NvmeKernel) -> NvmeConnections:
    """Give a node of that kernel."""
    return NvmeConnections(fabric, root=fabric.root, wait_s=0.2)


class TestNvmeConnections(ConnectionsContract):
    """See `ConnectionsContract`."""


async def test_the_device_is_found_by_its_subsystem(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """The controller's number, or the position, is never taken for the device's."""
    for nqn in (OTHER, NQN):
        await fabric.export(nqn, MIB)
    await connections.connect(fabric.target(OTHER, MIB))
    found = await connections.connect(fabric.target(NQN, MIB))
    name = "nvme1n1" if fabric.multipath else "nvme8n1"
    assert (found.device, found.device_number) == (f"/dev/{name}", "259:11")


async def test_a_session_that_is_trying_is_waited_for_and_not_doubled(
    connections: NvmeConnections, fabric: NvmeKernel
) -> None:
    """It may come back; nothing new is attached beside it, and it is not usable meanwhile."""
    await fabric.export(NQN, MIB)
    await fabric.connect_by_hand(NQN)
    await fabric.set_state(NQN, "connecting")
    found = await connections.find(NQN)
    assert found is not None
    assert not found.live
    with pytest.raises(NotReadyError):
        await connections.connect(fabric.target(NQN, MIB))
    assert not fabric.argvs
    await fabric.set_state(NQN, "live")
    assert (await connections.connect(fabric.target(NQN, MIB))).live


async def test_a_live_session_without_a_device_is_a_state_of_its_own(
    connections: NvmeConnections, fabric: NvmeKernel
) -> None:
    """Doubled ids, or a namespace that is not enabled: listed, not usable, and can be ended."""
    await fabric.export(NQN, MIB)
    await connections.connect(fabric.target(NQN, MIB))
    await fabric.lose_device(NQN)
    with pytest.raises(NotReadyError, match="none"):
        await connections.find(NQN)
    with pytest.raises(NotReadyError):
        await connections.connect(fabric.target(NQN, MIB))
    assert await connections.list_nqns() == (NQN,)
    await connections.disconnect(NQN)
    assert await connections.find(NQN) is None


async def test_more_than_one_namespace_is_refused(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """None of them is more the volume than the other."""
    await fabric.export(NQN, MIB)
    fabric.exports[NQN].namespaces = 2
    with pytest.raises(NotReadyError, match="not exactly one"):
        await connections.connect(fabric.target(NQN, MIB))


async def test_a_device_without_a_size_is_not_usable(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """The kernel shows one before it has read the other."""
    await fabric.export(NQN, 0)
    with pytest.raises(NotReadyError):
        await connections.connect(fabric.target(NQN, 0))


async def test_a_volume_that_has_grown_is_read_anew(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """What was attached before the growth gets its size now."""
    await fabric.export(NQN, MIB)
    await connections.connect(fabric.target(NQN, MIB))
    await fabric.grow(NQN, 2 * MIB)
    assert (await connections.connect(fabric.target(NQN, 2 * MIB))).size_bytes == 2 * MIB


async def test_what_was_lost_under_a_mount_is_not_a_connection(
    connections: NvmeConnections, fabric: NvmeKernel
) -> None:
    """An empty subsystem stays while its dead device is open."""
    await fabric.export(NQN, MIB)
    await connections.connect(fabric.target(NQN, MIB))
    await fabric.lose_controllers(NQN)
    assert await connections.find(NQN) is None
    assert await connections.list_nqns() == ()


async def test_a_connect_that_lost_a_race_takes_what_is_there(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """Somebody else attached it in between: the device is the same."""
    await fabric.export(NQN, MIB)
    fabric.connect_says = Completed(("nvme", "connect"), 1, "", "already connected\n")
    with pytest.raises(NotReadyError, match="did not come"):
        await connections.connect(fabric.target(NQN, MIB))
    await fabric.connect_by_hand(NQN)
    assert (await connections.connect(fabric.target(NQN, MIB))).live


async def test_a_refusal_is_said_as_such(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """With name and address, so that a person knows where to look."""
    with pytest.raises(UnreachableError, match=r"at 127\.0\.0\.1:4420"):
        await connections.connect(fabric.target(NQN, MIB))


async def test_a_device_that_the_kernel_holds_is_not_taken_away(
    connections: NvmeConnections, fabric: NvmeKernel
) -> None:
    """An unmount that hung has left the mount table, and is still writing once the link is back."""
    await fabric.export(NQN, MIB)
    device = (await connections.connect(fabric.target(NQN, MIB))).device
    fabric.held = {device}
    with pytest.raises(HostError, match="still in use"):
        await connections.disconnect(NQN)
    assert await connections.find(NQN) is not None
    await fabric.set_state(NQN, "connecting")  # nothing is written any more: ending it frees those that wait
    await connections.disconnect(NQN)
    assert await connections.find(NQN) is None


async def test_none_of_several_devices_is_taken_away(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """That they are too many is no reason to look at none."""
    await fabric.export(NQN, MIB)
    fabric.exports[NQN].namespaces = 2
    with pytest.raises(NotReadyError):
        await connections.connect(fabric.target(NQN, MIB))
    fabric.held = {"/dev/nvme0n2" if fabric.multipath else "/dev/nvme7n2"}
    with pytest.raises(HostError, match="still in use"):
        await connections.disconnect(NQN)
    fabric.held = set()
    await connections.disconnect(NQN)
    assert await connections.list_nqns() == ()


async def test_another_device_under_the_same_name_is_not_the_volume(
    connections: NvmeConnections, fabric: NvmeKernel
) -> None:
    """As long as the connection lives; a new one is looked at anew."""
    await fabric.export(NQN, MIB)
    made = await connections.connect(fabric.target(NQN, MIB))
    await fabric.change_identity(NQN)
    with pytest.raises(NotReadyError, match=rf"uuid\.another, and was {made.identity}"):
        await connections.find(NQN)
    await connections.disconnect(NQN)
    assert (await connections.connect(fabric.target(NQN, MIB))).identity != made.identity


async def test_the_kernels_own_reason_is_told(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """Where it is in its log and nowhere else."""
    fabric.logs = f"nvme nvme{{controller}}: Connect for subsystem {NQN} is not allowed, hostnqn: x"
    with pytest.raises(UnreachableError, match="does not let this node in"):
        await connections.connect(fabric.target(NQN, MIB))
    await fabric.export(OTHER, 0)
    fabric.logs = "nvme nvme{controller}: ignoring nsid 1 because of duplicate IDs"
    with pytest.raises(NotReadyError, match=r"not exactly one usable device.*identity is that of another"):
        await connections.connect(fabric.target(OTHER, MIB))


async def test_only_so_many_connect_at_once(fabric: NvmeKernel) -> None:
    """The others wait, and are attached too."""
    connections = NvmeConnections(fabric, NvmeSettings(parallel_connects=2), root=fabric.root, wait_s=1)
    nqns = [f"{NQN}{number}" for number in range(6)]
    for nqn in nqns:
        await fabric.export(nqn, MIB)
    await asyncio.gather(*(connections.connect(fabric.target(nqn, MIB)) for nqn in nqns))
    assert fabric.most_waiting == 2
    assert sorted(await connections.list_nqns()) == nqns


async def test_a_disconnect_is_believed_only_when_seen(connections: NvmeConnections, fabric: NvmeKernel) -> None:
    """A program that says yes and does nothing is found out."""
    await fabric.export(NQN, MIB)
    await connections.connect(fabric.target(NQN, MIB))
    fabric.deaf = True
    with pytest.raises(HostError, match="still shows"):
        await connections.disconnect(NQN)


async def test_what_a_node_lacks_is_named(tmp_path: Path) -> None:
    """A program, or the kernel's module; the module is loaded where it can be."""
    kernel = NvmeKernel(tmp_path)
    connections = NvmeConnections(kernel, root=kernel.root)
    kernel.missing = ["nvme (Debian package nvme-cli)"]
    assert await connections.find_unready() == "this node lacks nvme (Debian package nvme-cli)"
    kernel.missing = []
    kernel.modprobe_works = False
    reason = await connections.find_unready()
    assert reason is not None
    assert "nvme-tcp could not be loaded" in reason
    kernel.modprobe_works = True
    assert await connections.find_unready() is None
    assert kernel.argvs.count(("modprobe", "nvme-tcp")) == 2
    assert await connections.find_unready() is None
    assert kernel.argvs.count(("modprobe", "nvme-tcp")) == 2


@pytest.mark.vm
class TestNvmeConnectionsOfThisKernel(ConnectionsContract):
    """See `ConnectionsContract`: nothing is played."""

    @pytest.fixture
    async def fabric(self, tmp_path: Path) -> AsyncIterator[NvmetFabric]:
        """Give this kernel's own target."""
        async with nvmet_fabric(tmp_path) as made:
            yield made

    @pytest.fixture
    async def connections(self) -> AsyncIterator[NvmeConnections]:
        """Give this kernel's own initiator; what is attached at the end is detached."""
        connections = NvmeConnections(Programs(), wait_s=3)
        assert await connections.find_unready() is None
        yield connections
        for nqn in (*await connections.list_nqns(), FOREIGN):
            await connections.disconnect(nqn)
