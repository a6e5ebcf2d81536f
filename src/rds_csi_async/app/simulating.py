"""`rds-csi simulate`: a mock appliance of one's own, and the settings with which a driver finds it."""

import asyncio
import logging
import re
import shlex
import signal
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rds_csi_async.app.config import SettingsError
from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.control import ask
from rds_csi_async.simulator.control_requests import parse_words
from rds_csi_async.simulator.nvmet import NvmetExporter
from rds_csi_async.simulator.pools import PoolSettings
from rds_csi_async.simulator.quirk_list import QUIRKS, make_quirk
from rds_csi_async.simulator.quirks import NO_QUIRK, Quirk
from rds_csi_async.simulator.scheduling import Scheduling
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.ssh_keys import ensure_key

_log = logging.getLogger(__name__)
APPLIANCE_KEY = "mock"
USER = "admin"
_POOL = re.compile(r"(?P<name>[a-z0-9-]{1,16})=(?P<fs>btrfs|ext4|xfs):(?P<number>[1-9][0-9]*)(?P<unit>[MGT])")
_UNITS = {"M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_NAMESPACE = uuid.UUID(
    "0d9d3f2e-6c0f-4b5e-8b44-0a1a64f3c0de"
)  # from which a pool's uuid follows, so it is the same again


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """What the command was told."""

    root: Path
    listen: str = "127.0.0.1"
    port: int = 0
    pools: tuple[str, ...] = ("pool1=btrfs:64G",)
    client_key: Path | None = None
    host_key: Path | None = None
    export: str = "folder"
    address: str = "127.0.0.1"
    profile: str = "instant"
    scheduling: str = Scheduling.OVERLAPPING.value
    seed: int = 0
    most_sessions: int = 20
    most_channels: int = 0
    most_slot_characters: int = 32
    print_width: int = 0
    version: str = "7.23.3 (stable)"
    quirk: str | None = None
    faults: tuple[str, ...] = ()

    @property
    def config_file(self) -> Path:
        """The settings for a driver; there when the simulator can be reached."""
        return self.root / "rds-csi.toml"

    @property
    def key_file(self) -> Path:
        """The private key that logs in."""
        return self.client_key or self.root / "client_key"


def parse_pool(text: str) -> PoolSettings:
    """Read `name=fs:size`, as in `pool1=btrfs:64G`.

    Raises:
        SettingsError: it is not of that form.

    """
    match = _POOL.fullmatch(text)
    if match is None:
        message = (
            f"pool {text!r} is not of the form name=fs:size, as pool1=btrfs:64G (fs: btrfs, ext4, xfs; size: M, G, T)"
        )
        raise SettingsError(message)
    fs_uuid = str(uuid.uuid5(_NAMESPACE, match["name"]))
    return PoolSettings(match["name"], match["fs"], int(match["number"]) * _UNITS[match["unit"]], fs_uuid)


async def make_simulator(options: SimulateOptions) -> Simulator:
    """Make a simulator that lets in whoever has the client key. Keys that are not there are made.

    Raises:
        SettingsError: a pool is not described as it has to be, there is no such quirk, or this machine cannot export
            as it is asked to.

    """
    exporter = await asyncio.to_thread(_make_exporter, options)
    public_key = await asyncio.to_thread(_ensure_public_key, options.key_file)
    return Simulator(
        SimulatorSettings(
            root=options.root,
            pools=tuple(parse_pool(text) for text in options.pools),
            authorized_keys=(public_key,),
            users=(USER,),
            listen=options.listen,
            port=options.port,
            host_key_file=options.host_key,
            profile=options.profile,
            scheduling=Scheduling(options.scheduling),
            seed=options.seed,
            most_sessions=options.most_sessions,
            most_channels=options.most_channels,
            most_slot_characters=options.most_slot_characters,
            print_width=options.print_width,
            version=options.version,
        ),
        exporter,
        _make_quirk(options.quirk),
    )


def _make_quirk(name: str | None) -> Quirk:
    if name is None:
        return NO_QUIRK
    if name not in QUIRKS:
        message = f"quirk {name!r} is none of: {', '.join(QUIRKS)}"
        raise SettingsError(message)
    return make_quirk(name)


def _make_exporter(options: SimulateOptions) -> NvmetExporter | None:
    """Make what serves the exports; None leaves it to whoever reads the exports folder."""
    if options.export == "folder":
        return None
    exporter = NvmetExporter(options.root, options.address)
    missing = exporter.find_missing()
    if missing is not None:
        message = f"the volumes cannot be exported: {missing}"
        raise SettingsError(message)
    return exporter


def render_config(options: SimulateOptions, simulator: Simulator) -> str:
    """Write the settings with which a driver finds the running simulator."""
    pools = "".join(
        f'\n[appliances.{APPLIANCE_KEY}.pools.{pool.name}]\nslot = "{pool.name}"\nfs_uuid = "{pool.fs_uuid}"\n'
        for pool in simulator.settings.pools
    )
    return (
        f"# Written by `rds-csi simulate`; stands for one real appliance.\n"
        f"[appliances.{APPLIANCE_KEY}]\n"
        f'address = "{options.listen}"\n'
        f"port = {simulator.port}\n"
        f'nvme_address = "{options.address}"\n'
        f'user = "{USER}"\n'
        f'key_file = "{options.key_file}"\n'
        f'host_keys = ["{simulator.host_key_public}"]\n'
        f"{pools}"
    )


def render_ssh(options: SimulateOptions, simulator: Simulator) -> str:
    """Give the command with which a person logs in."""
    return f"ssh -i {options.key_file} -p {simulator.port} {USER}@{options.listen}"


def write_config(options: SimulateOptions, simulator: Simulator) -> None:
    """Put the settings where a driver finds them, whole or not at all."""
    fresh = options.config_file.with_suffix(".new")
    fresh.write_text(render_config(options, simulator))
    fresh.replace(options.config_file)


def write_public_key(private: Path, output: Path) -> None:
    """Write the public half of a private key as OpenSSH does. Blocks.

    Raises:
        SettingsError: there is no private key, or the file cannot be written.

    """
    try:
        private.read_bytes()  # one that is not there is not to be made
        output.write_text(f"{_ensure_public_key(private)}\n")
    except (OSError, ValueError) as error:
        message = f"the public half of {private} cannot be written to {output}: {error}"
        raise SettingsError(message) from error


def _ensure_public_key(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    return ensure_key(path).export_public_key().decode().strip()


async def control(root: Path, words: Sequence[str]) -> dict[str, Any]:
    """Ask the simulator that runs in this folder for something, as `fault hang match=/disk/add`; return its answer.

    Raises:
        SettingsError: none runs there, or it does not do it.

    """
    try:
        return await ask(root / "control.sock", parse_words(words))
    except (OSError, ValueError) as error:
        message = f"the simulator in {root} was asked {' '.join(words)!r}: {error}"
        raise SettingsError(message) from error


async def simulate_until_signalled(options: SimulateOptions) -> None:
    """Be an appliance until SIGTERM or SIGINT.

    Raises:
        SettingsError: a pool or a fault is not described as it has to be, or the folder or port cannot be used.

    """
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        async with await make_simulator(options) as simulator:
            await asyncio.to_thread(write_config, options, simulator)
            for fault in options.faults:
                await control(options.root, ["fault", *shlex.split(fault)])
            _log.info("log in with:  %s", render_ssh(options, simulator))
            _log.info("settings for a driver:  %s", options.config_file)
            await stopped.wait()
    except (OSError, ValueError) as error:  # a key that is none is a ValueError
        message = f"the simulator cannot be started in {options.root}, port {options.port}: {error}"
        raise SettingsError(message) from error
