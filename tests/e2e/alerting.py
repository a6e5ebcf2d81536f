"""What a driver serves while something goes wrong, as Prometheus would keep it, put before the chart's alert rules.

Each look becomes a minute of series for `promtool test rules`: the first one is held for long, as of a driver that has
run for a while, and the last one too.
"""

import asyncio
import json
import re
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from grpclib.exceptions import GRPCError
from prometheus_client.parser import text_string_to_metric_families

from rds_csi_async.csi.client import CsiClient
from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.host.polling import poll
from rds_csi_async.observability.http import fetch_text
from tests.e2e.rig import Rig

RULES = Path(__file__).resolve().parents[2] / "charts" / "rds-csi-async" / "files" / "alerts.yaml"
TARGET = {"namespace": "storage", "job": "storage/rds", "instance": "192.0.2.31:9809"}
TIMES = 3  # as often as most alerts want to see a thing
BEFORE = AFTER = 20  # minutes
_FIRED = 'count by (alertname) (last_over_time(ALERTS{alertstate="firing"}[2h]))'
_LARGEST_BYTES = 1 << 24
HAPPENS_S = 60.0


@dataclass
class Watched:
    """The looks at a rig's driver so far: what it served, by series; nothing when it was down."""

    rig: Rig
    looks: list[dict[str, float]] = field(default_factory=list)

    async def look(self, minutes: int = 1) -> None:
        """Scrape it; what is seen holds for so long."""
        self.looks += [await self._scrape()] * minutes

    async def wait_for(self, holds: Callable[[float], bool], name: str, **labels: str) -> None:
        """Wait until it holds of what the driver serves under a name, and keep the look that shows it."""
        series = _series(name, labels)
        seen = await poll(self._scrape, until=lambda seen: series in seen and holds(seen[series]), timeout_s=HAPPENS_S)
        assert holds(seen[series])
        self.looks.append(seen)

    async def _scrape(self) -> dict[str, float]:
        address = await asyncio.to_thread(lambda: self.rig.metrics_address)
        try:
            text = await fetch_text(f"http://{address}/metrics", 10, _LARGEST_BYTES)
        except UnreachableError:
            return {_series("up", {}): 0.0}
        families = text_string_to_metric_families(text)
        seen = {_series(each.name, each.labels): each.value for family in families for each in family.samples}
        return {**seen, _series("up", {}): 1.0}

    def list_fired(self, promtool: str) -> set[str]:
        """List the alerts that fire at some time from the first look on. Blocks."""
        looks = [*self.looks[:1] * BEFORE, *self.looks, *self.looks[-1:] * AFTER]
        file = self.rig.folder / "alerts.test.json"  # which is YAML too
        file.write_text(json.dumps(_make_test(looks)))
        done = subprocess.run(  # noqa: S603 - found on PATH, fixed arguments
            [promtool, "test", "rules", str(file)], capture_output=True, text=True, check=False, timeout=60
        )
        fired = set(re.findall(r'alertname="(\w+)"', done.stdout + done.stderr))
        assert (done.returncode == 0) == (not fired), done.stdout + done.stderr  # it fails by what fired, or not at all
        return fired


async def list_fired(watched: Watched, promtool: str) -> set[str]:
    """List the alerts that fired, from a test."""
    return await asyncio.to_thread(watched.list_fired, promtool)


async def repeat(watched: Watched, call: Callable[[CsiClient], Awaitable[None]], times: int = TIMES) -> None:
    """Make a call that fails again and again, as an orchestrator does; look after each."""
    async with watched.rig.client() as client:
        for _ in range(times):
            with pytest.raises(GRPCError):
                await call(client)
            await watched.look()


def _make_test(looks: list[dict[str, float]]) -> dict[str, Any]:
    """Expect that nothing fires, so that promtool says what does."""
    names = sorted({name for look in looks for name in look})
    values = {name: " ".join(repr(look[name]) if name in look else "_" for look in looks) for name in names}
    expected = {"expr": _FIRED, "eval_time": f"{len(looks)}m", "exp_samples": []}
    series = [{"series": name, "values": text} for name, text in values.items()]
    tests = [{"interval": "1m", "input_series": series, "promql_expr_test": [expected]}]
    return {"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}


def _series(name: str, labels: dict[str, str]) -> str:
    shown = ",".join(f"{label}={json.dumps(value)}" for label, value in sorted({**labels, **TARGET}.items()))
    return f"{name}{{{shown}}}"
