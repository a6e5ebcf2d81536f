"""Pictures of the dashboard's queries on Prometheus' own graph page: `python -m tests.chart.graphs docs/graphs` (root).

A controller, a node and a simulator with an RDS2216's times run for some minutes: pods come and go, and in the middle
the appliance is away for a while. Takes Debian's `prometheus` and `chromium`. Look at what comes out before you keep
it.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from grpclib.exceptions import GRPCError

from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.host.polling import poll
from tests.chart.one_socket import one_socket
from tests.chart.prometheus import scraping
from tests.chart.rendering import CHART
from tests.e2e.calls import VolumeCalls
from tests.e2e.rig import Rig
from tests.host.loop_devices import clean_up
from tests.mount_namespace import enter_own_namespace
from tests.required_tools import find_tool

PANELS = {  # file, and panel of the dashboard
    "operations": "Operations",
    "refused-calls": "Refused calls",
    "attached-volumes": "Attached volumes by process",
    "commands": "How long commands take",
}
FILLED = {"$__rate_interval": "20s", "$job": ".*", "$instance": ".*"}
LIFE = ("create", "open", "stage", "publish", "unpublish", "unstage", "close", "delete")
PODS = 6
PAUSE_S, LIVES_S = 1.0, 15.0
WELL_S, AWAY_S = 100.0, 40.0
RANGE = "5m"
SHOT_S = 60.0


async def main(folder: Path) -> None:
    """Let it all run, and take the pictures."""
    prometheus, chromium = await asyncio.to_thread(lambda: [find_tool(name) for name in ("prometheus", "chromium")])
    with tempfile.TemporaryDirectory(prefix="graphs-") as work:
        rig = Rig(Path(work), mode="controller")
        try:
            async with _both(rig) as (client, targets), scraping(prometheus, targets, rig.folder) as address:
                await _live(rig, client)
                for name, panel in PANELS.items():
                    await _take(chromium, f"{address}/graph?{_graph_of(panel)}", folder / f"{name}.png")
        finally:
            await rig.stop()
            await asyncio.to_thread(clean_up, rig.folder)


@asynccontextmanager
async def _both(rig: Rig) -> AsyncIterator[tuple[CsiClient, list[dict[str, Any]]]]:
    """Run a controller and a node; give a client of both, and what Prometheus is to scrape."""
    await rig.start_simulator("--profile", "rds2216")
    await rig.start_driver()
    controller = await asyncio.to_thread(lambda: rig.metrics_address)
    node_socket = rig.folder / "node.sock"
    node = await rig.launch_driver(mode="node", endpoint=f"unix://{node_socket}")
    await poll(lambda: asyncio.to_thread(node_socket.exists), until=bool, timeout_s=SHOT_S)
    targets = {"controller": controller, "node": await asyncio.to_thread(lambda: rig.metrics_address)}
    configs = [
        {"job_name": name, "scrape_interval": "2s", "scrape_timeout": "2s", "static_configs": [{"targets": [address]}]}
        for name, address in targets.items()
    ]
    try:
        async with (
            one_socket(rig.folder / "both.sock", rig.socket, node_socket),
            connect(rig.folder / "both.sock") as client,
        ):
            yield client, configs
    finally:
        node.send_signal(15)
        await node.wait()


async def _live(rig: Rig, client: CsiClient) -> None:
    """Let pods come and go; meanwhile the appliance goes away, and comes back."""
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for number in range(PODS):
            group.create_task(_pods_in_turn(client, rig.kubelet, number, ended))
        await asyncio.sleep(WELL_S)
        port = json.loads(await asyncio.to_thread(_port_of, rig))
        await rig.kill_simulator()
        print(f"the appliance is away for {AWAY_S:g} s", flush=True)
        await asyncio.sleep(AWAY_S)
        await rig.start_simulator("--profile", "rds2216", port=port)
        await asyncio.sleep(WELL_S)
        ended.set()


async def _pods_in_turn(client: CsiClient, kubelet: Path, number: int, ended: asyncio.Event) -> None:
    """Give one volume after another to a pod, for some time; what fails is tried again, as kubelet does."""
    await asyncio.sleep(number * LIVES_S / PODS)
    while not ended.is_set():
        volume = VolumeCalls(kubelet)
        await asyncio.to_thread(volume.prepare)
        for step in LIFE:
            await _insist(getattr(volume, step), client)
            await asyncio.sleep(LIVES_S if step == "publish" else PAUSE_S)


async def _insist(call: Callable[[CsiClient], Awaitable[None]], client: CsiClient) -> None:
    while True:
        try:
            return await call(client)
        except GRPCError:
            await asyncio.sleep(PAUSE_S)


def _port_of(rig: Rig) -> str:
    lines = rig.config.read_text().splitlines()
    return next(line.partition(" = ")[2] for line in lines if line.startswith("port = "))


def _graph_of(title: str) -> str:
    """Give the parameters of the graph page that shows a panel's query."""
    panels = json.loads((CHART / "files" / "dashboard.json").read_text())["panels"]
    expression = next(panel["targets"][0]["expr"] for panel in panels if panel["title"] == title)
    for name, value in FILLED.items():
        expression = expression.replace(name, value)
    return urlencode({"g0.expr": expression, "g0.tab": "0", "g0.range_input": RANGE, "g0.stacked": "0"})


async def _take(chromium: str, url: str, file: Path) -> None:
    """Take a picture of a page once it has drawn."""
    arguments = ("--headless", "--no-sandbox", "--hide-scrollbars", "--window-size=1000,1000", "--disable-gpu")
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - a program of the test's own
        chromium,
        *arguments,
        "--virtual-time-budget=10000",
        f"--screenshot={file}",
        url,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    await asyncio.wait_for(process.wait(), SHOT_S)
    print(f"{file}: {await asyncio.to_thread(lambda: file.stat().st_size)} bytes", flush=True)


if __name__ == "__main__":
    enter_own_namespace()
    asyncio.run(main(Path(sys.argv[1]).resolve()))
