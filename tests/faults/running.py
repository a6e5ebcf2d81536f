"""The run: round after round of calls and troubles, each held against the truth; then quiet: nothing may be left."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from tests.faults import surveying
from tests.faults.administrator import Administrator, is_ruined
from tests.faults.asking import ask
from tests.faults.beliefs import Belief, Volume, learn
from tests.faults.checking import Checker
from tests.faults.drawing import call_for, draw_round, draw_sizes, make_volumes
from tests.faults.facts import Answer, Call, Kind
from tests.faults.history import History
from tests.faults.keeping import Keeper
from tests.faults.rig import Rig, rigged
from tests.faults.troubles import NO_TROUBLE, Trouble, draw_trouble, storm

_VOLUMES: Final = 24
_TURNS: Final = 400
_TRIES: Final = 8
_QUIET_S: Final = 20.0


@dataclass
class Report:
    """What a run did and found. `log` has every round, call and answer."""

    seed: int
    operations: int = 0
    commands: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    overwritten: int = 0  # changes that another one met between the look and the act of one command
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


class Run:
    """One seed's run on a rig."""

    def __init__(self, rig: Rig, seed: int) -> None:
        self.report = Report(seed)
        self._rig = rig
        self._chance = Random(seed)  # noqa: S311 - so that a run can be repeated
        self._volumes = make_volumes(_VOLUMES)
        self._history = History(rig.measure)
        self._checker = Checker(self._history, frozenset(volume.slot for volume in self._volumes))
        self._keeper = Keeper(rig.box.settings.root / "pools", self._history)
        self._administrator = Administrator(rig.box)
        self._trouble = NO_TROUBLE
        self._rounds_left = 0
        rig.box.watch = self._history.watch

    async def go(self, operations: int) -> Report:
        """Ask so much, from the second half on of two drivers; end at the first round in which something is wrong."""
        report = self.report
        await self._administrator.request(storm(self._chance))
        while report.operations < operations and not report.wrong:
            await self._round(1 if 2 * report.operations < operations else len(self._rig.drivers))
        self._count_faults()
        report.overwritten = self._checker.overwritten
        if not report.wrong:
            await self._converge()
        return report

    async def _round(self, drivers: int) -> None:
        self._volumes = draw_sizes(self._chance, self._volumes)
        trouble = await self._begin_trouble()
        calls = draw_round(self._chance, self._volumes, drivers)
        begun, refusals = self._history.tick(), self._count_no_space()
        turns = self._chance.randrange(_TURNS)
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(self._ask(call)) for call in calls]
            group.create_task(self._disturb(trouble, turns))
        await self._rig.settle()
        was_refused = self._count_no_space() > refusals
        is_swept = await self._end_trouble()
        self._history.tick()
        answers = [task.result() for task in asked]
        self._note(answers)
        self.report.log += [f"   {moment}" for moment in self._history.since(begun)]
        self.report.wrong += self._checker.find_wrong(answers, begun, was_refused=was_refused)
        self._volumes = [learn(volume, answers) for volume in self._volumes]
        await self._set_right(is_swept=is_swept)
        self.report.wrong += await self._keeper.find_wrong(self._volumes, begun, is_swept=is_swept)

    async def _ask(self, call: Call) -> Answer:
        return await ask(self._rig.drivers[call.driver].client, call, self._history)

    def _note(self, answers: Sequence[Answer]) -> None:
        self.report.operations += len(answers)
        self.report.statuses.update(answer.status for answer in answers)
        self.report.log += map(str, answers)

    async def _begin_trouble(self) -> Trouble:
        """Go on with a trouble, or draw another; give it when it begins, for what is done during its first round."""
        if self._rounds_left > 0:
            self.report.log.append(f"-- still {self._trouble.name}")
            return NO_TROUBLE
        if self._chance.random() < 0.5:
            slots = [volume.slot for volume in self._volumes if volume.belief is not Belief.ABSENT]
            self._trouble = draw_trouble(self._chance, slots or [self._volumes[0].slot])
            self._rounds_left = self._trouble.rounds
            self.report.faults[self._trouble.name] += 1
            await self._administrator.request(self._trouble.before)
        self.report.log.append(f"-- {self._trouble}")
        return self._trouble

    async def _end_trouble(self) -> bool:
        """End it when its time is up; tell whether it has brought back what was to be gone."""
        self._rounds_left -= 1
        trouble = self._trouble
        if trouble is NO_TROUBLE or self._rounds_left > 0:
            return False
        self._trouble = NO_TROUBLE
        await self._administrator.request(trouble.after)
        self._count_faults()
        await self._administrator.request(storm(self._chance))
        return trouble.is_sweeping

    async def _disturb(self, trouble: Trouble, turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        await self._administrator.request(trouble.during)
        if trouble.dies:
            driver = self._rig.drivers[turns % len(self._rig.drivers)]
            await driver.stop()
            await driver.start()

    async def _set_right(self, *, is_swept: bool) -> None:
        """Tidy, and remove, now and then, a disk that only a person may remove; its file stays for the driver."""
        if is_swept:
            await self._administrator.tidy(self._volumes)
        disks, ours = self._history.disks, sorted(volume.slot for volume in self._volumes)
        ruined = [slot for slot in ours if slot in disks and is_ruined(disks[slot])]
        if ruined and self._chance.random() < 0.5:
            await self._administrator.remove(self._chance.choice(ruined))

    def _count_no_space(self) -> int:
        return self._rig.box.counters.faults["no-space"]

    def _count_faults(self) -> None:
        counters = self._rig.box.counters
        self.report.faults.update(counters.faults)
        self.report.commands += counters.commands
        counters.reset()

    async def _converge(self) -> None:
        """Let nothing go wrong any more, and bring every volume to its end as an orchestrator would."""
        await self._administrator.request([*self._trouble.after, {"do": "clear"}])
        await self._administrator.tidy(self._volumes)
        begun = self._history.tick()
        answers: list[Answer] = []
        for volume in self._volumes:
            answers += await self._end_volume(volume)
        await self._rig.settle()
        self._history.tick()
        self.report.wrong += self._checker.find_wrong(answers, begun, was_refused=False)
        await self._administrator.remove_stranger()
        self.report.left += await self._list_left()

    async def _end_volume(self, volume: Volume) -> list[Answer]:
        answers: list[Answer] = []
        for number in range(_TRIES):
            if volume.belief is Belief.ABSENT:
                return answers
            if number == _TRIES // 2:
                await self._begin_anew()
            disk = self._history.disks.get(volume.slot)
            if disk is not None and is_ruined(disk):
                await self._administrator.remove(volume.slot)
            kinds = {Belief.MAKING: (Kind.CREATE,), Belief.GOING: (Kind.DELETE,)}
            for kind in kinds.get(volume.belief, (Kind.UNPUBLISH, Kind.DELETE)):
                answers.append(await self._ask(call_for(volume, kind, number % len(self._rig.drivers), _QUIET_S)))
                self.report.log.append(str(answers[-1]))
                volume = learn(volume, answers[-1:])
        self.report.left.append(f"{volume.name} cannot be brought to its end ({volume.belief.name}): {answers[-1]}")
        return answers

    async def _begin_anew(self) -> None:
        """Have the drivers forget how much room is held back for commands whose answers were lost, for two minutes."""
        for driver in self._rig.drivers:
            await driver.stop()
            await driver.start()

    async def _list_left(self) -> list[str]:
        box, left = self._rig.box, [f"disk {slot}" for slot in self._history.disks]
        left += await asyncio.to_thread(surveying.list_left, self._keeper.pools)
        left += await asyncio.to_thread(surveying.list_names, box.settings.root / "exports")
        subvolumes = await self._administrator.count_subvolumes()
        taken = {name: pool.used_bytes for name, pool in box.pools.by_name.items() if pool.used_bytes}
        left += [f"{subvolumes} subvolumes"] if subvolumes else []
        return [*left, f"bytes that nothing takes up: {taken}"] if taken else left


async def run(root: Path, seed: int, operations: int) -> Report:
    """Do a run on a folder."""
    async with rigged(root, seed) as rig:
        return await Run(rig, seed).go(operations)
