"""The sidecars of the rendering are run, with its arguments and permissions, and carry a volume through its life.

The controller's driver and the appliance are those of a trial; the API is one that does what the roles allow, no more.
"""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chart.cluster import ATTACHMENT, CAPACITIES, CLAIM, PV, STEP_S, STORAGE, Cluster
from tests.chart.cluster_api import ClusterApi
from tests.chart.cluster_store import Object, place_of
from tests.chart.local_pods import LocalPods
from tests.chart.rendering import Rendering
from tests.required_tools import FETCHED

pytestmark = pytest.mark.root
_REQUIRED = "RDS_CSI_REQUIRE_SIDECARS"
SIDECARS = ("provisioner", "attacher", "resizer")
# Granted, and not called in this life.
UNCALLED = {
    *((name, "get") for name in ("persistentvolumes", "persistentvolumeclaims")),  # who reads all may read one
    *((name, "get") for name in ("storageclasses", "csinodes", "volumeattachments")),
    ("persistentvolumeclaims", "update"),  # a claim whose node was no good is placed anew
    ("events", "patch"),  # the same event again
}


def find_sidecar(rendering: Rendering, name: str) -> str:
    """Find the program of a sidecar, of the version that the chart names; or skip, or fail where it was to be built."""
    program, version = rendering.container("controller", name)["image"].rpartition("/")[2].split(":")
    path = FETCHED / f"{program}-{version}"
    if not path.exists() and os.environ.get(_REQUIRED) and shutil.which("go"):  # noqa: TID251 - the run's switch
        pytest.fail(f"{path.name} is required here and not found: .ci/get_sidecars.py .cache/bin")
    if not path.exists():
        pytest.skip(f"{path.name} is not built, which takes minutes: .ci/test -e sidecars")
    return str(path)


@pytest.fixture
def programs(trial: Rendering) -> dict[str, str]:
    """Find the sidecars before anything is started."""
    return {name: find_sidecar(trial, name) for name in SIDECARS}


@pytest.fixture
async def cluster(programs: dict[str, str], pods: LocalPods, folder: Path) -> AsyncIterator[Cluster]:
    """Serve an API that allows what the roles do, and start the sidecars; none of them ends before it is told to."""
    rendering = pods.rendering
    rules = [r for kind in ("Role", "ClusterRole") for r in rendering.get_by_component(kind, "controller")["rules"]]
    api = ClusterApi(rules)
    async with api.serving() as address:
        config = folder / "kubeconfig"
        await asyncio.to_thread(config.write_text, json.dumps(_kubeconfig(address)))
        (driver,) = rendering.list_kind("CSIDriver")
        toml = rendering.get_by_component("ConfigMap", "controller")["data"]["rds-csi.toml"]
        (cluster_id,) = re.findall(r'^cluster_id = "(.*)"', toml, re.MULTILINE)
        cluster = Cluster(api, driver["metadata"]["name"], cluster_id)
        for each in rendering.list_kind("StorageClass"):
            cluster.store.put(place_of(STORAGE, "storageclasses", each), each)
        for name, program in programs.items():
            await pods.start("controller", name, program, [f"--kubeconfig={config}"])
        try:
            yield cluster
        finally:
            logs = {name: await asyncio.to_thread(pods.log, "controller", name) for name in programs}
            print(api.refused, *logs.values())  # noqa: T201 - pytest shows it when something failed
        assert [name for name in programs if pods.processes[f"controller-{name}"].returncode is not None] == []


def _kubeconfig(address: str) -> Object:
    cluster, context = {"name": "a", "cluster": {"server": address}}, {"cluster": "a", "user": "a"}
    users, contexts = [{"name": "a", "user": {}}], [{"name": "a", "context": context}]
    return {"clusters": [cluster], "contexts": contexts, "current-context": "a", "users": users}


async def test_a_volume_lives_by_the_sidecars(cluster: Cluster, pods: LocalPods) -> None:
    """Made, attached, grown, detached and deleted; each permission is used, and none is wanting."""
    (storage_class,) = [each["metadata"]["name"] for each in pods.rendering.list_kind("StorageClass")]

    cluster.claim(storage_class)
    made = await cluster.wait(PV, bool)
    assert made["spec"]["csi"]["volumeHandle"].startswith("mock:rds1-")

    cluster.bind(storage_class)
    cluster.attach()
    attached = await cluster.wait(ATTACHMENT, lambda each: each["status"].get("attached"))
    assert attached["status"]["attachmentMetadata"]["nqn"].startswith("nqn.2026-11.io.github.rds-csi-async:")

    cluster.grow("128Mi")
    await cluster.wait(PV, lambda each: each["spec"]["capacity"]["storage"] == "128Mi")
    await cluster.wait(CLAIM, lambda each: "FileSystemResizePending" in str(each["status"].get("conditions")))

    cluster.store.remove(ATTACHMENT)
    await cluster.wait(ATTACHMENT, lambda each: each is None)
    cluster.release()
    await cluster.wait(PV, lambda each: each is None)

    granted = {(name, verb) for rule in cluster.api.rules for name in rule["resources"] for verb in rule["verbs"]}
    assert cluster.api.refused == set()
    assert granted - cluster.api.allowed - UNCALLED == set()


@pytest.mark.parametrize("more_values", [{"storageCapacity.enabled": True}])
async def test_capacities_are_not_kept_without_topology(cluster: Cluster) -> None:
    """The reason why they are off. When this fails the provisioner keeps them, and they may be on by default."""
    async with asyncio.timeout(STEP_S):
        with cluster.store.watching(CAPACITIES) as changes:
            made = (await changes.get())["object"]
            await cluster.wait_capacities(lambda each: made["metadata"]["name"] not in str(each))
    assert made["capacity"] == "16Gi"
    assert [owner["kind"] for owner in made["metadata"]["ownerReferences"]] == ["Deployment"]
    assert cluster.api.refused == set()
