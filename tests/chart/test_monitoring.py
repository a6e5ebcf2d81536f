"""What people look at shows something: each query of the dashboard and each selector of an alert, in a real Prometheus.

It scrapes controller and node of a trial, in which volumes live and are refused what they may not have.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.host.polling import poll
from rds_csi_async.observability.catalogue import DEFINITIONS
from tests.chart.graphs import PANELS
from tests.chart.local_pods import LocalPods
from tests.chart.one_socket import one_socket
from tests.chart.prometheus import list_scrape_configs, query, scraping
from tests.chart.rendering import CHART
from tests.e2e.calls import VolumeCalls
from tests.required_tools import find_tool

DASHBOARD: dict[str, Any] = json.loads((CHART / "files" / "dashboard.json").read_text())
ALERTS = (CHART / "files" / "alerts.yaml").read_text()
DOCS = CHART.parents[1] / "docs"
HAPPENS_S = 120.0
LIFE = ("create", "open", "stage", "publish", "measure", "unpublish", "unstage", "close", "delete")
SELECTOR = re.compile(r"\b(?:rds_\w+|up\b|process_\w+)(?:\{[^}]*\})?")
FOR_A_PERSON = {"$__rate_interval": "5m", "$job": ".*", "$instance": ".*"}  # as Grafana fills them in


class Huge(VolumeCalls):
    """One for which no pool of a trial has the room."""

    @property
    def size_bytes(self) -> int:
        """The size that it is to have."""
        return 1 << 42


def list_queries() -> list[str]:
    """List the dashboard's, as they reach Prometheus."""
    return [_filled(target["expr"]) for panel in DASHBOARD["panels"] for target in panel.get("targets", ())]


def list_selectors() -> list[str]:
    """List what the alerts look at."""
    rules = [rule for group in yaml.safe_load(ALERTS)["groups"] for rule in group["rules"]]
    return sorted({selector for rule in rules for selector in SELECTOR.findall(rule["expr"])})


def _filled(expression: str) -> str:
    for name, value in FOR_A_PERSON.items():
        expression = expression.replace(name, value)
    return expression


def test_the_dashboard_asks_for_what_is_served() -> None:
    """By each panel; and every variable has its values from there too."""
    served = {each.name for each in DEFINITIONS}
    queries = [*list_queries(), *(each["query"]["query"] for each in DASHBOARD["templating"]["list"][1:])]
    names = {re.sub(r"_bucket$", "", name) for each in queries for name in re.findall(r"\b(?:rds|process)_\w+", each)}
    assert len(names) > 30
    assert names - served == set()


def test_panels_have_their_places() -> None:
    """None lies on another, each says what it shows, and what it takes its numbers from can be chosen."""
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [cell for panel in panels for cell in _cells(panel["gridPos"])]
    assert len(set(cells)) == len(cells)
    assert max(column for column, _ in cells) < 24
    for panel in panels:
        if panel["type"] != "row":
            assert panel["description"].endswith(".")
            assert {each["datasource"]["uid"] for each in panel["targets"]} == {"${datasource}"}
            assert all('job=~"$job",instance=~"$instance"' in each["expr"] for each in panel["targets"])


def _cells(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    for column in range(place["x"], place["x"] + place["w"]):
        for line in range(place["y"], place["y"] + place["h"]):
            yield column, line


def test_the_pictures_are_of_panels_that_there_are() -> None:
    """Each of which is shown in the documents."""
    titles = {panel["title"] for panel in DASHBOARD["panels"]}
    assert set(PANELS.values()) <= titles
    page = (DOCS / "metrics.md").read_text()
    assert set(re.findall(r"\(graphs/([\w-]+)\.png\)", page)) == set(PANELS)
    assert {each.name for each in (DOCS / "graphs").iterdir()} == {f"{name}.png" for name in PANELS}


@pytest.fixture
def program() -> str:
    """Find Prometheus before anything is started."""
    return find_tool("prometheus")


@pytest.fixture
async def client(program: str, pods: LocalPods, folder: Path) -> AsyncIterator[CsiClient]:
    """Talk to the controller and the node of a trial as to one driver."""
    assert program
    sockets = [
        await asyncio.to_thread(pods.path_of, part, "driver", "/csi/csi.sock") for part in ("controller", "node")
    ]
    async with one_socket(folder / "csi.sock", *sockets), connect(folder / "csi.sock") as client:
        yield client


@pytest.mark.root
async def test_each_query_finds_something(program: str, pods: LocalPods, client: CsiClient, folder: Path) -> None:
    """Once there is something to be found."""
    async with scraping(program, list_scrape_configs(pods.rendering), folder) as address:
        twice = "count_over_time(rds_csi_build_info[1h]) >= 2"  # before anything happens, or no increase could be seen
        assert len(await _ask_until_answered(address, twice, count=2)) == 2
        await _live(client, folder)
        queries = [*list_queries(), *list_selectors()]
        found = await asyncio.gather(*(_ask_until_answered(address, each) for each in queries))
    assert [each for each, series in zip(queries, found, strict=True) if not series] == []
    assert len(queries) > 60


async def _ask_until_answered(address: str, expression: str, count: int = 1) -> list[dict[str, Any]]:
    return await poll(lambda: query(address, expression), until=lambda seen: len(seen) >= count, timeout_s=HAPPENS_S)


async def _live(client: CsiClient, folder: Path) -> None:
    """Let a volume live its life, and others be refused in each way that an alert is about."""
    volume, held, lost = (VolumeCalls(folder / "kubelet") for _ in range(3))
    await asyncio.to_thread(volume.prepare)
    for step in LIFE:
        await getattr(volume, step)(client)
    await _ensure(Status.RESOURCE_EXHAUSTED, Huge(folder / "kubelet").create(client))
    for each in (held, lost):
        await each.create(client)
        await each.open(client)
    held.node_name = "worker-2"
    await _ensure(Status.FAILED_PRECONDITION, held.open(client))
    await asyncio.to_thread(lost.prepare)
    export = folder / "host" / "exports" / f"{quote(lost.context['nqn'], safe=':')}.json"
    await asyncio.to_thread(export.unlink)
    await _ensure(Status.UNAVAILABLE, lost.stage(client))


async def _ensure(status: Status, call: Awaitable[object]) -> None:
    with pytest.raises(GRPCError) as refused:
        await call
    assert refused.value.status is status
