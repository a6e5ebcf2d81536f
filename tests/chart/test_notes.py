"""The words after an installation: what to do next, with names that exist."""

import re

import pytest

from tests.chart.rendering import CHART, NAMESPACE, RELEASE, VALUES, render, run_helm, values_file

NAMES = [path.name.removesuffix("-values.yaml") for path in VALUES]


def _notes(name: str) -> str:
    arguments = ("--namespace", NAMESPACE, "--values", str(values_file(name)), "--dry-run=client")
    return run_helm("install", RELEASE, str(CHART), *arguments).partition("\nNOTES:\n")[2]


@pytest.mark.parametrize("name", NAMES)
def test_commands_name_what_there_is(name: str) -> None:
    """Deployments, Secrets, test pods and classes are those of the same rendering."""
    notes, rendering = _notes(name), render(name)
    (deployment,) = re.findall(r"logs deploy/(\S+) -c driver", notes)
    assert rendering.get("Deployment", deployment)
    secrets = set(re.findall(r"create secret generic (\S+)", notes))
    volumes = rendering.pods["controller"]["spec"]["volumes"]
    mounted = {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}
    assert secrets == (set() if name == "trial" else mounted)
    assert re.findall(r"logs (\S+-test)$", notes, re.MULTILINE) == [
        each["metadata"]["name"] for each in rendering.list_kind("Pod")
    ]
    classes = {each["metadata"]["name"] for each in rendering.list_kind("StorageClass")}
    assert {name.strip() for text in re.findall(r"storageClassName: (.*)", notes) for name in [text]} <= classes
    assert re.findall(r"^(\d)\. ", notes, re.MULTILINE) == (["1", "2"] if name == "bare" else ["1", "2", "3"])


def test_a_trial_is_called_one() -> None:
    """And what is real in it is said, and where its volumes can be used."""
    notes = _notes("trial")
    assert notes.startswith("THIS IS A TRIAL")
    assert "What is real in it" in notes
    assert "nodeSelector: {kubernetes.io/hostname: worker-1}" in notes
    assert "TRIAL" not in _notes("minimal")


def test_what_stays_is_said_where_it_stays() -> None:
    """Classes of a trial do not."""
    assert "StorageClasses stay" in _notes("minimal")
    assert "StorageClasses stay" not in _notes("trial")
