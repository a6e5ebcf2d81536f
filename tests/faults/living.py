"""A run: so many operations at random, each made again until its outcome is known, then an end that leaves nothing.

Four orchestrators ask at once, of the same volumes; a volume is made and removed by one of them at a time, as by a
provisioner, though for half of the run its calls may be made to two controllers at once.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from grpclib.const import Status

from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.faults import LineFault
from rds_csi_async.simulator.pools import PoolSettings as SimulatedPool
from rds_csi_async.simulator.settings import SimulatorSettings
from tests.fakes.appliances import POOL, UUID
from tests.faults.calls import NODES, SIZES, VOLUMES, Answer, Call
from tests.faults.claims import find_lie
from tests.faults.controllers import LIMITS, Process
from tests.faults.truth import Truth
from tests.faults.weather import FOREIGN, Weather

ONE_IN: Final = 5
_ORCHESTRATORS: Final = 4
_MOST_TRIES: Final = 200
_KINDS: Final = ["create"] * 5 + ["delete"] * 2 + ["publish"] * 7 + ["unpublish"] * 5 + ["expand"] * 2 + ["get", "list"]
_PASSWORD: Final = "secret"  # noqa: S105 - of a simulator that lives for one run


@dataclass
class Run:
    """One run. `wrong` says what went wrong, `history` everything that happened."""

    seed: int
    operations: int
    simulator: Simulator
    truth: Truth
    weather: Weather
    processes: list[Process]
    chance: random.Random
    history: list[str]
    begun: int = 0
    calls: int = 0
    wrong: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    believed: dict[int, bool] = field(default_factory=dict)
    locks: dict[int, asyncio.Lock] = field(default_factory=lambda: {number: asyncio.Lock() for number in VOLUMES})

    async def live(self) -> None:
        """Do all of it."""
        await self.simulator.run(FOREIGN)
        self.simulator.faults.storm(list(LineFault), ONE_IN, seed=self.seed)
        self.simulator.faults.trickle_s = 0.001
        async with asyncio.TaskGroup() as group:
            weather = group.create_task(self.weather.blow())
            await asyncio.gather(*(self._orchestrate() for _ in range(_ORCHESTRATORS)))
            weather.cancel()
        await self.weather.clear()
        self._compare_beliefs()
        for number in VOLUMES:
            await self._settle(Call("unpublish", number))
            await self._settle(Call("delete", number))
        self.wrong += self.truth.wrong
        self.wrong += [f"left behind: {each}" for each in await self._list_left()]

    async def _orchestrate(self) -> None:
        while self.begun < self.operations:
            self.begun += 1
            call = self._draw()
            if call.is_of_existence:
                async with self.locks[call.number]:
                    await self._settle_existence(call)
            else:
                await self._settle(call)

    def _draw(self) -> Call:
        kind, number = self.chance.choice(_KINDS), self.chance.choice(VOLUMES)
        if kind in {"create", "expand"}:
            return Call(kind, number, size_bytes=self.chance.choice(SIZES))
        node = self.chance.choice(NODES)
        if kind == "publish" or (kind == "unpublish" and self.chance.random() < 0.7):
            return Call(kind, number, node)
        return Call(kind, 0 if kind == "list" else number)

    async def _settle_existence(self, call: Call) -> None:
        """Make a call that decides whether a volume is there; some by two controllers at once."""
        twice = self.is_late and self.chance.random() < 0.3
        answers = await asyncio.gather(*(self._settle(call) for _ in range(1 + twice)))
        if any(answer.status is Status.OK for answer in answers):
            self.believed[call.number] = call.kind == "create"
            self.weather.unsure.discard(call.slot)

    @property
    def is_late(self) -> bool:
        """Whether two controllers run: in the second half they do."""
        return 2 * self.begun > self.operations

    async def _settle(self, call: Call) -> Answer:
        """Make a call until its outcome is known."""
        for _ in range(_MOST_TRIES):
            process = self.chance.choice(self.processes) if self.is_late else self.processes[0]
            answer = await self._call(process, call)
            if answer.is_known:
                return answer
            await asyncio.sleep(self.chance.uniform(0.01, 0.1))
        self.wrong.append(f"{call} never came to a known end, which was: {answer}")
        return answer

    async def _call(self, process: Process, call: Call) -> Answer:
        self.truth.look()
        begun_s = asyncio.get_running_loop().time()
        self.calls += 1
        answer = await process.answer(call)
        self.truth.look()
        full = self.weather.full_s >= begun_s or self.simulator.counters.faults["no-space"] > 0
        lie = find_lie(call, answer, self.truth.since(begun_s), full=full)
        self.answers[f"{call.kind} {answer.status.name}"] += 1
        self.write(f"{process.name} since {begun_s:.3f}: {call}: {answer}{' WRONG' if lie else ''}")
        if lie is not None:
            self.wrong.append(f"{call} was answered {answer}: {lie}")
        return answer

    def write(self, line: str) -> None:
        """Add to the history."""
        self.history.append(f"{asyncio.get_running_loop().time():.3f} {line}")

    def _compare_beliefs(self) -> None:
        """See that what a provisioner holds to be there is there, and nothing else."""
        for number, believed in self.believed.items():
            slot = Call("get", number).slot
            if slot not in self.weather.unsure and (slot in self.truth.now) is not believed:
                self.wrong.append(f"volume {number} is believed to be {'there' if believed else 'gone'}, and is not")

    async def _list_left(self) -> list[str]:
        """List what is left on the appliance, the foreign administrator's own apart, which has to be there."""
        shown = await self.simulator.run(":foreach x in=[/disk/find where type=file] do={:put [/disk/get $x slot]}")
        left = [f"the disk {slot}" for slot in shown.split() if slot != "foreign"]
        folder = self.simulator.settings.root / "pools" / POOL
        files = await asyncio.to_thread(lambda: [path.relative_to(folder) for path in sorted(folder.rglob("*"))])
        left += [f"the file {file}" for file in map(str, files) if file not in {"foreign.img", "volumes"}]
        if "foreign" not in shown or "foreign.img" not in map(str, files):
            left.append("nothing of the foreign administrator's disk or file, which was not the driver's to remove")
        return left

    def report(self) -> str:
        """Sum it up."""
        counters = self.simulator.counters
        hit = sum(counters.faults.values())
        return (
            f"seed {self.seed}: {self.begun} operations, {self.calls} calls, {counters.commands} commands,"
            f" {hit} of them hit ({', '.join(f'{kind} {n}' for kind, n in sorted(counters.faults.items()))});"
            f" {len(self.wrong)} wrong"
        )


@asynccontextmanager
async def running(root: Path, seed: int, operations: int) -> AsyncIterator[Run]:
    """Start an appliance and two controllers for a run; the seed decides on the file system too."""
    fs = ("btrfs", "ext4", "xfs")[seed % 3]
    settings = SimulatorSettings(root / "rds", (SimulatedPool(POOL, fs, 100 * GIB, UUID),), password=_PASSWORD)
    password_file = root / "password"
    await asyncio.to_thread(password_file.write_text, _PASSWORD)
    simulator = Simulator(settings)
    truth = Truth(simulator)
    chance, marks = random.Random(seed), random.Random(seed + 1)  # noqa: S311 - so that a run can be repeated
    async with simulator:
        reached = ApplianceSettings(
            "127.0.0.1", "admin", (simulator.host_key_public,), (PoolSettings(POOL, POOL, UUID),), simulator.port,
            password_file=password_file, limits=LIMITS,
        )  # fmt: skip
        processes = [Process(name, reached, lambda: f"{marks.getrandbits(64):016x}") for name in ("a", "b")]
        history: list[str] = []
        weather = Weather(simulator, truth, processes, chance, history.append)
        run = Run(seed, operations, simulator, truth, weather, processes, chance, history)
        weather.write = run.write
        try:
            yield run
        finally:
            for process in processes:
                await process.stop()
