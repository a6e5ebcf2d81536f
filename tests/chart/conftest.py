"""A trial, rendered and run."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chart.local_pods import LocalPods
from tests.chart.probing import HOST, free_ports, wait_ready
from tests.chart.rendering import Rendering, render
from tests.host.loop_devices import clean_up


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a folder that others than root may enter, with a short name: sockets are to lie in it."""
    path = Path(tempfile.mkdtemp(prefix="chart-"))
    path.chmod(0o755)
    yield path
    clean_up(path)
    shutil.rmtree(path)


@pytest.fixture
def more_values() -> dict[str, Any]:
    """Give what a test wants otherwise, by parametrizing this name."""
    return {}


@pytest.fixture
def trial(folder: Path, more_values: dict[str, Any]) -> Rendering:
    """Render a trial whose host folders are here."""
    (folder / "kubelet" / "plugins_registry").mkdir(parents=True)
    controller_port, node_port = free_ports(2)
    values = {
        "kubeletDir": str(folder / "kubelet"),
        "simulator.hostDir": str(folder / "host"),
        "controller.replicas": 2,  # so that the sidecars elect a leader
        "controller.httpPort": controller_port,
        "node.httpPort": node_port,
        "metrics.interval": "1s",
        "metrics.scrapeTimeout": "1s",
        "metrics.serviceMonitor.force": True,
        "metrics.podMonitor.force": True,
    }
    return render("trial", values=values | more_values)


@pytest.fixture
async def pods(trial: Rendering, folder: Path) -> AsyncIterator[LocalPods]:
    """Run all of a trial, in the order in which a cluster would have it come to be."""
    service = trial.get_by_component("Service", "simulator")["metadata"]
    (port,) = free_ports(1)
    names = {
        f"{service['name']}.{service['namespace']}.svc": HOST,
        "--port=2222": f"--port={port}",
        "port = 2222\n": f"port = {port}\n",
    }
    pods = LocalPods(trial, folder, names)
    try:
        await pods.start("simulator", "simulator")
        await pods.run("controller", "host-key")
        await pods.start("controller", "driver")
        await pods.start("node", "driver")
        await wait_ready(pods, "controller", "node")
        yield pods
    finally:
        await pods.stop()
