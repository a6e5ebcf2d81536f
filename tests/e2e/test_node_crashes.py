"""The driver is killed in the middle of what it has the kernel do; the same call to the next one sets all right."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from grpclib.exceptions import GRPCError, StreamTerminatedError

from rds_csi_async.csi.client import CsiClient
from rds_csi_async.host.polling import poll
from tests.e2e.calls import VolumeCalls
from tests.e2e.lives import NO_GROWTH, STEPS, Life, list_steps
from tests.e2e.rig import Rig
from tests.e2e.stops import Stops
from tests.e2e.traces import list_left
from tests.host.loop_devices import clean_up

pytestmark = [pytest.mark.root, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True)
class Moment:
    """When the driver is killed: in which step, and where its program has come to."""

    step: str
    kind: str
    program: str
    moment: str
    pattern: str = ""
    read_only: bool = False
    formats: int = 1  # how often mkfs is begun in the whole life

    def __str__(self) -> str:
        """Name it in the tests' list."""
        words = (self.step, self.kind, self.moment, self.program, self.pattern.strip("-"))
        return "-".join(word.replace(" ", "-") for word in words if word)


MOMENTS = [
    Moment("stage", "ext4", "losetup", "before", "--find"),
    Moment("stage", "ext4", "losetup", "after", "--find"),
    Moment("stage", "ext4", "mkfs.ext4", "before", formats=2),
    Moment("stage", "ext4", "mkfs.ext4", "half", formats=2),
    Moment("stage", "ext4", "mkfs.ext4", "after"),
    Moment("stage", "ext4", "mount", "before", "-t"),
    Moment("stage", "ext4", "mount", "after", "-t"),
    Moment("stage", "xfs", "mkfs.xfs", "half", formats=2),
    Moment("stage", "xfs", "mkfs.xfs", "after"),
    Moment("stage", "btrfs", "mkfs.btrfs", "half", formats=2),
    Moment("stage", "btrfs", "mkfs.btrfs", "after"),
    Moment("stage", "btrfs", "mount", "after", "-t"),
    Moment("stage", "block", "losetup", "after", "--find", formats=0),
    Moment("publish", "ext4", "mount", "before", "--bind"),
    Moment("publish", "ext4", "mount", "after", "--bind"),
    Moment("publish", "ext4", "mount", "before", "remount", read_only=True),
    Moment("expand on node", "xfs", "losetup", "after", "-c"),
    Moment("expand on node", "xfs", "xfs_growfs", "before"),
    Moment("expand on node", "xfs", "xfs_growfs", "after"),
    Moment("expand on node", "btrfs", "btrfs", "before", "resize"),
    Moment("expand on node", "btrfs", "btrfs", "after", "resize"),
    Moment("expand on node", "ext4", "resize2fs", "before"),
    Moment("expand on node", "ext4", "resize2fs", "after"),
    Moment("unpublish", "ext4", "umount", "before", "/pods/"),
    Moment("unpublish", "ext4", "umount", "after", "/pods/"),
    Moment("unstage", "ext4", "umount", "before", "/staging/"),
    Moment("unstage", "ext4", "umount", "after", "/staging/"),
    Moment("unstage", "ext4", "losetup", "before", "-d"),
    Moment("unstage", "ext4", "losetup", "after", "-d"),
    Moment("unstage", "block", "losetup", "after", "-d", formats=0),
]


@dataclass
class Node:
    """Both processes, and the programs that the driver runs."""

    rig: Rig
    stops: Stops


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Node]:
    """Give an appliance, for volumes that have nothing to do with each other."""
    folder = await asyncio.to_thread(tmp_path_factory.mktemp, "e2e")
    stops = Stops(folder / "programs")
    rig = Rig(folder, programs=stops.path)
    try:
        await asyncio.to_thread(stops.install)
        await rig.start_simulator()
        yield Node(rig, stops)
    finally:
        await rig.stop()
        await asyncio.to_thread(clean_up, folder)


@pytest_asyncio.fixture(loop_scope="module")
async def node(machine: Node) -> AsyncIterator[Node]:
    """Give it with programs that do not stop, and a driver; what a failed test leaves is no other's burden."""
    await asyncio.to_thread(machine.stops.clear)
    if machine.rig.driver is None:
        await machine.rig.start_driver()
    yield machine
    await asyncio.to_thread(clean_up, machine.rig.folder)


async def _kill_in(node: Node, call: Callable[[CsiClient], Awaitable[None]], moment: Moment) -> None:
    """Begin the call, and kill the driver when its program has stopped; the program dies with it."""
    await asyncio.to_thread(node.stops.plan, moment.program, moment.moment, moment.pattern)
    async with node.rig.client() as client, asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(_fails(call(client)))
        program = await node.stops.wait_stopped()
        assert not calling.done()
        await node.rig.kill_driver()
    await _wait_for_end(program)
    await asyncio.to_thread(node.stops.let_go_on)


async def _fails(call: Awaitable[None]) -> None:
    with pytest.raises((GRPCError, StreamTerminatedError, ConnectionError)):
        await call


async def _wait_for_end(pid: int) -> None:
    """Insist that soon no process of this id is there, or only its remains."""
    assert not await poll(lambda: asyncio.to_thread(_runs, pid), until=lambda runs: not runs, timeout_s=30)


def _runs(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
async def test_killed(node: Node, moment: Moment) -> None:
    """The call that was cut off, again, does what it would have done: the data is there, nothing else is left."""
    volume = VolumeCalls(node.rig.kubelet, moment.kind, read_only=moment.read_only)
    await asyncio.to_thread(volume.prepare)
    life, steps = Life(node.rig, volume), await asyncio.to_thread(list_steps, moment.kind)
    if moment.step not in steps:
        pytest.skip(NO_GROWTH)
    await life.live(steps[: steps.index(moment.step)])
    await _kill_in(node, lambda client: STEPS[moment.step](volume, client), moment)
    await node.rig.start_driver()
    await life.live(steps[steps.index(moment.step) :])
    assert await asyncio.to_thread(list_left, node.rig, volume.slot, volume.name) == []
    assert await asyncio.to_thread(node.stops.count, f"mkfs.{moment.kind}") == moment.formats


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
async def test_an_interrupted_mkfs_blocks_no_volume(node: Node, kind: str) -> None:
    """Unstaged and published anew, the volume is used on the node that began it: what is half made is made whole."""
    volume = VolumeCalls(node.rig.kubelet, kind)
    await asyncio.to_thread(volume.prepare)
    life, steps = Life(node.rig, volume), await asyncio.to_thread(list_steps, kind)
    await life.live(["create", "open"])
    await _kill_in(node, volume.stage, Moment("stage", kind, f"mkfs.{kind}", "half"))
    await node.rig.start_driver()
    await life.live(["unstage", "close", "open"])
    assert (volume.context["firstUse"], volume.context["soleNode"]) == ("false", "true")
    await life.live(steps[steps.index("stage") :])
    assert await asyncio.to_thread(list_left, node.rig, volume.slot, volume.name) == []
