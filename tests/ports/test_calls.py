"""A call's id reaches whatever is done for it, and nothing else."""

import asyncio

from rds_csi_async.ports.calls import current_call_id


async def test_a_task_works_for_the_call_that_started_it() -> None:
    """An operation outlives its call, and its log lines still bear the call's id."""

    async def work() -> str:
        await asyncio.sleep(0)
        return current_call_id.get()

    async with asyncio.TaskGroup() as group:
        token = current_call_id.set("one")
        first = group.create_task(work())
        current_call_id.reset(token)
        second = group.create_task(work())
    assert (first.result(), second.result()) == ("one", "")
