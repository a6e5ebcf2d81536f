"""A controller and a node that run against a simulator, in this process, and are scraped as Prometheus does."""

import asyncio
import tomllib
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rds_csi_async.app.config import Settings
from rds_csi_async.app.node_wiring import PROGRAMS
from rds_csi_async.app.running import Driver
from rds_csi_async.app.simulating import SimulateOptions, make_simulator, render_config
from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.simulator.appliance import Simulator
from tests.app.ready import until_ready

TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


@dataclass(frozen=True, slots=True)
class Running:
    """What runs."""

    simulator: Simulator
    controller: Driver
    node: Driver
    client: CsiClient

    async def until_shown(self, *samples: str) -> None:
        """Return when the controller shows these, without their values."""
        wanted = [sample.encode() for sample in samples]
        shown = b""
        while any(sample not in shown for sample in wanted):
            await asyncio.sleep(0.02)
            shown, _ = await self.controller.metrics.render()


@asynccontextmanager
async def running(root: Path, disk_time_units: str = "seconds") -> AsyncIterator[Running]:
    """Run all of it. The node's programs do nothing; it attaches what the simulator exports, through loop devices."""
    options = SimulateOptions(root / "appliance")
    async with await make_simulator(options) as simulator:
        tables = tomllib.loads(render_config(options, simulator))["appliances"]
        settings = Settings(
            mode="controller",
            endpoint=f"unix://{root / 'controller.sock'}",
            cluster_id="c",
            http_address="127.0.0.1:0",
            survey_interval_s=1,
            volume_series=10,
            disk_time_units=disk_time_units,
            appliances=tables,
        )
        node_settings = replace(
            settings,
            mode="node",
            endpoint=f"unix://{root / 'node.sock'}",
            node_name="worker",
            kubelet_dir=str(root / "kubelet"),
            fabric=f"loop:{root / 'appliance' / 'exports'}",
            program_path=await asyncio.to_thread(_make_programs, root / "programs"),
        )
        async with (
            Driver(settings) as controller,
            Driver(node_settings) as node,
            connect(settings.socket_path) as client,
        ):
            await until_ready(client)
            yield Running(simulator, controller, node, client)


async def create_volume(client: CsiClient, name: str = "pvc-1") -> str:
    """Make a volume on the simulator; give its id."""
    capability = wire.VolumeCapability(
        block=wire.VolumeCapabilityBlockVolume(),
        access_mode=wire.VolumeCapabilityAccessMode(wire.VolumeCapabilityAccessModeMode(1)),
    )
    request = wire.CreateVolumeRequest(
        name=name, volume_capabilities=[capability], parameters={"appliance": "mock", "pool": "pool1"}
    )
    return (await client.controller.create_volume(request)).volume.volume_id


async def scrape(address: str, accept: str = TEXT) -> str:
    """Ask over HTTP, as Prometheus does."""

    def get() -> str:
        request = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return str(answer.read().decode())

    return await asyncio.to_thread(get)


def _make_programs(folder: Path) -> str:
    folder.mkdir()
    for name in (*PROGRAMS, "losetup"):
        (folder / name).symlink_to("/bin/true")
    return str(folder)
