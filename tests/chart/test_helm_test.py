"""`helm test` does what it says, and says what went wrong; a fake API plays the cluster."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from tests.chart.fake_api import FakeApi
from tests.chart.rendering import CHART, NAMESPACE, Rendering, render

CORE = f"/api/v1/namespaces/{NAMESPACE}"
VOLUME = "/api/v1/persistentvolumes/pvc-1"
PODS = f"{CORE}/pods"
CLAIMS = f"{CORE}/persistentvolumeclaims"


class Cluster:
    """Binds claims, runs pods' programs on a folder of this machine, deletes volumes; or does not."""

    def __init__(self, folder: Path, *, deletes: bool = True, policy: str = "Delete") -> None:
        self.folder = folder
        self.deletes = deletes
        self.policy = policy
        self.seen: list[tuple[str, str]] = []
        self.selectors: list[dict[str, str]] = []
        self.broken = ""  # what a program's word is turned into nonsense by

    def change(self, api: FakeApi, method: str, path: str) -> None:
        """Do what a cluster does when this has been asked of it."""
        self.seen.append((method, path))
        if (method, path) == ("POST", CLAIMS):
            (claim,) = [each for each in api.objects.values() if each["kind"] == "PersistentVolumeClaim"]
            claim["spec"]["volumeName"] = "pvc-1"
            api.objects[VOLUME] = {
                "kind": "PersistentVolume",
                "spec": {"persistentVolumeReclaimPolicy": self.policy},
                "status": {"phase": "Bound"},
            }
        elif (method, path) == ("POST", PODS):
            (pod,) = [each for each in api.objects.values() if each["kind"] == "Pod"]
            kubernetes_validate.validate(pod, "1.37", strict=True)
            self.selectors.append(pod["spec"]["nodeSelector"])
            pod["status"] = {"phase": "Succeeded" if self._run(pod) else "Failed"}
        elif method == "DELETE" and path.startswith(CLAIMS):
            api.objects[VOLUME]["status"]["phase"] = "Released"
            if self.deletes and self.policy == "Delete":
                del api.objects[VOLUME]

    def _run(self, pod: dict[str, Any]) -> bool:
        program = pod["spec"]["containers"][0]["command"][-1].replace("/volume/", f"{self.folder}/")
        if self.broken and self.broken in pod["metadata"]["name"]:
            program = f"open('{self.folder}/data', 'wb').write(b'old')\n{program}"
        done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)  # noqa: S603 - the chart's
        return done.returncode == 0


@pytest.fixture(scope="module")
def rendering() -> Rendering:
    """Render what is run."""
    return render("minimal")


def _run(rendering: Rendering, api: FakeApi, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the test as its pod does, with the API that is here."""
    container = rendering.container("test", "test")
    script = rendering.get_by_component("ConfigMap", "test")["data"]["helm_test.py"]
    assert container["command"] == ["python3", "/test/helm_test.py"]
    argv = [sys.executable, "-c", script, *container["args"], "--server", api.url, "--account", "/nonexistent"]
    return subprocess.run(  # noqa: S603 - the chart's own
        [*argv, "--poll-s", "0.01", *more], check=False, capture_output=True, text=True, timeout=60
    )


def test_a_volume_is_made_written_read_and_deleted(rendering: Rendering, tmp_path: Path) -> None:
    """In that order, by two pods; nothing is left."""
    cluster = Cluster(tmp_path)
    with FakeApi(on_change=cluster.change) as api:
        done = _run(rendering, api)
        assert (done.returncode, api.objects) == (0, {}), done.stdout + done.stderr
    name = "r-rds-csi-async-test"
    writer, reader = f"{PODS}/{name}-writer", f"{PODS}/{name}-reader"
    assert cluster.seen == [
        ("POST", CLAIMS), ("POST", PODS), ("DELETE", writer), ("POST", PODS), ("DELETE", reader),
        ("DELETE", f"{CLAIMS}/{name}"),
    ]  # fmt: skip


def test_what_may_be_asked_is_what_is_asked(rendering: Rendering, tmp_path: Path) -> None:
    """The test's own account can do each of its calls."""
    with FakeApi(on_change=Cluster(tmp_path).change) as api:
        _run(rendering, api)
    rules = [rule for kind in ("Role", "ClusterRole") for rule in rendering.get_by_component(kind, "test")["rules"]]
    assert {method for method, _ in api.requests} == {"GET", "POST", "DELETE"}
    for method, path in api.requests:
        plural, _, name = path.removeprefix(f"{CORE}/").removeprefix("/api/v1/").partition("/")
        verb = {"POST": "create", "DELETE": "delete", "GET": "get"}[method]
        fitting = [rule for rule in rules if plural in rule["resources"] and verb in rule["verbs"]]
        assert any(name in rule.get("resourceNames", [name]) for rule in fitting), (method, path)


def test_the_pods_of_a_trial_run_where_its_volumes_are(tmp_path: Path) -> None:
    """Anywhere else they would wait for ever."""
    for name, selector in (("trial", {"kubernetes.io/hostname": "worker-1"}), ("full", {})):
        cluster = Cluster(tmp_path)
        with FakeApi(on_change=cluster.change) as api:
            assert _run(render(name), api).returncode == 0
        assert cluster.selectors == [selector, selector]


def test_data_that_another_pod_does_not_find_fails_it(rendering: Rendering, tmp_path: Path) -> None:
    """And even then nothing is left."""
    cluster = Cluster(tmp_path)
    cluster.broken = "reader"
    with FakeApi(on_change=cluster.change) as api:
        done = _run(rendering, api)
        assert api.objects == {}
    assert done.returncode == 1
    assert "reader failed" in done.stdout


def test_a_volume_that_stays_fails_it_unless_its_class_retains(rendering: Rendering, tmp_path: Path) -> None:
    """With what was waited for."""
    with FakeApi(on_change=Cluster(tmp_path, deletes=False).change) as api:
        done = _run(rendering, api, "--step-timeout-s", "1")
    assert (done.returncode, "pvc-1 is deleted" in done.stdout) == (1, True)
    with FakeApi(on_change=Cluster(tmp_path, policy="Retain").change) as api:
        assert _run(rendering, api).returncode == 0


def test_an_api_that_refuses_is_said(rendering: Rendering) -> None:
    """In one line, without a traceback."""
    with FakeApi() as api:
        closed = api
    done = _run(rendering, closed)
    assert (done.returncode, done.stdout.startswith("helm test: FAILED"), done.stderr) == (1, True, "")


def test_the_script_is_the_charts(rendering: Rendering) -> None:
    """Word for word: what was checked here is what runs there."""
    text = (CHART / "files" / "helm_test.py").read_text()
    assert rendering.get_by_component("ConfigMap", "test")["data"]["helm_test.py"].strip() == text.strip()
