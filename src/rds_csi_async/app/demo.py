"""`rds-csi demo`: a mock appliance, the driver and a CSI client in one process, and a volume's whole life.

Every step is verified from the other side: in the appliance's folder, in the kernel's mount table, in the data itself.
"""

import asyncio
import os
import shutil
import signal
import tempfile
import tomllib
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from grpclib.exceptions import GRPCError

from rds_csi_async.app.config import Settings
from rds_csi_async.app.demo_calls import Calls
from rds_csi_async.app.demo_leftovers import release_leftovers
from rds_csi_async.app.demo_life import DemoFailedError, Life
from rds_csi_async.app.demo_screen import Screen
from rds_csi_async.app.node_wiring import PROGRAMS
from rds_csi_async.app.running import Driver
from rds_csi_async.app.simulating import SimulateOptions, make_simulator, render_config, render_ssh
from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.identifiers import node_id_of
from rds_csi_async.host.process import PATH
from rds_csi_async.observability.logs import configure_logging
from rds_csi_async.simulator.appliance import Simulator

_CLUSTER_ID = "demo-cluster"
_NODE_NAME = "demo-node"
_READY_TRIES = 100
_ENDED = 130  # as a shell says of what Ctrl-C ended
_TITLE = "A volume's life: a mock ROSE Data Server over real SSH, the driver, and what an orchestrator asks of it"
_SYS_RESOURCE = 1 << 24  # capabilities(7)
_NO_GROWTH = (
    "Root lacks CAP_SYS_RESOURCE here, without which Linux grows no mounted ext4: {file_system} is shown instead."
)
_WITHOUT_ROOT = (
    "Left out: attaching, formatting, mounting, writing and growing on the node. They need root and loop devices"
    " ({reason}); run this as root to see them. Shown is everything that the controller does."
)


def run_demo(folder: Path | None, picture: Path | None, *, keep: bool) -> int:
    """Show it; exit status 0 only when every step was verified, 130 when it was ended before."""
    screen = Screen(picture=picture is not None)
    work = (Path(tempfile.mkdtemp(prefix="rds-csi-demo-")) if folder is None else folder).resolve()
    work.mkdir(parents=True, exist_ok=True)
    with (work / "driver.log").open("a") as log:
        configure_logging("json", "debug", log)
        try:
            asyncio.run(_show(screen, work, keep=keep))
        except (DriverError, GRPCError) as error:
            screen.failed(f"{error}\nThe driver's log is {work / 'driver.log'}")
            return 1
        except asyncio.CancelledError:
            screen.failed("ended before every step was shown; nothing is left mounted or attached")
            status = _ENDED
        else:
            status = 0
        finally:
            if picture is not None:
                screen.save_picture(picture)
    if folder is None:
        shutil.rmtree(work)
    if status == 0:
        screen.say("\nEvery step was verified.")
    return status


async def _show(screen: Screen, work: Path, *, keep: bool) -> None:
    missing = await asyncio.to_thread(_find_missing)
    options = SimulateOptions(work / "appliance")
    if (showing := asyncio.current_task()) is not None:
        _when_told_to_end(showing.cancel)
    async with AsyncExitStack() as stack:
        simulator = await stack.enter_async_context(await make_simulator(options))
        if missing is None:
            stack.push_async_callback(release_leftovers, work / "kubelet", options.root / "exports")
        settings = _make_settings(options, simulator, work, node=missing is None)
        driver = await stack.enter_async_context(Driver(settings))
        client = await stack.enter_async_context(connect(settings.socket_path))
        await _wait_ready(client)
        places = [
            ("appliance", render_ssh(options, simulator)),
            ("CSI socket", settings.endpoint),
            ("metrics", f"http://{driver.metrics_address}/metrics"),
            ("log", str(work / "driver.log")),
        ]
        screen.head(_TITLE, places)
        file_system = await asyncio.to_thread(_choose_file_system)
        if missing is None and file_system != "ext4":
            screen.say(_NO_GROWTH.format(file_system=file_system))
        calls = Calls(client, work / "kubelet", node_id_of(_CLUSTER_ID, _NODE_NAME), file_system)
        await asyncio.to_thread(calls.prepare)
        life = Life(screen, calls, driver, simulator)
        try:
            await life.live(node=missing is None)
        except BaseException:
            await _tidy(calls)
            raise
        if missing is not None:
            screen.say("\n" + _WITHOUT_ROOT.format(reason=missing))
        if keep:
            stopped = asyncio.Event()
            _when_told_to_end(stopped.set)
            screen.head("\nEverything is left running, until Ctrl-C:", places)
            await stopped.wait()


def _when_told_to_end(do: Callable[[], object]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, do)


def _make_settings(options: SimulateOptions, simulator: Simulator, work: Path, *, node: bool) -> Settings:
    return Settings(
        mode="all" if node else "controller",
        endpoint=f"unix://{work / 'csi.sock'}",
        cluster_id=_CLUSTER_ID,
        node_name=_NODE_NAME,
        kubelet_dir=str(work / "kubelet"),
        fabric=f"loop:{options.root / 'exports'}",
        http_address="127.0.0.1:0",
        grace_s=5,
        appliances=tomllib.loads(render_config(options, simulator))["appliances"],
    )


def _find_missing() -> str | None:
    if os.geteuid() != 0:
        return "this is not root"
    if not Path("/dev/loop-control").exists():
        return "there is no /dev/loop-control"
    lacking = [name for name in (*PROGRAMS, "losetup") if shutil.which(name, path=PATH) is None]
    if lacking:
        return f"{', '.join(lacking)} missing: apt-get install btrfs-progs e2fsprogs xfsprogs mount util-linux"
    return None


def _choose_file_system() -> str:
    """Choose ext4, or what can be grown while it is mounted with less than all of root's capabilities."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return "ext4" if int(status["CapEff"], 16) & _SYS_RESOURCE else "xfs"


async def _wait_ready(client: CsiClient) -> None:
    for _ in range(_READY_TRIES):
        if (await client.identity.probe(wire.ProbeRequest())).ready:
            return
        await asyncio.sleep(0.1)
    message = "the driver does not get ready"
    raise DemoFailedError(message)


async def _tidy(calls: Calls) -> None:
    """Leave no mount and no device behind after a failure."""
    for call in (calls.unpublish_from_pod, calls.unstage, calls.unpublish_from_node):
        with suppress(GRPCError):
            await call()
