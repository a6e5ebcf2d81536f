"""A simulator that is started by one command is found by a driver with what it wrote."""

import asyncio
import tomllib
from pathlib import Path

import pytest

from rds_csi_async.app.appliance_config import parse_appliances
from rds_csi_async.app.config import SettingsError
from rds_csi_async.app.simulating import SimulateOptions, make_simulator, parse_pool, render_ssh, write_config
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.services.operations import Supervisor


async def test_the_written_settings_lead_to_the_appliance(tmp_path: Path) -> None:
    """Key, host key, port and pools are those of the simulator that runs."""
    options = SimulateOptions(tmp_path, pools=("fast=ext4:1G", "big=btrfs:2T"))
    async with await make_simulator(options) as simulator:
        await asyncio.to_thread(write_config, options, simulator)
        tables = tomllib.loads(await asyncio.to_thread(options.config_file.read_text))
        (one,) = parse_appliances(tables["appliances"])
        supervisor, console = Supervisor(), SshConsole(one.settings)
        supervisor.start("keep connected", console.keep_connected())
        listing = await RouterOsRds(one.settings, console).get_listing()
        ssh = render_ssh(options, simulator)
        await supervisor.drain(0)
    assert {pool.name: pool.size_bytes for pool in listing.pools} == {"fast": 1 << 30, "big": 2 << 40}
    assert f"-p {one.settings.port} " in ssh


async def test_key_and_pools_are_the_same_after_a_restart(tmp_path: Path) -> None:
    """Or a driver would not know the appliance again."""
    options = SimulateOptions(tmp_path)
    seen = []
    for _ in range(2):
        async with await make_simulator(options) as simulator:
            seen.append((simulator.host_key_public, simulator.settings.authorized_keys, simulator.settings.pools))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    "text", ["", "pool1", "pool1=ext4", "pool1=ntfs:1G", "pool1=ext4:0G", "P=ext4:1G", "a=ext4:1X"]
)
def test_a_pool_that_is_not_described_is_refused(text: str) -> None:
    """With the form that it has to have."""
    with pytest.raises(SettingsError, match="name=fs:size"):
        parse_pool(text)
