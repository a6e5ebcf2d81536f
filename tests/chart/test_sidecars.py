"""What the sidecars are told fits what the driver does."""

import re
from inspect import signature

import pytest

from rds_csi_async.csi.guard import CallGuard
from rds_csi_async.csi.server import CsiServer
from tests.chart.rendering import CHART, render

CALLING = ("provisioner", "attacher", "resizer")
GRACE_S = 25


def _flag(container: str, flag: str, component: str = "controller") -> str:
    arguments = render("minimal").container(component, container)["args"]
    (value,) = [text.partition("=")[2] for text in arguments if text.startswith(f"{flag}=")]
    return str(value)


@pytest.mark.parametrize("sidecar", CALLING)
def test_no_sidecar_gives_up_before_the_driver_does(sidecar: str) -> None:
    """It would ask again for what is still being done."""
    own_s: float = signature(CallGuard).parameters["default_s"].default
    assert float(_flag(sidecar, "--timeout").removesuffix("s")) > own_s


def test_the_driver_ends_before_kubelet_kills_it() -> None:
    """Calls under way get their time, and the driver some more to close."""
    rendering = render("minimal")
    for component in ("controller", "node"):
        toml = rendering.get_by_component("ConfigMap", component)["data"]["rds-csi.toml"]
        assert f"grace_s = {GRACE_S}\n" in toml
        assert rendering.pods[component]["spec"]["terminationGracePeriodSeconds"] > GRACE_S + 5


def test_the_provisioner_tells_whose_volume_it_is() -> None:
    """And has no topology to tell, since the driver has none."""
    arguments = render("minimal").container("controller", "provisioner")["args"]
    assert "--extra-create-metadata" in arguments
    assert [text for text in arguments if "opology" in text or "feature-gates" in text] == []


def test_workers_are_the_values() -> None:
    """Each sidecar's flag has its own name."""
    values = {f"sidecars.{name}.workers": number for name, number in zip(CALLING, (3, 4, 5), strict=True)}
    rendering = render("minimal", values=values)
    assert "--worker-threads=3" in rendering.container("controller", "provisioner")["args"]
    assert "--worker-threads=4" in rendering.container("controller", "attacher")["args"]
    assert "--workers=5" in rendering.container("controller", "resizer")["args"]


def test_each_version_stands_in_one_place() -> None:
    """In values.yaml, once, and whole: no `latest`."""
    images = re.findall(r"registry\.k8s\.io/\S+", (CHART / "values.yaml").read_text())
    assert len(images) == len(set(images)) == 4
    assert all(re.fullmatch(r".*/csi-[a-z-]+:v\d+\.\d+\.\d+", image) for image in images)
    elsewhere = [file for file in (CHART / "templates").rglob("*.*") if "registry.k8s.io" in file.read_text()]
    assert elsewhere == []


def test_whoever_shares_the_sockets_folder_may_use_the_socket() -> None:
    """It is its owner's and group's: the sidecars of a pod run as the same user and group as the driver."""
    assert signature(CsiServer.start).parameters["mode"].default == 0o660
    spec = render("minimal").pods["controller"]["spec"]
    assert spec["securityContext"]["runAsUser"] == spec["securityContext"]["runAsGroup"]
    assert not any("runAsUser" in container["securityContext"] for container in spec["containers"])
    node = render("minimal").pods["node"]["spec"]
    assert [container["securityContext"]["runAsUser"] for container in node["containers"]] == [0, 0]
