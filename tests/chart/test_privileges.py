"""Who may do what: the least that the work can be done with."""

from typing import Any

import pytest

from tests.chart.rendering import VALUES, component_of, render

NAMES = [path.name.removesuffix("-values.yaml") for path in VALUES]
SIDECARS = ("provisioner", "attacher", "resizer")
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - where it lies
READ = {"get", "list", "watch"}
POSTING = [(["events"], ["create", "patch"]), (["persistentvolumeclaims"], ["get"])]  # what `cluster.kubernetes` asks
# What the sidecars call (external-provisioner 6, -attacher 4, -resizer 2: their own rbac.yaml), less snapshots,
# attribute classes and pods, of which this driver claims and this chart asks nothing, and less what they only claim.
CLUSTERWIDE = {
    "persistentvolumes": READ | {"create", "patch", "delete"},
    "persistentvolumeclaims": READ | {"update"},
    "persistentvolumeclaims/status": {"patch"},
    "events": {"create", "patch"},
    "storageclasses": READ,
    "csinodes": READ,
    "nodes": READ,
    "volumeattachments": READ | {"patch"},
    "volumeattachments/status": {"patch"},
}


def _containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [*spec.get("initContainers", []), *spec["containers"]]


def test_the_sidecars_may_do_what_they_call_and_no_more() -> None:
    """No Secret, no pod; no star; and nodes are seen only for the sake of capacities."""
    for capacity, unused in ((True, set[str]()), (False, {"nodes"})):
        rendering = render("minimal", values={"storageCapacity.enabled": capacity})
        rules = rendering.get_by_component("ClusterRole", "controller")["rules"]
        allowed = {name: set(rule["verbs"]) for rule in rules for name in rule["resources"]}
        assert allowed == {name: verbs for name, verbs in CLUSTERWIDE.items() if name not in unused}


@pytest.mark.parametrize("name", NAMES)
def test_nobody_reads_secrets_or_asks_for_everything(name: str) -> None:
    """So no sidecar gets another volume's Secret: it could read none."""
    rendering = render(name)
    roles = [*rendering.list_kind("Role"), *rendering.list_kind("ClusterRole")]
    for rule in (rule for role in roles for rule in role["rules"]):
        assert "secrets" not in rule["resources"]
        assert "*" not in [*rule["resources"], *rule["verbs"], *rule["apiGroups"]]


@pytest.mark.parametrize("name", NAMES)
def test_a_node_may_post_events_and_no_more(name: str) -> None:
    """To find the claim that one is about it reads that claim; without events it may do nothing."""
    for enabled in (True, False):
        rendering = render(name, values={"events.enabled": enabled})
        roles = [each for kind in ("Role", "ClusterRole") for each in rendering.list_kind(kind)]
        bound = [each for kind in ("RoleBinding", "ClusterRoleBinding") for each in rendering.list_kind(kind)]
        rules = [rule for role in roles if component_of(role) == "node" for rule in role["rules"]]
        made = enabled and name != "bare"  # there no role is made at all
        assert [(rule["resources"], rule["verbs"]) for rule in rules] == (POSTING if made else [])
        assert [component_of(each) for each in bound].count("node") == int(made)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("enabled", [True, False])
def test_only_who_asks_the_api_holds_a_token(name: str, *, enabled: bool) -> None:
    """The sidecars, and where events are posted the driver; else it talks to appliances, and the node to nobody."""
    pods = render(name, values={"events.enabled": enabled}).pods
    holders = [
        (component, container["name"])
        for component, pod in pods.items()
        for container in _containers(pod["spec"])
        if pod["spec"].get("automountServiceAccountToken", True)
        or TOKEN in [mount["mountPath"] for mount in container.get("volumeMounts", [])]
    ]
    drivers = [("controller", "driver"), ("node", "driver")] if enabled else []
    sidecars = [("controller", each) for each in SIDECARS]
    assert sorted(holders) == sorted([*drivers, *sidecars, *([("test", "test")] if "test" in pods else [])])


@pytest.mark.parametrize("name", NAMES)
def test_everything_but_the_nodes_driver_is_confined(name: str) -> None:
    """No capability, no way to more, no writing to its own root, and the runtime's seccomp profile."""
    for component, pod in render(name).pods.items():
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in _containers(pod["spec"]):
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True
            if (component, container["name"]) == ("node", "driver"):
                continue
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"]["drop"] == ["ALL"]
            assert "privileged" not in context


@pytest.mark.parametrize("name", NAMES)
def test_the_controller_is_no_root(name: str) -> None:
    """Nor is any of its sidecars."""
    spec = render(name).pods["controller"]["spec"]
    assert (spec["securityContext"]["runAsNonRoot"], spec["securityContext"]["runAsUser"]) == (True, 65532)
    assert "hostNetwork" not in spec
    assert [volume for volume in spec["volumes"] if "hostPath" in volume] == []


def test_the_node_has_what_mounting_and_connecting_need() -> None:
    """The host's network, devices and kubelet's folder, with mounts that the host sees."""
    rendering = render("minimal")
    driver = rendering.container("node", "driver")
    assert rendering.pods["node"]["spec"]["hostNetwork"] is True
    assert driver["securityContext"]["privileged"] is True
    mounts = {mount["mountPath"]: mount for mount in driver["volumeMounts"]}
    assert mounts["/var/lib/kubelet"]["mountPropagation"] == "Bidirectional"
    assert {"/dev", "/sys", "/lib/modules"} <= set(mounts)
    assert mounts["/lib/modules"]["readOnly"] is True


@pytest.mark.parametrize("name", NAMES)
def test_only_who_needs_it_sees_the_host(name: str) -> None:
    """The node's parts and the simulator; the registrar sees two of kubelet's folders."""
    for component, pod in render(name).pods.items():
        hosts = [volume["hostPath"]["path"] for volume in pod["spec"].get("volumes", []) if "hostPath" in volume]
        if component == "simulator":
            assert hosts == ["/var/lib/rds-csi-simulator"]
        elif component != "node":
            assert hosts == []
    registrar = render(name).container("node", "registrar")
    assert {mount["name"] for mount in registrar["volumeMounts"]} == {"plugin", "registration"}


def test_credentials_come_from_a_secret_file_by_file() -> None:
    """Only what the settings name is mounted, readable to the group that the driver runs in."""
    volumes = {volume["name"]: volume for volume in render("full").pods["controller"]["spec"]["volumes"]}
    first, second = volumes["appliance-first"]["secret"], volumes["appliance-second"]["secret"]
    assert {item["key"]: item["path"] for item in first["items"]} == {"key": "private-key", "host": "host-key"}
    assert {item["key"]: item["path"] for item in second["items"]} == {"password": "password", "host-key": "host-key"}
    assert {first["defaultMode"], second["defaultMode"]} == {0o440}
