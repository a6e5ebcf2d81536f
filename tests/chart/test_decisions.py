"""What was decided once, with its reason beside it in the templates, and is not to change unseen."""

from typing import Any

import pytest

from tests.chart.rendering import VALUES, render

NAMES = [path.name.removesuffix("-values.yaml") for path in VALUES]


@pytest.mark.parametrize("name", NAMES)
def test_what_kubernetes_is_told_of_the_driver(name: str) -> None:
    """It attaches, asks nothing of pods, lets owners be set, and takes SELinux labels as a mount option."""
    (driver,) = render(name).list_kind("CSIDriver")
    expected: dict[str, Any] = {
        "attachRequired": True,
        "podInfoOnMount": False,
        "fsGroupPolicy": "File",
        "seLinuxMount": True,
        "storageCapacity": name == "capacity",
        "requiresRepublish": False,
        "volumeLifecycleModes": ["Persistent"],
    }
    assert driver["spec"] == expected


@pytest.mark.parametrize("name", NAMES)
def test_no_services_variables_reach_a_pod(name: str) -> None:
    """A Service called rds-csi-mode would be the driver's setting."""
    assert [pod["spec"]["enableServiceLinks"] for pod in render(name).pods.values() if "driver" in str(pod)] != []
    assert not any(pod["spec"]["enableServiceLinks"] for pod in render(name).pods.values())


def test_a_drain_is_never_blocked_and_metrics_never_hidden() -> None:
    """By a single replica, or by one whose appliance is away."""
    rendering = render("minimal")
    budget = rendering.get_by_component("PodDisruptionBudget", "controller")["spec"]
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
    assert rendering.get_by_component("Service", "controller")["spec"]["publishNotReadyAddresses"] is True


def test_pods_go_before_others_and_follow_their_settings() -> None:
    """Priority by the cluster's own classes; a changed setting makes a new pod of that part alone."""
    before, after = render("minimal"), render("minimal", values={"appliances.rds.port": 2222})
    classes = {name: pod["spec"].get("priorityClassName") for name, pod in before.pods.items()}
    assert (classes["controller"], classes["node"]) == ("system-cluster-critical", "system-node-critical")
    sums = [
        [each.pods[component]["metadata"]["annotations"]["checksum/config"] for component in ("controller", "node")]
        for each in (before, after)
    ]
    assert sums[0][0] != sums[1][0]
    assert sums[0][1] == sums[1][1]


def test_probes_are_the_drivers_own() -> None:
    """Life by /healthz, readiness by /readyz; a start has a minute, and so has a loop that hangs."""
    for component in ("controller", "node"):
        driver = render("minimal").container(component, "driver")
        paths = [driver[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")]
        assert paths == ["/healthz", "/healthz", "/readyz"]
        for kind in ("startup", "liveness"):
            assert driver[f"{kind}Probe"]["periodSeconds"] * driver[f"{kind}Probe"]["failureThreshold"] == 60


def test_nodes_are_upgraded_as_many_at_once_as_is_said() -> None:
    """Volumes stay mounted meanwhile."""
    for value in ("10%", 3):
        daemons = render("minimal", values={"node.maxUnavailable": value}).get_by_component("DaemonSet", "node")
        assert daemons["spec"]["updateStrategy"]["rollingUpdate"] == {"maxUnavailable": value}


def test_no_pod_of_the_cluster_is_watched_for_growing_volumes() -> None:
    """They grow while they are in use, so the resizer need not know who uses them."""
    assert "--handle-volume-inuse-error=false" in render("minimal").container("controller", "resizer")["args"]
