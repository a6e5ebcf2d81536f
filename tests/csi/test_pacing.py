"""Many that come at once begin a few at a time."""

import asyncio

import pytest

from rds_csi_async.csi.pacing import Pacing


class _Turns:
    """Counts the turns of the loop, and writes down in which one each call began."""

    def __init__(self, pacing: Pacing) -> None:
        self.pacing = pacing
        self.now = 0
        self.begun: list[tuple[str, int]] = []

    async def begin(self, name: str) -> None:
        """Be a call."""
        await self.pacing.wait()
        self.begun.append((name, self.now))

    async def count(self, turns: int = 20) -> None:
        """Let so many turns go by."""
        for _ in range(turns):
            self.now += 1
            await asyncio.sleep(0)

    def most_in_one(self) -> int:
        """Tell how many began in one turn at the most."""
        turns = [turn for _, turn in self.begun]
        return max(map(turns.count, turns))


async def test_no_turn_has_more_than_it_may() -> None:
    """All of them begin, in the order in which they came."""
    turns = _Turns(Pacing(3))
    await asyncio.gather(*(turns.begin(str(number)) for number in range(20)), turns.count())
    assert [name for name, _ in turns.begun] == [str(number) for number in range(20)]
    assert turns.most_in_one() == 3


async def test_one_that_comes_alone_does_not_wait() -> None:
    """Also after others."""
    turns = _Turns(Pacing(3))
    await asyncio.gather(*(turns.begin("x") for _ in range(7)), turns.count())
    with pytest.raises(StopIteration):
        turns.pacing.wait().send(None)


async def test_who_gives_up_takes_nobodys_place() -> None:
    """And nobody is forgotten behind it."""
    turns = _Turns(Pacing(1))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(turns.begin(str(number))) for number in range(6)]
        await asyncio.sleep(0)
        for task in tasks[1:4]:
            task.cancel()
        await turns.count()
    assert [name for name, _ in turns.begun] == ["0", "4", "5"]


async def test_late_comers_are_no_faster_than_those_who_wait() -> None:
    """In the turn in which one comes, those who have waited go first."""
    turns = _Turns(Pacing(2))
    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(turns.begin(str(number)))
        await asyncio.sleep(0)
        group.create_task(turns.begin("late"))
        await turns.count()
    assert turns.begun[-1][0] == "late"
    assert turns.most_in_one() == 2
