"""The demo proves what it says: a world that is not as it should be ends it."""

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from rds_csi_async.app.config import Settings
from rds_csi_async.app.demo_calls import Calls
from rds_csi_async.app.demo_life import DemoFailedError, Life
from rds_csi_async.app.demo_screen import Screen
from rds_csi_async.app.running import Driver
from rds_csi_async.csi.client import connect
from rds_csi_async.domain.identifiers import node_id_of
from rds_csi_async.simulator.appliance import Simulator
from tests.app.ready import until_ready


async def _live(settings: Settings, simulator: Simulator, folder: Path) -> str:
    shown = io.StringIO()
    async with Driver(settings) as driver, connect(settings.socket_path) as client:
        await until_ready(client)
        calls = Calls(client, folder, node_id_of("c", "worker"))
        await Life(Screen(Console(file=shown)), calls, driver, simulator).live(node=False)
    return shown.getvalue()


async def test_a_good_world_is_shown_to_the_end(settings: Settings, simulator: Simulator, tmp_path: Path) -> None:
    """With the figures of the scrape as its last step."""
    text = await _live(settings, simulator, tmp_path)
    assert "no disk and no file is left in the pool" in text
    assert 'operation="delete",status="success"' in text


async def test_a_stray_image_is_noticed(settings: Settings, simulator: Simulator, tmp_path: Path) -> None:
    """The pool is looked at, not believed."""
    await asyncio.to_thread((simulator.settings.root / "pools" / "pool1" / "stray.img").write_bytes, b"x")
    with pytest.raises(DemoFailedError, match="the pool holds images of"):
        await _live(settings, simulator, tmp_path)


async def test_an_export_too_many_is_noticed(settings: Settings, simulator: Simulator, tmp_path: Path) -> None:
    """A new volume has to be closed."""
    await asyncio.to_thread((simulator.settings.root / "exports" / "nqn.stray.json").write_text, "{}")
    with pytest.raises(DemoFailedError, match="a new volume is exported"):
        await _live(settings, simulator, tmp_path)
