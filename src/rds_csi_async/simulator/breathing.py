"""Long tables are walked in steps, between which others run."""

import asyncio
from typing import Final

BREATH_ROWS: Final = 100


async def breathe(number: int) -> None:
    """Let others run after every so many rows."""
    if number % BREATH_ROWS == BREATH_ROWS - 1:
        await asyncio.sleep(0)
