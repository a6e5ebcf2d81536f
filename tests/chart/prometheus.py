"""A real Prometheus, and what it scrapes by the monitors of a rendering."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.chart.probing import HOST, free_ports, get_json, get_port
from tests.chart.rendering import Rendering


@asynccontextmanager
async def scraping(program: str, scrape_configs: list[dict[str, Any]], folder: Path) -> AsyncIterator[str]:
    """Run it as long as the context is open; give its address."""
    (port,) = free_ports(1)
    settings = folder / "prometheus.json"  # JSON is YAML
    await asyncio.to_thread(settings.write_text, json.dumps({"scrape_configs": scrape_configs}))
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - a program of the test's own
        program,
        f"--config.file={settings}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address={HOST}:{port}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield f"http://{HOST}:{port}"
    finally:
        process.terminate()
        await process.wait()


async def query(address: str, expression: str) -> list[dict[str, Any]]:
    """Ask it for the series of an expression now; none as long as it does not answer."""
    answer = await get_json(f"{address}/api/v1/query?{urlencode({'query': expression})}")
    return list(answer["data"]["result"]) if answer else []


def list_scrape_configs(rendering: Rendering) -> list[dict[str, Any]]:
    """Say what the operator would make of the two monitors, with the addresses that the processes have here."""
    (service_monitor,), (pod_monitor,) = rendering.list_kind("ServiceMonitor"), rendering.list_kind("PodMonitor")
    (service,) = [each for each in rendering.list_kind("Service") if "controller" in each["metadata"]["name"]]
    (endpoint,), (pod_endpoint,) = service_monitor["spec"]["endpoints"], pod_monitor["spec"]["podMetricsEndpoints"]
    (target,) = [each["targetPort"] for each in service["spec"]["ports"] if each["name"] == endpoint["port"]]
    named = (("controller", endpoint, target), ("node", pod_endpoint, pod_endpoint["port"]))
    return [
        {
            "job_name": component,
            "metrics_path": each["path"],
            "scrape_interval": each["interval"],
            "scrape_timeout": each["scrapeTimeout"],
            "static_configs": [{"targets": [f"{HOST}:{get_port(rendering, component, port)}"]}],
        }
        for component, each, port in named
    ]
