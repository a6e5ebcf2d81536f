"""What nobody asked for gives way, and keeps nobody from what was."""

import asyncio
import functools

import pytest

from rds_csi_async.domain.errors import BusyError
from rds_csi_async.services.operations import Operations


class Chores:
    """Work of the driver's own."""

    async def test_who_comes_during_a_chore_waits_for_it(self, operations: Operations) -> None:
        """Nobody is sent away for what nobody asked for; however many come, and whatever they want."""
        done, hold = list[str](), asyncio.Event()

        async def work(name: str) -> str:
            await hold.wait()
            done.append(name)
            return name

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(operations.do_chore("v", functools.partial(work, "chore")))
            await asyncio.sleep(0)
            one = tasks.create_task(operations.run("v", "stage", functools.partial(work, "stage")))
            same = tasks.create_task(operations.run("v", "stage", functools.partial(work, "stage")))
            await asyncio.sleep(0)
            assert not one.done()
            hold.set()
        assert done == ["chore", "stage"]
        assert (one.result(), same.result()) == ("stage", "stage")

    async def test_a_chore_gives_way_to_what_was_asked_for(self, operations: Operations) -> None:
        """It comes back another time."""
        hold = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(operations.run("v", "stage", hold.wait))
            await asyncio.sleep(0)
            with pytest.raises(BusyError, match="under way"):
                await operations.do_chore("v", hold.wait)
            hold.set()
        assert await operations.do_chore("v", hold.wait) is True
