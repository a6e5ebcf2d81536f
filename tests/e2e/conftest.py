"""A folder with both processes, of which nothing is left when the tests have ended, however they ended."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.rig import Rig
from tests.host.loop_devices import clean_up


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """Give a folder in which nothing runs yet."""
    rig = Rig(tmp_path)
    try:
        yield rig
    finally:
        await rig.stop()
        await asyncio.to_thread(clean_up, tmp_path)
