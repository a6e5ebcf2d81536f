"""Each switch, thrown both ways, does what its comment says, and no more."""

from typing import Any

import pytest

from tests.chart.rendering import CHART, MONITORS, NAMESPACE, component_of, render

NONE = dict[str, Any]()
# Values that throw one switch, and the objects that are there with them and not without, or the other way round.
OBJECTS: list[tuple[dict[str, Any], set[str]]] = [
    ({"rbac.create": False}, {"ClusterRole", "ClusterRoleBinding"}),
    ({"storageCapacity.enabled": True}, {"Role", "RoleBinding"}),
    ({"controller.replicas": 2}, {"Role", "RoleBinding"}),
    ({"controller.podDisruptionBudget.enabled": False}, {"PodDisruptionBudget"}),
    ({"networkPolicy.enabled": False}, {"NetworkPolicy"}),
    ({"storageClasses.perPool": False, "test.storageClassName": "theirs"}, {"StorageClass"}),
    ({"metrics.serviceMonitor.force": True}, {"ServiceMonitor"}),
    ({"metrics.podMonitor.force": True}, {"PodMonitor"}),
    ({"metrics.alerts.force": True}, {"PrometheusRule"}),
]


def _kinds(values: dict[str, Any], **more: Any) -> set[str]:
    """Give the kinds that are rendered; the test's own come and go with it and are left out."""
    rendering = render("minimal", values=values, **more)
    return {each["kind"] for each in rendering.objects if "helm.sh/hook" not in each["metadata"].get("annotations", {})}


@pytest.mark.parametrize(("values", "kinds"), OBJECTS)
def test_a_switch_adds_or_removes_its_objects_alone(values: dict[str, Any], kinds: set[str]) -> None:
    """Nothing else comes or goes with them."""
    assert _kinds(NONE) ^ _kinds(values) == kinds


@pytest.mark.parametrize("component", ["controller", "node"])
def test_accounts_are_made_or_named(component: str) -> None:
    """Under the name that was given, or made from the release's."""
    values = {f"serviceAccounts.{component}.name": "theirs"}
    for create, name in ((True, "theirs"), (False, "theirs")):
        rendering = render("minimal", values={**values, f"serviceAccounts.{component}.create": create})
        assert rendering.pods[component]["spec"]["serviceAccountName"] == name
        assert (name in [each["metadata"]["name"] for each in rendering.list_kind("ServiceAccount")]) is create


@pytest.mark.parametrize(
    ("monitor", "api"), list(zip(("serviceMonitor", "podMonitor", "alerts"), MONITORS, strict=True))
)
def test_monitors_are_made_where_the_cluster_has_them(monitor: str, api: str) -> None:
    """Or where they are forced; and never where they are switched off."""
    kind = api.rpartition("/")[2]
    assert kind not in _kinds(NONE)
    assert kind in _kinds(NONE, api_versions=[api])
    assert kind in _kinds({f"metrics.{monitor}.force": True})
    off = {f"metrics.{monitor}.enabled": False, f"metrics.{monitor}.force": True}
    assert kind not in _kinds(off, api_versions=[api])


def test_the_dashboard_is_made_where_it_is_wanted() -> None:
    """With the label by which Grafana's sidecar finds it."""
    assert [each for each in render("minimal").list_kind("ConfigMap") if component_of(each) == "dashboard"] == []
    made = render("full").get_by_component("ConfigMap", "dashboard")
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert made["metadata"]["annotations"] == {"grafana_folder": "Storage"}
    assert made["data"]["rds-csi-async.json"] == (CHART / "files" / "dashboard.json").read_text().rstrip()


def test_replicas_elect_a_leader_or_need_none() -> None:
    """With more than one, each sidecar elects, and may write leases; a single one asks for no lease."""
    sidecars = ("provisioner", "attacher", "resizer")
    for replicas, elects in ((1, False), (2, True)):
        rendering = render("minimal", values={"controller.replicas": replicas})
        roles = [role for role in rendering.list_kind("Role") if component_of(role) == "controller"]
        resources = [resource for role in roles for rule in role["rules"] for resource in rule["resources"]]
        assert resources == (["leases"] if elects else [])
        for sidecar in sidecars:
            arguments = rendering.container("controller", sidecar)["args"]
            assert ("--leader-election" in arguments) is elects
            assert (f"--leader-election-namespace={NAMESPACE}" in arguments) is elects
        assert rendering.get_by_component("Deployment", "controller")["spec"]["strategy"] == {"type": "Recreate"}


def test_capacity_is_told_by_driver_and_sidecar_alike() -> None:
    """The object that promises it, the flag that does it, and the right to do it go together."""
    for enabled in (True, False):
        rendering = render("minimal", values={"storageCapacity.enabled": enabled})
        (driver,) = rendering.list_kind("CSIDriver")
        provisioner = rendering.container("controller", "provisioner")
        roles = [role for role in rendering.list_kind("Role") if "test" not in role["metadata"]["name"]]
        resources = {resource for role in roles for rule in role["rules"] for resource in rule["resources"]}
        assert driver["spec"]["storageCapacity"] is enabled
        assert ("--enable-capacity" in provisioner["args"]) is enabled
        assert resources == ({"csistoragecapacities", "pods", "replicasets"} if enabled else set())
        assert {each["name"] for each in provisioner.get("env", [])} == (
            {"POD_NAME", "NAMESPACE"} if enabled else set()
        )


def test_the_module_is_loaded_by_the_driver_or_by_an_init_container() -> None:
    """Which may do that and nothing else; without the host's modules neither mounts them."""
    init = render("minimal", values={"node.loadModule.initContainer": True}).container("node", "load-module")
    assert init["command"] == ["modprobe", "nvme-tcp"]
    assert init["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["SYS_MODULE"]}
    assert "initContainers" not in render("minimal").pods["node"]["spec"]
    for folder, mounted in (("/lib/modules", True), ("", False)):
        volumes = render("minimal", values={"node.modulesDir": folder}).pods["node"]["spec"]["volumes"]
        assert ("modules" in [volume["name"] for volume in volumes]) is mounted


def test_the_test_can_be_left_out() -> None:
    """With its pod, its account and its roles."""
    with_it, without = (render("minimal", values={"test.enabled": on}) for on in (True, False))
    hooks = [each for each in with_it.objects if "helm.sh/hook" in each["metadata"].get("annotations", {})]
    assert {each["kind"] for each in hooks} == {
        "Pod", "ConfigMap", "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding",
    }  # fmt: skip
    assert len(with_it.objects) - len(without.objects) == len(hooks)
    assert "test" not in without.pods


def test_classes_are_kept_by_an_uninstall_or_not() -> None:
    """Volumes name them; those of a trial always go."""
    policy = "helm.sh/resource-policy"
    for names, keep, kept in (("minimal", True, True), ("minimal", False, False), ("trial", True, False)):
        (each,) = render(names, values={"storageClasses.keep": keep}).list_kind("StorageClass")
        assert (each["metadata"].get("annotations", {}).get(policy) == "keep") is kept


def test_classes_say_how_file_systems_are_made() -> None:
    """As text, whatever the number: 1048576 must not become 1.048576e+06."""
    making = {"bytesPerInode": 1048576, "reservedPercent": 0, "discard": True}
    (each,) = render("minimal", values={"storageClassDefaults.making": making}).list_kind("StorageClass")
    said = {key: each["parameters"][key] for key in making}
    assert said == {"bytesPerInode": "1048576", "reservedPercent": "0", "discard": "true"}


def test_classes_say_how_connections_are_kept() -> None:
    """Beside what they say of file systems."""
    session = {"ioQueues": 4, "ctrlLossTimeoutSeconds": -1}
    values = {"storageClassDefaults.session": session, "storageClassDefaults.making": {"discard": True}}
    (each,) = render("minimal", values=values).list_kind("StorageClass")
    said = {key: each["parameters"][key] for key in (*session, "discard")}
    assert said == {"ioQueues": "4", "ctrlLossTimeoutSeconds": "-1", "discard": "true"}


def test_classes_say_what_the_values_say() -> None:
    """For each pool and by name; what is false in one stays false, whatever the default."""
    classes = {each["metadata"]["name"]: each for each in render("full").list_kind("StorageClass")}
    assert set(classes) == {"first-fast", "first-slow", "second-main", "rds-default", "rds-archive"}
    assert all(each["provisioner"] == "rds.example.org" for each in classes.values())
    default, archive, plain = classes["rds-default"], classes["rds-archive"], classes["second-main"]
    assert default["parameters"] == {"appliance": "first", "pool": "fast", "csi.storage.k8s.io/fstype": "xfs"}
    assert default["allowVolumeExpansion"] is False
    assert default["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
    assert (archive["reclaimPolicy"], archive["volumeBindingMode"]) == ("Retain", "WaitForFirstConsumer")
    assert (archive["mountOptions"], plain["mountOptions"]) == (["noatime", "discard"], ["noatime"])
    assert (plain["reclaimPolicy"], plain["allowVolumeExpansion"]) == ("Delete", True)
    assert "storageclass.kubernetes.io/is-default-class" not in plain["metadata"]["annotations"]


def test_the_policy_lets_the_controller_reach_its_appliances_alone() -> None:
    """An address is one host; a name could be any, so only its port is known."""
    policy = render("full").get_by_component("NetworkPolicy", "controller")["spec"]
    rules = [([port["port"] for port in rule["ports"]], rule.get("to")) for rule in policy["egress"]]
    assert rules == [
        ([53, 53], None),
        ([7443], None),
        ([2200], None),
        ([22], [{"ipBlock": {"cidr": "2001:db8::10/128"}}]),
    ]
    assert policy["ingress"][0]["from"][0]["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "monitoring"
    }
    plain = render("minimal").get_by_component("NetworkPolicy", "controller")["spec"]
    assert plain["egress"][-1]["to"] == [{"ipBlock": {"cidr": "192.0.2.10/32"}}]
    assert "from" not in plain["ingress"][0]


def test_a_trial_is_one_switch() -> None:
    """The simulator, its Secret and Service come with it, and the node attaches what it exports."""
    rendering = render("trial")
    assert set(rendering.pods) == {"controller", "node", "simulator", "test"}
    assert {each["metadata"]["name"] for each in rendering.list_kind("Secret")} == {"r-rds-csi-async-simulator"}
    for component in ("node", "simulator"):
        assert rendering.pods[component]["spec"]["nodeSelector"]["kubernetes.io/hostname"] == "worker-1"
    mounts = [
        (mount["mountPath"], volume["hostPath"]["path"])
        for component, name in (("node", "driver"), ("simulator", "simulator"))
        for mount in rendering.container(component, name)["volumeMounts"]
        for volume in rendering.pods[component]["spec"]["volumes"]
        if volume["name"] == mount["name"] and "simulator" in str(volume.get("hostPath"))
    ]
    assert mounts == [("/var/lib/rds-csi-simulator", "/var/lib/rds-csi-simulator")] * 2  # paths are told, so they agree
    assert "simulator" not in render("minimal").pods
