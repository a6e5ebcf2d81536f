"""Whatever an object refers to is there, and whatever is there is referred to."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.rendering import MONITORS, NAMESPACE, VALUES, Rendering, component_of, render

NAMES = [path.name.removesuffix("-values.yaml") for path in VALUES]
OF_THE_CLUSTER = {("ConfigMap", "kube-root-ca.crt")}  # every namespace has it
THEIRS = {  # what the values say that somebody else has made
    "minimal": {("Secret", "rds-credentials")},
    "capacity": {("Secret", "rds-credentials")},
    "bare": {("Secret", "rds-credentials"), ("ServiceAccount", "theirs")},
    "full": {("Secret", "first"), ("Secret", "second"), ("Secret", "registry")},
    "trial": set[tuple[str, str]](),
}
ALL = pytest.mark.parametrize("name", NAMES)


def _render(name: str) -> Rendering:
    return render(name, api_versions=MONITORS)


def _containers(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [*spec.get("initContainers", []), *spec["containers"]]


def _volume_references(volume: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "secret" in volume:
        yield "Secret", volume["secret"]["secretName"]
    sources = [*volume.get("projected", {}).get("sources", []), volume]
    yield from (("ConfigMap", source["configMap"]["name"]) for source in sources if "configMap" in source)


def _references(rendering: Rendering) -> Iterator[tuple[str, str]]:
    for pod in rendering.pods.values():
        spec = pod["spec"]
        if "serviceAccountName" in spec:
            yield "ServiceAccount", spec["serviceAccountName"]
        for secret in spec.get("imagePullSecrets", []):
            yield "Secret", secret["name"]
        for volume in spec.get("volumes", []):
            yield from _volume_references(volume)
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in rendering.list_kind(kind):
            yield binding["roleRef"]["kind"], binding["roleRef"]["name"]


@ALL
def test_references_lead_to_objects_and_objects_are_referred_to(name: str) -> None:
    """Accounts, Secrets, ConfigMaps and roles, in both directions."""
    rendering = _render(name)
    kinds = {"ServiceAccount", "Secret", "ConfigMap", "Role", "ClusterRole"}
    objects = [each for each in rendering.objects if component_of(each) != "dashboard"]  # Grafana finds it by its label
    there = {(each["kind"], each["metadata"]["name"]) for each in objects if each["kind"] in kinds}
    assert set(_references(rendering)) - OF_THE_CLUSTER - THEIRS[name] == there
    assert THEIRS[name] <= set(_references(rendering))


@ALL
def test_bindings_name_accounts_that_pods_use(name: str) -> None:
    """A permission for nobody is a permission for whoever comes to have the name."""
    rendering = _render(name)
    used = {pod["spec"].get("serviceAccountName") for pod in rendering.pods.values()}
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        for binding in rendering.list_kind(kind):
            assert [(one["namespace"], one["name"] in used) for one in binding["subjects"]] == [(NAMESPACE, True)]


@ALL
def test_mounts_have_volumes_and_volumes_are_mounted(name: str) -> None:
    """In each pod, and no container mounts two things at one place."""
    for pod in _render(name).pods.values():
        mounts = [(each["name"], mount) for each in _containers(pod["spec"]) for mount in each.get("volumeMounts", [])]
        assert {mount["name"] for _, mount in mounts} == {volume["name"] for volume in pod["spec"].get("volumes", [])}
        places = [(container, mount["mountPath"]) for container, mount in mounts]
        assert len(set(places)) == len(places)


@ALL
def test_ports_that_are_named_exist(name: str) -> None:
    """Of probes, of Services, of monitors and of the policy."""
    rendering = _render(name)
    for pod in rendering.pods.values():
        for container in _containers(pod["spec"]):
            ports = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                how = container.get(probe, {})
                assert {how[kind]["port"] for kind in ("httpGet", "tcpSocket") if kind in how} <= ports
    for service in rendering.list_kind("Service"):
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= _ports(
            _selected(rendering, service["spec"])
        )
    for monitor in rendering.list_kind("ServiceMonitor"):
        selected = monitor["spec"]["selector"]["matchLabels"].items()
        (service,) = [each for each in rendering.list_kind("Service") if selected <= each["metadata"]["labels"].items()]
        assert {each["port"] for each in monitor["spec"]["endpoints"]} <= {p["name"] for p in service["spec"]["ports"]}
    for monitor in rendering.list_kind("PodMonitor"):
        pod = _selected(rendering, {"selector": monitor["spec"]["selector"]["matchLabels"]})
        assert {each["port"] for each in monitor["spec"]["podMetricsEndpoints"]} <= _ports(pod)


def _selected(rendering: Rendering, spec: dict[str, Any]) -> dict[str, Any]:
    """Give the one pod that a selector selects."""
    wanted = spec["selector"].items()
    (pod,) = [each for each in rendering.pods.values() if wanted <= each["metadata"]["labels"].items()]
    return pod


def _ports(pod: dict[str, Any]) -> set[str]:
    return {port["name"] for container in pod["spec"]["containers"] for port in container.get("ports", [])}


@ALL
def test_selectors_select_their_own_pods_alone(name: str) -> None:
    """Workloads, budget and policy: each one part, and no other."""
    rendering = _render(name)
    owners = [("Deployment", "selector"), ("DaemonSet", "selector"), ("PodDisruptionBudget", "selector")]
    for kind, key in [*owners, ("NetworkPolicy", "podSelector")]:
        for each in rendering.list_kind(kind):
            pod = _selected(rendering, {"selector": each["spec"][key]["matchLabels"]})
            component = "app.kubernetes.io/component"
            assert pod["metadata"]["labels"][component] == each["metadata"]["labels"][component]


@ALL
def test_paths_that_arguments_name_are_mounted(name: str) -> None:
    """Files that a container is told of lie in a volume of its own pod."""
    for pod in _render(name).pods.values():
        for container in _containers(pod["spec"]):
            mounted = [mount["mountPath"] for mount in container.get("volumeMounts", [])]
            words = [*container.get("command", []), *container.get("args", [])]
            paths = [word.partition("=")[2] or word for word in words if not word.startswith("--kubelet-registration")]
            named = [path for path in paths if path.startswith("/")]
            assert [path for path in named if not any(f"{path}/".startswith(f"{each}/") for each in mounted)] == []


@ALL
def test_the_sidecars_find_the_drivers_socket(name: str) -> None:
    """The same volume at the same path, and the name by which kubelet knows it on the host."""
    rendering = _render(name)
    for component, count in (("controller", 3), ("node", 1)):
        socket = _settings_of(rendering, component)["endpoint"].removeprefix("unix://")
        folder, spec = socket.rpartition("/")[0], rendering.pods[component]["spec"]
        volumes = {m["name"] for c in spec["containers"] for m in c["volumeMounts"] if m["mountPath"] == folder}
        assert len(volumes) == 1
        sidecars = [each for each in spec["containers"] if f"--csi-address={socket}" in each["args"]]
        assert len(sidecars) == count
    spec = rendering.pods["node"]["spec"]
    (host,) = [volume["hostPath"]["path"] for volume in spec["volumes"] if volume["name"] in volumes]
    driver = rendering.list_kind("CSIDriver")[0]["metadata"]["name"]
    assert host == f"{_settings_of(rendering, 'node')['kubelet_dir']}/plugins/{driver}"
    arguments = rendering.container("node", "registrar")["args"]
    assert f"--kubelet-registration-path={host}/csi.sock" in arguments


def _settings_of(rendering: Rendering, component: str) -> dict[str, str]:
    """Read the settings' lines that are texts."""
    lines = rendering.get_by_component("ConfigMap", component)["data"]["rds-csi.toml"].split("\n\n")[0].splitlines()
    return {key: value.strip('"') for key, _, value in (line.partition(" = ") for line in lines)}
