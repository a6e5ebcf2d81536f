"""A mock appliance, and the settings of a controller for it."""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rds_csi_async.app.config import Settings
from rds_csi_async.app.simulating import SimulateOptions, make_simulator, render_config
from rds_csi_async.simulator.appliance import Simulator


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    """Run an appliance."""
    async with await make_simulator(SimulateOptions(tmp_path / "appliance")) as running:
        yield running


@pytest.fixture
def settings(simulator: Simulator, tmp_path: Path) -> Settings:
    """Make the settings of a controller for it."""
    text = render_config(SimulateOptions(tmp_path / "appliance"), simulator)
    return Settings(
        mode="controller",
        endpoint=f"unix://{tmp_path / 'csi.sock'}",
        cluster_id="c",
        http_address="127.0.0.1:0",
        grace_s=20,
        appliances=tomllib.loads(text)["appliances"],
    )
