"""Another session between any two words of a line: whatever it does is never lost unseen.

The console is the simulator's, run in this very process, so that the other session can be let in before each command in
turn. What no line can rule out, a session between the look and the act of one single command, is not shown here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from rds_csi_async.domain.errors import ConflictError, DriverError, UnknownOutcomeError
from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.domain.volumes import Change, Volume
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import ApplianceSettings
from tests.contracts.rds_world import NEW, NQN, SLOT
from tests.simulator.conftest import POOLS, Bench

SETTINGS = ApplianceSettings(
    "in.process", "admin", ("SHA256:x",), tuple(PoolSettings(pool.name, pool.name, pool.fs_uuid) for pool in POOLS)
)
Rival = Callable[[], Awaitable[object]]


@dataclass
class Interleaved:
    """A console whose lines that change something let a rival in before their n-th command."""

    bench: Bench
    rival: Rival | None = None
    at: int = -1
    commands: int = 0
    generation: int = 1

    async def run(self, line: str, *, mutating: bool, urgent: bool = False) -> str:  # noqa: ARG002 - there is no queue
        """See `Console`."""
        written: list[str] = []
        console = self.bench.console(written)

        async def pause() -> None:
            if mutating:
                self.commands += 1
                if self.commands == self.at and self.rival is not None:
                    await self.rival()

        console.session.pause = pause
        await console.run_line(line)
        return "".join(written).encode("latin-1").decode()  # the simulator's console has a character for each byte


@dataclass
class Duel:
    """A volume that two drivers have seen, each at a console of its own."""

    bench: Bench
    pool: str
    volume: Volume
    mine: RouterOsRds
    console: Interleaved
    theirs: RouterOsRds

    async def fight(self, at: int, mine: Awaitable[object], theirs: Rival) -> tuple[object, object, bool]:
        """Let the rival in before that command of my line; give both answers, and whether my line has so many."""
        answers: list[object] = []

        async def let_in() -> None:
            answers.append(await _answer(theirs()))

        self.console.rival, self.console.at, self.console.commands = let_in, at, 0
        answer = await _answer(mine)
        return answer, answers[0] if answers else None, bool(answers)

    async def find(self) -> Volume | None:
        """Look at the volume, with nobody in between."""
        return await self.theirs.find_volume(SLOT)


async def _answer(call: Awaitable[object]) -> object:
    """Give what a call answers, or the error that it raises."""
    try:
        return await call
    except DriverError as error:
        return error


async def begin(root: Path, pool: str) -> Duel:
    """Make the volume."""
    bench = await Bench(root).open()
    console = Interleaved(bench)
    mine, theirs = RouterOsRds(SETTINGS, console), RouterOsRds(SETTINGS, Interleaved(bench))
    await theirs.ensure_reachable()
    return Duel(bench, pool, await mine.create_volume(replace(NEW, pool=pool)), mine, console, theirs)


pools = pytest.mark.parametrize("pool", [pool.name for pool in POOLS])
OURS = Change("rds1:mine", exported=True, nqn=NQN)
THEIRS = Change("rds1:theirs", exported=False)


@pools
async def test_what_a_person_writes_meanwhile_is_never_overwritten(tmp_path: Path, pool: str) -> None:
    """Wherever in the line it comes; and it is told, unless it came after the answer was printed."""
    duel = await begin(tmp_path, pool)
    picked = f'[/disk/find where slot="{SLOT}"]'
    by_hand = partial(duel.bench.run, f'/disk/set {picked} comment="by hand"')
    for at in count(1):
        await duel.bench.run(f'/disk/set {picked} comment="{duel.volume.comment[:5]}" nvme-tcp-export=no')
        seen = replace(duel.volume, comment="rds1:")
        answer, _, has_fought = await duel.fight(at, duel.mine.change_volume(seen, OURS), by_hand)
        found = await duel.find()
        assert found is not None
        if not has_fought:
            assert answer == found
            break
        assert found.comment == "by hand"
        assert isinstance(answer, ConflictError) or answer == replace(
            found, comment=OURS.comment, exported=True, nqn=NQN
        )
    assert at > 10


@pools
async def test_of_two_drivers_one_changes_and_the_other_is_told(tmp_path: Path, pool: str) -> None:
    """Never both, and never none."""
    has_fought, at = True, 0
    while has_fought:
        at += 1
        duel = await begin(tmp_path / str(at), pool)
        theirs = partial(duel.theirs.change_volume, duel.volume, THEIRS)
        *answers, has_fought = await duel.fight(at, duel.mine.change_volume(duel.volume, OURS), theirs)
        found = await duel.find()
        assert [answer for answer in answers if isinstance(answer, Volume)] == [found]
        assert all(isinstance(answer, Volume | ConflictError | None) for answer in answers)
    assert at > 10


@pools
async def test_a_volume_that_is_opened_meanwhile_is_not_removed(tmp_path: Path, pool: str) -> None:
    """Either it is removed and the rival is told, or the rival has it and the removal is told."""
    has_fought, at = True, 0
    while has_fought:
        at += 1
        duel = await begin(tmp_path / str(at), pool)
        theirs = partial(duel.theirs.change_volume, duel.volume, OURS)
        mine, rivals, has_fought = await duel.fight(at, duel.mine.remove_volume(duel.volume), theirs)
        found = await duel.find()
        if found is None:
            assert mine is None
            assert isinstance(rivals, ConflictError | None)
        else:
            assert isinstance(mine, UnknownOutcomeError)
            assert rivals == found
            assert await duel.bench.value(f'[:len [/file/find where name="{found.file_path[1:]}"]]') == "1"
    assert at > 10


@pools
async def test_who_makes_anew_what_another_removes_keeps_it(tmp_path: Path, pool: str) -> None:
    """But for the very word between the look and the removal, which no line can close, and then one of both is told."""
    has_fought, at, lost = True, 0, 0
    while has_fought:
        at += 1
        duel = await begin(tmp_path / str(at), pool)
        theirs = partial(duel.theirs.create_volume, replace(NEW, pool=pool, comment="rds1:theirs"))
        mine, rivals, has_fought = await duel.fight(at, duel.mine.remove_volume(duel.volume), theirs)
        found = await duel.find()
        if found is None:
            assert not isinstance(rivals, Volume) or rivals.comment == duel.volume.comment
            continue
        file = duel.bench.root / "pools" / found.file_path[1:]
        is_whole = await asyncio.to_thread(file.exists)
        assert is_whole or isinstance(mine, UnknownOutcomeError)
        lost += not is_whole
    assert lost <= (2 if pool == POOLS[0].name else 1)  # the file's word, and on Btrfs the subvolume's
    assert at > 10


@pools
async def test_two_who_make_the_same_volume_make_one(tmp_path: Path, pool: str) -> None:
    """Whoever is told otherwise finds it at the next try, and its file is whole."""
    has_fought, at = True, 0
    while has_fought:
        at += 1
        duel = await begin(tmp_path / str(at), pool)
        await duel.theirs.remove_volume(duel.volume)
        new = replace(NEW, pool=pool)
        theirs = partial(duel.theirs.create_volume, replace(new, comment="rds1:theirs"))
        mine, rivals, has_fought = await duel.fight(at, duel.mine.create_volume(new), theirs)
        found = await duel.find()
        assert found is not None
        assert found in {mine, rivals} or not isinstance(mine, Volume)
        assert all(answer == found or isinstance(answer, UnknownOutcomeError | None) for answer in (mine, rivals))
        file = duel.bench.root / "pools" / found.file_path[1:]
        assert (await asyncio.to_thread(file.stat)).st_size == NEW.size_bytes
    assert at > 10
