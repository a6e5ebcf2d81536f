"""Whoever walks a long table lets others run."""

import asyncio

from rds_csi_async.simulator.breathing import BREATH_ROWS, breathe


async def test_others_run_after_so_many_rows() -> None:
    """Not after each: a turn of the loop has its price."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        other = group.create_task(count())
        for number in range(3 * BREATH_ROWS):
            await breathe(number)
        other.cancel()
    assert turns == 3
