"""Two releases in one cluster do not get into each other's way, once they are told what may be there only once."""

from typing import Any

import pytest

from tests.chart.rendering import MONITORS, NAMESPACE, Rendering, render

APPLIANCE: dict[str, Any] = {"address": "192.0.2.20", "secretName": "other", "pools": {}}
POOL = {"slot": "raid1", "fsUuid": "35e7406b-8020-5c93-8b40-feb1ad7fc3ad"}
# What docs/install.md says that a second release has to say otherwise.
OTHERWISE: dict[str, Any] = {
    "appliances": {"other": {**APPLIANCE, "pools": {"main": POOL}}},
    "driverName": "other.example.org",
    "node.httpPort": 9819,
    "clusterId": "another-id",
}


def _render(namespace: str) -> tuple[Rendering, Rendering]:
    first = render("minimal", api_versions=MONITORS)
    other = render(values=OTHERWISE, api_versions=MONITORS, release="b", namespace=namespace)
    return first, other


def _names(rendering: Rendering) -> set[tuple[str, str, str]]:
    return {
        (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"]) for each in rendering.objects
    }


@pytest.mark.parametrize("namespace", [NAMESPACE, "elsewhere"])
def test_no_object_is_made_twice(namespace: str) -> None:
    """Neither in one namespace, nor cluster-wide from two."""
    first, other = _render(namespace)
    assert _names(first) & _names(other) == set()


def test_the_same_release_name_in_two_namespaces_is_fine() -> None:
    """Cluster-wide names bear the namespace."""
    other = render(values=OTHERWISE, api_versions=MONITORS, namespace="elsewhere")
    assert _names(render("minimal", api_versions=MONITORS)) & _names(other) == set()


def test_selectors_do_not_reach_across() -> None:
    """In one namespace each Service, budget, policy and monitor means its own pods."""
    first, other = _render(NAMESPACE)
    for kind in ("Service", "NetworkPolicy", "PodDisruptionBudget", "ServiceMonitor", "PodMonitor"):
        for each in first.list_kind(kind):
            spec = each["spec"].get("selector", each["spec"].get("podSelector"))
            wanted = spec.get("matchLabels", spec).items()
            pods = [*other.pods.values(), *other.list_kind("Service")]
            assert [pod for pod in pods if wanted <= pod["metadata"]["labels"].items()] == []


def test_what_is_of_the_node_is_not_shared() -> None:
    """The port on the node's own network, and the folders of kubelet's that are written."""
    ports, folders = [], []
    for rendering in _render(NAMESPACE):
        ports += [port["hostPort"] for port in rendering.container("node", "driver")["ports"]]
        volumes = {volume["name"]: volume for volume in rendering.pods["node"]["spec"]["volumes"]}
        folders.append(volumes["plugin"]["hostPath"]["path"])
    assert len(set(ports)) == len(ports) == 2
    assert len(set(folders)) == 2
