"""The alert rules: Prometheus takes them, and each has its runbook. That they fire: tests/e2e/test_alerts.py."""

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from rds_csi_async.observability.catalogue import DEFINITIONS
from tests.chart.rendering import CHART, render
from tests.required_tools import find_tool

RULES = CHART / "files" / "alerts.yaml"
RUNBOOKS = CHART.parents[1] / "docs" / "runbooks.md"
NAMES = re.compile(r"\b(?:rds_csi|rds_disk|rds_hardware)_\w+")
SUFFIXES = re.compile(r"_(?:bucket|sum|count)$")


def _list_rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def _sections() -> list[str]:
    return re.findall(r"^## (RdsCsi\w+)$", RUNBOOKS.read_text(), re.MULTILINE)


def test_prometheus_takes_the_rules() -> None:
    """By its own checker."""
    done = subprocess.run(  # noqa: S603 - found on PATH, fixed arguments
        [find_tool("promtool"), "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"SUCCESS: {len(_list_rules())} rules found" in done.stdout


def test_the_chart_renders_the_rules_as_they_are() -> None:
    """What is tested is what is installed, with the labels by which a Prometheus finds it."""
    values = {"metrics.alerts.force": True, "metrics.labels": {"release": "prometheus"}}
    (rule,) = render("minimal", values=values).list_kind("PrometheusRule")
    assert rule["spec"] == yaml.safe_load(RULES.read_text())
    assert rule["metadata"]["labels"]["release"] == "prometheus"


def test_each_alert_has_its_runbook_and_each_runbook_its_alert() -> None:
    """In the same order, and with the address that leads there."""
    rules = _list_rules()
    assert [rule["alert"] for rule in rules] == _sections()
    assert len(set(_sections())) == len(rules) > 0
    for rule in rules:
        assert rule["annotations"]["runbook_url"].endswith(f"/docs/runbooks.md#{rule['alert'].lower()}")


def test_each_alert_says_how_bad_it_is_and_what_happened() -> None:
    """In a sentence for the message, and one for who reads on."""
    for rule in _list_rules():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["description"].endswith(".")


def test_runbooks_say_the_same_four_things() -> None:
    """Whoever is woken finds them where they always are."""
    for section in re.split(r"^## ", RUNBOOKS.read_text(), flags=re.MULTILINE)[1:]:
        words = re.findall(r"^\*\*(\w[\w ]*)\.\*\*", section, re.MULTILINE)
        assert words == ["Means", "At stake", "Look at", "Do"], section.partition("\n")[0]


def test_the_rules_ask_for_what_the_driver_serves() -> None:
    """A name that nobody serves would keep its alert silent for ever."""
    served = {each.name for each in DEFINITIONS}
    asked = {SUFFIXES.sub("", name) for rule in _list_rules() for name in NAMES.findall(rule["expr"])}
    assert asked
    assert asked - served == set()


def test_the_runbooks_name_what_the_driver_serves() -> None:
    """Of metrics, and of the documents beside them."""
    served = {each.name for each in DEFINITIONS}
    page = RUNBOOKS.read_text()
    assert {SUFFIXES.sub("", name) for name in re.findall(r"`(rds_csi_\w+)", page)} - served == set()
    linked = [Path(RUNBOOKS.parent, target) for target in re.findall(r"\]\(([\w./-]+\.md)", page)]
    assert linked
    assert [each for each in linked if not each.exists()] == []
