"""Whatever the values, what is rendered is what the API would take."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.chart.rendering import CHART, MONITORS, VALUES, lint, render

NAMES = [path.name.removesuffix("-values.yaml") for path in VALUES]
NEWEST = int(kubernetes_validate.latest_version().split(".")[1])
MINORS = [f"1.{minor}" for minor in range(NEWEST - 2, NEWEST + 1)]
SCHEMAS = Path(__file__).parent / "schemas"


def _validate(each: dict[str, Any], minor: str) -> None:
    own = SCHEMAS / f"{each['kind']}.json"
    if own.exists():
        jsonschema.validate(each, json.loads(own.read_text()))
    else:
        kubernetes_validate.validate(each, minor, strict=True)


def test_the_values_files_are_looked_at() -> None:
    """A moved folder must not make all this empty, and so true."""
    assert NAMES == ["bare", "capacity", "full", "minimal", "trial"]
    assert NEWEST >= 37


@pytest.mark.parametrize("name", NAMES)
def test_lint_finds_no_fault(name: str) -> None:
    """Strictly, so that a warning is one."""
    assert "0 chart(s) failed" in lint(name)


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("name", NAMES)
def test_every_object_is_valid(name: str, minor: str) -> None:
    """Each kind by its schema of that minor, the operator's by ours; a field that is unknown is refused."""
    rendering = render(name, kube_version=f"{minor}.0", api_versions=MONITORS)
    for each in rendering.objects:
        _validate(each, minor)


def test_the_schemas_refuse_what_is_wrong() -> None:
    """Or valid would mean nothing."""
    rendering = render("full")
    for kind in ("Deployment", "ServiceMonitor", "PodMonitor", "PrometheusRule"):
        each = rendering.list_kind(kind)[0]
        with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
            _validate({**each, "spec": {**each["spec"], "misspelt": 1}}, MINORS[-1])


@pytest.mark.parametrize("name", NAMES)
def test_names_are_not_used_twice(name: str) -> None:
    """The second would overwrite the first."""
    names = [(each["kind"], each["metadata"]["name"]) for each in render(name).objects]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("name", NAMES)
def test_objects_say_where_they_belong(name: str) -> None:
    """To the release's namespace, or to none; and each bears the release's labels."""
    clusterwide = {"ClusterRole", "ClusterRoleBinding", "CSIDriver", "StorageClass"}
    for each in render(name).objects:
        expected = None if each["kind"] in clusterwide else "storage"
        assert each["metadata"].get("namespace") == expected
        assert each["metadata"]["labels"]["app.kubernetes.io/instance"] == "r"


def test_the_driver_says_the_version_of_the_chart() -> None:
    """One release, one number: the image's tag is the driver's version."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = (CHART.parents[1] / "pyproject.toml").read_text()
    assert f'version = "{chart["appVersion"]}"' in project
    assert render("minimal").container("controller", "driver")["image"].endswith(f":{chart['appVersion']}")
