"""The alert rules: Prometheus takes them, and each has its runbook. That they fire: tests/e2e/test_alerts.py."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from rds_csi_async.observability.catalogue import DEFINITIONS
from tests.chart.rendering import CHART, render
from tests.required_tools import find_tool

RULES = CHART / "files" / "alerts.yaml"
FIRED = 'count by (alertname) (last_over_time(ALERTS{alertstate="firing"}[2h]))'
RUNBOOKS = CHART.parents[1] / "docs" / "runbooks.md"
NAMES = re.compile(r"\b(?:rds_csi|rds_disk|rds_hardware)_\w+")
SUFFIXES = re.compile(r"_(?:bucket|sum|count)$")

TARGET = 'job="storage/rds-node",instance="192.0.2.31:9809"'
UP = {f"up{{{TARGET}}}": "1x60", f"rds_csi_build_info{{{TARGET}}}": "1x60"}
STALE, LOST = f"rds_csi_stale_mounts_detected_total{{{TARGET}", f"rds_csi_stale_recoveries_total{{{TARGET}"
REFUSED = f'rds_csi_grpc_requests_total{{method="/csi.v1.Node/NodeStageVolume",code="FAILED_PRECONDITION",{TARGET}'
HISTORIES: list[tuple[str, dict[str, str], set[str]]] = [
    ("a Prometheus that is new counts nothing of the past", {f"{STALE}}}": "3x60", f"{REFUSED}}}": "7x60"}, set()),
    ("a driver that starts anew begins at 0", {f"{STALE}}}": "3x20 0x40", f"{REFUSED}}}": "7x20 _x40"}, set()),
    ("the first answer of its kind", {f"{REFUSED}}}": "_x20 1x40"}, {"RdsCsiVolumeRefused"}),
    (
        "a new pod that found something before it was asked",
        {f'{STALE},pod="old"}}': "0x20", f'{STALE},pod="new"}}': "_x20 1x40"},
        {"RdsCsiStaleMounts"},
    ),
    (
        "a new target, by what comes after its first scrape",
        {f'{LOST},status="failure"}}': "1 2 3 3x50"},
        {"RdsCsiRecoveriesFailing"},
    ),
]


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


@pytest.mark.parametrize(("series", "fired"), [each[1:] for each in HISTORIES], ids=[each[0] for each in HISTORIES])
def test_beginnings_are_neither_missed_nor_made_up(series: dict[str, str], fired: set[str], tmp_path: Path) -> None:
    """Of a series, of a process, and of Prometheus itself, within the hour."""
    given = [{"series": name, "values": values} for name, values in {**UP, **series}.items()]
    expected = {"expr": FIRED, "eval_time": "60m", "exp_samples": []}
    tests = [{"interval": "1m", "input_series": given, "promql_expr_test": [expected]}]
    file = tmp_path / "test.json"  # which is YAML too
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run(  # noqa: S603 - found on PATH, fixed arguments
        [find_tool("promtool"), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert set(re.findall(r'alertname="(\w+)"', done.stdout + done.stderr)) == fired
    assert (done.returncode == 0) == (not fired), done.stderr  # it fails by what fired, or not at all
