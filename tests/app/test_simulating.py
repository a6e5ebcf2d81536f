"""A simulator that is started by one command is found by a driver with what it wrote."""

import asyncio
import os
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from rds_csi_async.app.appliance_config import parse_appliances
from rds_csi_async.app.config import SettingsError
from rds_csi_async.app.simulating import (
    SimulateOptions,
    control,
    make_simulator,
    parse_pool,
    render_ssh,
    simulate_until_signalled,
    write_config,
    write_public_key,
)
from rds_csi_async.routeros.console import SshConsole
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.settings import ApplianceSettings
from rds_csi_async.services.operations import Supervisor
from rds_csi_async.simulator.nvmet import CONFIG


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


async def test_keys_of_ones_own_are_used_and_never_changed(tmp_path: Path) -> None:
    """Both halves of a trial get them from elsewhere: PEM, as whatever made them writes it."""
    files = [tmp_path / "client", tmp_path / "host"]
    kept = [await asyncio.to_thread(_write_pem, file) for file in files]
    output = tmp_path / "host.pub"
    await asyncio.to_thread(write_public_key, files[1], output)
    options = SimulateOptions(tmp_path / "root", client_key=files[0], host_key=files[1])
    async with await make_simulator(options) as simulator:
        settings = ApplianceSettings(
            "127.0.0.1", "admin", (await asyncio.to_thread(output.read_text),), (), simulator.port, key_file=files[0]
        )
        supervisor, console = Supervisor(), SshConsole(settings)
        supervisor.start("keep connected", console.keep_connected())
        await RouterOsRds(settings, console).get_listing()
        await supervisor.drain(0)
    assert [await asyncio.to_thread(file.read_bytes) for file in files] == kept
    assert not await asyncio.to_thread((tmp_path / "root" / "client_key").exists)


async def test_a_running_simulator_can_be_asked(tmp_path: Path) -> None:
    """By the folder that it runs in; what it does not do is said."""
    async with await make_simulator(SimulateOptions(tmp_path)):
        assert await control(tmp_path, ["run", ":put 5"]) == {"output": "5\n"}
        with pytest.raises(SettingsError, match=r"was asked 'fault flood': 'flood' is none of"):
            await control(tmp_path, ["fault", "flood"])
    with pytest.raises(SettingsError, match=str(tmp_path)):
        await control(tmp_path, ["counters"])


async def test_a_quirk_is_chosen_by_name(tmp_path: Path) -> None:
    """One that there is not is refused, with those that there are."""
    async with await make_simulator(SimulateOptions(tmp_path, quirk="version")) as simulator:
        assert "7.20" in await simulator.run(":put [/system/resource/get version]")
    with pytest.raises(SettingsError, match=r"quirk 'nope' is none of: version, "):
        await make_simulator(SimulateOptions(tmp_path, quirk="nope"))


async def test_faults_are_there_from_the_start(tmp_path: Path) -> None:
    """And one that there is not ends it."""
    options = SimulateOptions(tmp_path, faults=("refuse-login times=3", "flood"))
    with pytest.raises(SettingsError, match="fault flood"):
        await simulate_until_signalled(options)


@pytest.mark.parametrize("content", [None, "no key"])
def test_a_public_half_needs_a_private_one(content: str | None, tmp_path: Path) -> None:
    """What is missing is not made, and what is no key is said."""
    private = tmp_path / "private"
    if content is not None:
        private.write_text(content)
    with pytest.raises(SettingsError, match=str(private)):
        write_public_key(private, tmp_path / "public")
    assert private.exists() is (content is not None)


def _write_pem(path: Path) -> bytes:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem)
    return pem


@pytest.mark.parametrize(
    "text", ["", "pool1", "pool1=ext4", "pool1=ntfs:1G", "pool1=ext4:0G", "P=ext4:1G", "a=ext4:1X"]
)
def test_a_pool_that_is_not_described_is_refused(text: str) -> None:
    """With the form that it has to have."""
    with pytest.raises(SettingsError, match="name=fs:size"):
        parse_pool(text)


async def test_nodes_are_told_where_the_volumes_are(tmp_path: Path) -> None:
    """Which is not always where the appliance is logged in to."""
    options = SimulateOptions(tmp_path, address="127.0.0.2")
    async with await make_simulator(options) as simulator:
        await asyncio.to_thread(write_config, options, simulator)
        tables = tomllib.loads(await asyncio.to_thread(options.config_file.read_text))
    (one,) = parse_appliances(tables["appliances"])
    assert (one.nvme_address, one.settings.host) == ("127.0.0.2", "127.0.0.1")


@pytest.mark.skipif(CONFIG.is_dir() and os.geteuid() == 0, reason="this machine can export over NVMe/TCP")
async def test_what_cannot_be_exported_here_is_said(tmp_path: Path) -> None:
    """Before anything is made."""
    with pytest.raises(SettingsError, match=r"cannot be exported: .*(needs root|modprobe nvmet-tcp)"):
        await make_simulator(SimulateOptions(tmp_path / "root", export="nvmet"))
    assert not await asyncio.to_thread((tmp_path / "root").exists)
