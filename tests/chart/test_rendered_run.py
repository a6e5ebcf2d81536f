"""The rendered chart is run: what it says is what the program does."""

import asyncio
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.app.simulating import USER, SimulateOptions, make_simulator
from tests.chart.local_pods import LocalPods
from tests.chart.one_socket import one_socket
from tests.chart.probing import HOST, free_ports, wait_ready
from tests.chart.rendering import Rendering, render
from tests.conformance.sanity import find_program
from tests.required_tools import REQUIRE_TOOLS

pytestmark = pytest.mark.root
SANITY_S = 240.0


async def test_sockets_are_where_the_sidecars_are_told(pods: LocalPods) -> None:
    """Every probe has answered by then; each sidecar's arguments lead to a socket; and all end well when asked to."""
    seen = 0
    for component, pod in pods.rendering.pods.items():
        for container in pod["spec"]["containers"]:
            for word in container.get("args", ()):
                flag, _, path = word.partition("=")
                if flag == "--csi-address":
                    path = str(await asyncio.to_thread(pods.path_of, component, container["name"], path))
                if flag in {"--csi-address", "--kubelet-registration-path"}:
                    assert await asyncio.to_thread(Path(path).is_socket), word
                    seen += 1
    assert seen == 5
    assert set((await pods.stop()).values()) == {0}


async def test_each_process_has_what_its_security_context_leaves_it(pods: LocalPods) -> None:
    """The controller is 65532 and can do nothing more; the simulator is root without a capability."""
    seen = {}
    for name, process in pods.processes.items():
        if process.returncode is None:
            text = await asyncio.to_thread(Path(f"/proc/{process.pid}/status").read_text)
            facts = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
            seen[name] = (
                facts["Uid"].split()[1],
                facts["Groups"].split(),
                facts["CapBnd"].strip("0") == "",
                facts["NoNewPrivs"],
            )
    assert seen == {
        "simulator-simulator": ("0", [], True, "1"),
        "controller-driver": ("65532", [], True, "1"),
        "node-driver": ("0", seen["node-driver"][1], False, "0"),
    }


async def test_an_appliance_is_reached_with_what_its_secret_holds(folder: Path) -> None:
    """The ordinary installation: address, pool, and a Secret that somebody else has made."""
    options = SimulateOptions(folder / "appliance")
    async with await make_simulator(options) as simulator:
        key = await asyncio.to_thread(options.key_file.read_bytes)
        (pool,) = simulator.settings.pools
        values = {
            "appliances.rds.address": HOST,
            "appliances.rds.port": simulator.port,
            "appliances.rds.user": USER,
            "appliances.rds.pools.main": {"slot": pool.name, "fsUuid": pool.fs_uuid},
            "controller.httpPort": free_ports(1)[0],
        }
        secret = {"ssh-privatekey": key, "host-key": simulator.host_key_public.encode()}
        pods = LocalPods(await asyncio.to_thread(_render_minimal, values), folder, {}, {"rds-credentials": secret})
        try:
            await pods.start("controller", "driver")
            await wait_ready(pods, "controller")
        finally:
            await pods.stop()


def _render_minimal(values: dict[str, Any]) -> Rendering:
    return render("minimal", values=values)


@pytest.mark.parametrize("access_type", ["mount", "block"])
async def test_conformance(pods: LocalPods, folder: Path, access_type: str) -> None:
    """csi-sanity, against the sockets of both pods, with volumes used either way: nothing fails."""
    program = await asyncio.to_thread(_find_sanity)
    (each,) = pods.rendering.list_kind("StorageClass")
    wanted = {key: value for key, value in each["parameters"].items() if not key.startswith("csi.storage.k8s.io/")}
    parameters = folder / "parameters.json"  # JSON is YAML
    await asyncio.to_thread(parameters.write_text, json.dumps(wanted))
    sockets = [
        await asyncio.to_thread(pods.path_of, each, "driver", "/csi/csi.sock") for each in ("controller", "node")
    ]
    async with one_socket(folder / "csi.sock", *sockets):
        sanity = await asyncio.create_subprocess_exec(  # noqa: TID251 - a program of the test's own
            program,
            f"--csi.endpoint=unix://{folder / 'csi.sock'}",
            f"--csi.mountdir={folder / 'kubelet' / 'target'}",
            f"--csi.stagingdir={folder / 'kubelet' / 'staging'}",
            f"--csi.testvolumeparameters={parameters}",
            f"--csi.testvolumeaccesstype={access_type}",
            "--ginkgo.no-color",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(sanity.communicate(), SANITY_S)
    text = said.decode()
    assert sanity.returncode == 0, text[-6000:]
    ran = re.search(r"(\d+) Passed \| 0 Failed", text)
    assert ran is not None
    assert int(ran[1]) >= 57, text[-600:]  # as many as one process with both services passes


def _find_sanity() -> str:
    """Find csi-sanity, or skip; where it can be had and everything is required, its absence is a failure."""
    program = find_program()
    if program is None and os.environ.get(REQUIRE_TOOLS) and shutil.which("go"):  # noqa: TID251 - the run's switch
        pytest.fail("csi-sanity is required here and not found")
    if program is None:
        pytest.skip("csi-sanity is not found")
    return program
