"""The driver out of the image as the chart runs it, against csi-sanity from outside."""

import asyncio
import json
import os
from pathlib import Path

from rds_csi_async.host.process import DEBIAN_PACKAGES
from tests.chart.one_socket import one_socket
from tests.conformance.sanity import find_program
from tests.e2e.rig import Rig
from tests.image.building import Container
from tests.image.inside import WrongImageError


async def check_sanity(folder: Path, controller: Container, node: Container, arguments: list[str]) -> int:
    """Run csi-sanity for file systems and for block devices; give the worse exit status."""
    entry = ("rds-csi",)
    one = Rig(folder / "controller", mode="controller", program=controller.command(*entry))
    other = Rig(folder / "node", mode="node", program=node.command(*entry))
    await asyncio.to_thread(_make_folders, folder, controller.user)
    try:
        await one.start_simulator()
        await one.start_driver()
        await other.start_driver(config=str(one.config), fabric=f"loop:{one.appliance / 'exports'}")
        async with one_socket(folder / "csi.sock", one.socket, other.socket):
            statuses = [await _run(other, folder, access_type, arguments) for access_type in ("mount", "block")]
    finally:
        await one.stop()
        await other.stop()
    ran = await asyncio.to_thread(_list_programs, folder / "node" / "driver.log")
    print(f"programs that the node ran: {', '.join(sorted(ran))}")
    if ran - set(DEBIAN_PACKAGES) or not ran:
        message = f"the driver names no package for {sorted(ran - set(DEBIAN_PACKAGES))}"
        raise WrongImageError(message)
    if max(statuses):
        print((await asyncio.to_thread((folder / "node" / "driver.log").read_text))[-6000:])
    return max(statuses)


def _list_programs(log: Path) -> set[str]:
    """Give what the driver ran, by its own log, its own Python apart."""
    events = [str(json.loads(line)["event"]) for line in log.read_text().splitlines() if line.startswith("{")]
    words = {event.split()[1] for event in events if event.startswith("ran ")}
    return {word for word in words if not word.endswith("/bin/python3")}


def _make_folders(folder: Path, user: str) -> None:
    uid, gid = map(int, user.split(":"))
    (folder / "node" / "kubelet").mkdir(parents=True)
    (folder / "controller").mkdir()
    os.chown(folder / "controller", uid, gid)
    (folder / "parameters.yaml").write_text("appliance: mock\npool: pool1\n")


async def _run(node: Rig, folder: Path, access_type: str, arguments: list[str]) -> int:
    print(f"csi-sanity, volumes used as {access_type}", flush=True)
    sanity = await asyncio.create_subprocess_exec(
        find_program() or "csi-sanity",
        f"--csi.endpoint=unix://{folder / 'csi.sock'}",
        f"--csi.mountdir={node.kubelet / 'target'}",
        f"--csi.stagingdir={node.kubelet / 'staging'}",
        f"--csi.testvolumeparameters={folder / 'parameters.yaml'}",
        f"--csi.testvolumeaccesstype={access_type}",
        "--ginkgo.no-color",
        *arguments,
    )
    return await sanity.wait()
