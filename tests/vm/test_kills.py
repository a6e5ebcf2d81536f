"""The driver is killed wherever a stage or an unstage has the kernel do something; the next one sets all right."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from grpclib.exceptions import GRPCError, StreamTerminatedError

from rds_csi_async.csi.client import CsiClient
from tests.e2e.stops import NAMES, Stops
from tests.vm.rig import WHOLE, VmRig

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]
_PROGRAMS = (*NAMES, "blkid", "blockdev", "nvme", "sync")


@dataclass(frozen=True)
class Moment:
    """Where the driver is killed: `program` of the volume's kind where it ends in a dot; `run` counts in one call."""

    program: str
    moment: str
    pattern: str = ""
    run: int = 0

    def __str__(self) -> str:
        """Name it in the tests' list."""
        return "-".join(
            filter(None, (self.moment, self.program.strip("."), self.pattern.strip("-/"), f"{self.run or ''}"))
        )

    def is_of(self, program: str, run: int, arguments: str) -> bool:
        """Tell whether the driver is killed at this run of a program."""
        named = program.startswith(self.program) if self.program.endswith(".") else program == self.program
        return named and self.pattern in arguments and self.run in {0, run}


HALF = Moment("mkfs.", "half")
STAGE = (
    Moment("nvme", "before", "connect"),
    Moment("nvme", "after", "connect"),
    Moment("blkid", "before", run=1),
    Moment("blkid", "before", run=2),
    Moment("mkfs.", "before"),
    HALF,
    Moment("mkfs.", "after"),
    Moment("sync", "before"),
    Moment("blkid", "before", run=3),
    Moment("mount", "before", "-t"),
    Moment("mount", "after", "-t"),
)
UNSTAGE = (
    Moment("umount", "before", "staging"),
    Moment("umount", "after", "staging"),
    Moment("nvme", "before", "disconnect"),
    Moment("nvme", "after", "disconnect"),
)
# Each moment once, the two of a life having nothing to do with each other.
LIVES = [(stage, UNSTAGE[number % len(UNSTAGE)]) for number, stage in enumerate(STAGE)]
_SHORT = ("after-nvme-connect", "half-mkfs", "after-mkfs", "after-mount-t")


@dataclass
class Node:
    """Both processes, and the programs that the driver runs."""

    rig: VmRig
    stops: Stops


@pytest.fixture
async def node(rig: VmRig, tmp_path: Path) -> AsyncIterator[Node]:
    """Give an appliance, and a driver whose programs can be stopped."""
    stops = Stops(tmp_path / "programs", _PROGRAMS)
    await asyncio.to_thread(stops.install)
    rig.programs = stops.path
    await rig.start_simulator()
    await rig.start_driver()
    yield Node(rig, stops)
    await asyncio.to_thread(stops.clear)


async def _kill_in(node: Node, call: Callable[[CsiClient], Awaitable[None]], moment: Moment, kind: str) -> None:
    """Begin the call, kill the driver when its program has stopped, and start the next one."""
    program = f"{moment.program}{kind}" if moment.program.endswith(".") else moment.program
    await asyncio.to_thread(node.stops.clear)
    await asyncio.to_thread(node.stops.plan, program, moment.moment, moment.pattern, run=moment.run)
    async with node.rig.client() as client, asyncio.TaskGroup() as tasks:
        calling = tasks.create_task(_fails(call(client)))
        stopped = await node.stops.wait_stopped()
        assert not calling.done()
        await node.rig.kill_driver()
    with suppress(ProcessLookupError):  # most die with the driver
        os.kill(stopped, signal.SIGKILL)
    await asyncio.to_thread(node.stops.let_go_on)
    await node.rig.start_driver()


async def _fails(call: Awaitable[None]) -> None:
    with pytest.raises((GRPCError, StreamTerminatedError, ConnectionError)):
        await call


@pytest.mark.parametrize(("stage", "unstage"), [pair for pair in LIVES if WHOLE or str(pair[0]) in _SHORT], ids=str)
@pytest.mark.kind("ext4", without=("block",))
async def test_killed(node: Node, kind: str, stage: Moment, unstage: Moment) -> None:
    """The call that was cut off, again, does what it would have done; what was written is read under the next name."""
    life = await node.rig.new_life(kind)
    await life.live(["create", "open"])
    await _kill_in(node, life.volume.stage, stage, kind)
    begun = await asyncio.to_thread(node.stops.count, f"mkfs.{kind}")
    await life.live(["stage", "publish", "unpublish"])
    formats = await asyncio.to_thread(node.stops.count, f"mkfs.{kind}")
    assert formats == begun + (STAGE.index(stage) <= STAGE.index(HALF))
    await _kill_in(node, life.volume.unstage, unstage, kind)
    await life.live(["unstage", "close", "open", "stage", "publish"])
    assert await asyncio.to_thread(node.stops.count, f"mkfs.{kind}") == 0
    await node.rig.end(life)


async def test_no_program_is_left_out(node: Node) -> None:
    """Whatever a stage or an unstage runs, and can be stopped in, is among the moments."""
    life = await node.rig.new_life()
    await life.live(["create", "open"])
    for step, moments in (("stage", STAGE), ("unstage", UNSTAGE)):
        await asyncio.to_thread(node.stops.clear)
        await life.live([step])
        assert await asyncio.to_thread(_list_unknown, node.stops, moments) == []
    await life.live(["close", "delete"])


def _list_unknown(stops: Stops, moments: tuple[Moment, ...]) -> list[str]:
    runs = [(name, run, text) for name in _PROGRAMS for run, text in enumerate(stops.list_runs(name), 1)]
    return [f"{name} {text}" for name, run, text in runs if not any(each.is_of(name, run, text) for each in moments)]
