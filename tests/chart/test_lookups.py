"""What the chart learns of a cluster, it learns right: its id, what is there already, what it can take."""

from typing import Any

import pytest

from tests.chart.fake_api import OPERATORS, FakeApi
from tests.chart.rendering import NAMESPACE, RELEASE, Rendering, RenderingError, render

UID = "6b1d8a52-32f1-4c53-8f0e-5d0f5a6f8a11"
NAME = f"{RELEASE}-rds-csi-async"
KUBE_SYSTEM: dict[str, Any] = {
    "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kube-system", "uid": UID},
}  # fmt: skip


def _node(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}


def _owned(each: dict[str, Any]) -> dict[str, Any]:
    """Give an object as this release has left it in the cluster; helm touches no other's."""
    owner = {"meta.helm.sh/release-name": RELEASE, "meta.helm.sh/release-namespace": NAMESPACE}
    annotations = each["metadata"].get("annotations", {}) | owner
    labels = each["metadata"].get("labels", {}) | {"app.kubernetes.io/managed-by": "Helm"}
    return {**each, "metadata": {**each["metadata"], "annotations": annotations, "labels": labels}}


def _installed(cluster_id: str) -> dict[str, Any]:
    annotations = {"rds-csi-async.github.io/cluster-id": cluster_id}
    metadata = {"name": f"{NAME}-controller", "namespace": NAMESPACE, "annotations": annotations}
    return _owned({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata})


def _render(api: FakeApi, values: dict[str, Any] | None = None, name: str = "minimal") -> Rendering:
    return render(name, values={"clusterId": "", **(values or {})}, server=api.url)


def test_the_cluster_id_is_kube_systems_uid() -> None:
    """Where nobody gave another; and what was given wins."""
    with FakeApi([KUBE_SYSTEM]) as api:
        assert f'cluster_id = "{UID}"' in _toml(_render(api))
        assert 'cluster_id = "ours"' in _toml(_render(api, {"clusterId": "ours"}))


def test_another_cluster_id_than_at_the_installation_is_refused() -> None:
    """Every volume there is would be a stranger's from then on; the same one is fine."""
    with FakeApi([KUBE_SYSTEM, _installed(UID)]) as api:
        assert f'cluster_id = "{UID}"' in _toml(_render(api))
        with pytest.raises(RenderingError, match=f'clusterId is "ours", and was "{UID}"'):
            _render(api, {"clusterId": "ours"})


def test_a_class_that_is_there_is_not_changed() -> None:
    """The same is rendered again, as after an uninstall that left it; another is refused, with what to do."""
    with FakeApi([KUBE_SYSTEM]) as api:
        (made,) = _render(api).list_kind("StorageClass")
    with FakeApi([KUBE_SYSTEM, _owned(made)]) as api:
        assert _render(api).list_kind("StorageClass") == [made]
        assert _render(api, {"storageClassDefaults.allowVolumeExpansion": False}).list_kind("StorageClass") != [made]
        for key, value in (
            ("fsType", "xfs"),
            ("reclaimPolicy", "Retain"),
            ("volumeBindingMode", "WaitForFirstConsumer"),
        ):
            with pytest.raises(RenderingError, match=r'StorageClass "rds-main" is there .* storageClasses.named'):
                _render(api, {f"storageClassDefaults.{key}": value})


def test_monitors_are_made_where_the_cluster_serves_them() -> None:
    """As the API itself says, not only as a flag tells."""
    with FakeApi([KUBE_SYSTEM]) as api:
        assert _render(api).list_kind("ServiceMonitor") == []
        api.groups.append(OPERATORS)
        rendering = _render(api)
    assert (len(rendering.list_kind("ServiceMonitor")), len(rendering.list_kind("PodMonitor"))) == (1, 1)


def test_a_trials_keys_are_made_once() -> None:
    """An upgrade with others would lock the driver out of the appliance that it had."""
    with FakeApi([KUBE_SYSTEM]) as api:
        (first,), (other,) = (_render(api, name="trial").list_kind("Secret") for _ in range(2))
        assert first["data"] != other["data"]
    with FakeApi([KUBE_SYSTEM, _owned(first)]) as api:
        assert _render(api, name="trial").list_kind("Secret")[0]["data"] == first["data"]


def test_a_trial_on_several_nodes_has_to_be_told_which() -> None:
    """Its volumes are files of one of them."""
    with FakeApi([KUBE_SYSTEM, _node("a")]) as api:
        assert "simulator" in _render(api, {"simulator.nodeName": ""}, "trial").pods
    with FakeApi([KUBE_SYSTEM, _node("a"), _node("b")]) as api:
        with pytest.raises(RenderingError, match=r"simulator\.nodeName is missing"):
            _render(api, {"simulator.nodeName": ""}, "trial")
        selector = _render(api, {"simulator.nodeName": "a"}, "trial").pods["node"]["spec"]["nodeSelector"]
    assert selector["kubernetes.io/hostname"] == "a"


def _toml(rendering: Rendering) -> str:
    return str(rendering.get_by_component("ConfigMap", "controller")["data"]["rds-csi.toml"])
