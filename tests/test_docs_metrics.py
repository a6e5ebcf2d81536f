"""What the code counts, what the page says of it, and what a driver that runs shows are one and the same."""

import asyncio
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families as parse_text

from rds_csi_async.observability.appliance_catalogue import APPLIANCE_DEFINITIONS, MILLISECOND_GAUGES
from rds_csi_async.observability.catalogue import DEFINITIONS
from rds_csi_async.observability.definitions import Definition
from rds_csi_async.observability.exposition import Kind
from tests.observability.scrapes import parse_openmetrics
from tests.required_tools import find_tool
from tests.running_drivers import OPENMETRICS, TEXT, Running, create_volume, running, scrape

PAGE = Path(__file__).parents[1] / "docs" / "metrics.md"
ROW = re.compile(r"\| `(?P<name>[a-z0-9_]+)` \| (?P<kind>[a-z]+) \| (?P<labels>[^|]*) \| (?P<what>[^|]*) \|")
ALL = {one.name: one for one in (*DEFINITIONS, *MILLISECOND_GAUGES.values())}
OF_APPLIANCES = {one.name for one in (*APPLIANCE_DEFINITIONS, *MILLISECOND_GAUGES.values())}
LEFT_OUT = "rds_csi_volume_series_left_out_total"  # the one of them that has no appliance to tell of
TOOK_NO_PART = {"rds_csi_stale_mount_scan_last_success_timestamp_seconds"}  # of which a controller shows nothing


def documented() -> dict[str, tuple[str, tuple[str, ...], str]]:
    """Read the page: type, labels and meaning of each."""
    rows = [match for line in PAGE.read_text().splitlines() if (match := ROW.fullmatch(line))]
    names = [row["name"] for row in rows]
    assert len(set(names)) == len(names)
    return {row["name"]: (row["kind"], tuple(re.findall(r"`(\w+)`", row["labels"])), row["what"]) for row in rows}


def names_of(definition: Definition) -> set[str]:
    """Give the names under which samples of a family stand."""
    parts = ("_bucket", "_sum", "_count") if definition.kind is Kind.HISTOGRAM else ("",)
    return {definition.name + part for part in parts}


def shown(families: Iterable[Metric]) -> dict[str, set[tuple[str, ...]]]:
    """Give the samples' names, and with which labels, but for a bucket's bound."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for family in families:
        for sample in family.samples:
            found.setdefault(sample.name, set()).add(tuple(sorted(sample.labels.keys() - {"le"})))
    return found


def values(page: str) -> dict[str, float]:
    """Give the numbers, by the samples as they are written."""
    lines = (line.rpartition(" ") for line in page.splitlines() if not line.startswith("#"))
    return {sample: float(number) for sample, _, number in lines}


async def fill(drivers: Running) -> None:
    """Let everything be known that can be."""
    await create_volume(drivers.client)
    await drivers.until_shown(
        "\nrds_csi_volume_size_bytes{",
        '\nrds_csi_appliance_health_last_success_timestamp_seconds{appliance="mock",part="arrays"}',
    )


@pytest.fixture
async def drivers(tmp_path: Path) -> AsyncIterator[Running]:
    """Run a controller and a node, as they are by default."""
    async with running(tmp_path) as drivers:
        await fill(drivers)
        yield drivers


@pytest.fixture
def promtool() -> str:
    """Find Prometheus' own checker, or skip."""
    return find_tool("promtool")


def test_the_page_says_what_the_code_does() -> None:
    """Names, types, labels and the help texts; nothing else, and nothing twice."""
    assert documented() == {name: (one.kind.value, tuple(one.labels), one.help) for name, one in ALL.items()}


async def test_a_running_driver_shows_what_the_page_says(tmp_path: Path) -> None:
    """With everything switched on: all of it, with the labels that are promised, and nothing that is not."""
    async with running(tmp_path, "both") as drivers:
        await fill(drivers)
        pages = [await scrape(each.metrics_address) for each in (drivers.controller, drivers.node)]
    controller, node = (shown(parse_text(page)) for page in pages)
    promised = {name: {tuple(sorted(one.labels))} for one in ALL.values() for name in names_of(one)}
    assert {**node, **controller} == promised
    assert promised.keys() - controller.keys() == TOOK_NO_PART
    of_appliances = {name for one in OF_APPLIANCES for name in names_of(ALL[one])} - {LEFT_OUT}
    assert promised.keys() - node.keys() == of_appliances


async def test_prometheus_own_checker_finds_nothing_to_say(drivers: Running, promtool: str) -> None:
    """On a scrape of each of the two."""
    for each in (drivers.controller, drivers.node):
        page = (await scrape(each.metrics_address)).encode()
        done = await asyncio.to_thread(
            subprocess.run, [promtool, "check", "metrics"], input=page, capture_output=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


async def test_openmetrics_own_parser_reads_the_same(drivers: Running) -> None:
    """Of each of the two: all that the text has."""
    for each in (drivers.controller, drivers.node):
        openmetrics, text = [await scrape(each.metrics_address, accept) for accept in (OPENMETRICS, TEXT)]
        assert openmetrics.endswith("# EOF\n")
        assert shown(parse_openmetrics(openmetrics)) == shown(parse_text(text))


async def test_counters_begin_with_the_process_which_says_when(drivers: Running, tmp_path: Path) -> None:
    """The next one counts from 0, and shows a later start."""
    counted = 'rds_csi_volume_operations_total{operation="create",status="success"}'
    before = values(await scrape(drivers.controller.metrics_address))
    await asyncio.to_thread((tmp_path / "next").mkdir)
    async with running(tmp_path / "next") as others:
        after = values(await scrape(others.controller.metrics_address))
    assert (before[counted], after[counted]) == (1, 0)
    assert after["process_start_time_seconds"] > before["process_start_time_seconds"] > time.time() - 600
