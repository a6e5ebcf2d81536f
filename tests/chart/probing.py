"""Asks the processes of a rendering as kubelet would: at the ports and paths of its probes."""

import contextlib
import socket
from typing import Any

import aiohttp

from tests.chart.local_pods import LocalPods
from tests.chart.rendering import Rendering

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on; each is held until the last is found."""
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in held]


def get_port(rendering: Rendering, component: str, name: str) -> int:
    """Give the number of a port that the driver's container names."""
    ports = {port["name"]: port["containerPort"] for port in rendering.container(component, "driver")["ports"]}
    return int(ports[name])


async def get_json(url: str) -> Any:
    """Give what is answered; None when nobody answers, or not yet well."""
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.json() if answer.ok else None
    except aiohttp.ClientConnectionError:
        return None


async def wait_ready(pods: LocalPods, *components: str) -> None:
    """Wait for these parts' drivers, probe after probe."""
    for component in components:
        for probe in PROBES:
            how = pods.rendering.container(component, "driver")[probe]["httpGet"]
            url = f"http://{HOST}:{get_port(pods.rendering, component, how['port'])}{how['path']}"

            async def is_well(url: str = url) -> bool:
                return await _status(url) == 200

            await pods.wait_until(is_well, component, "driver")


async def _status(url: str) -> int:
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status
    except aiohttp.ClientConnectionError:
        return 0
