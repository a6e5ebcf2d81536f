"""The rendered roles are what posting an event takes, tried on an API that does what they allow."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rds_csi_async.cluster.kubernetes import KubernetesCluster
from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.events import Event, Kind, Reason, Sighting, Subject
from tests.chart.cluster_api import ClusterApi
from tests.chart.cluster_store import Object, Place
from tests.chart.rendering import Rendering, render

CLAIM = Event(Subject(Kind.CLAIM, "data", "default"), Reason.MOUNT_FAILURE, "it cannot be mounted")
NODE = Event(Subject(Kind.NODE, "worker-1"), Reason.STORAGE_NOT_READY, "mkfs.ext4 is missing")
FIRST = Sighting(datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC), 1)


@pytest.fixture
def rendering() -> Rendering:
    """Render before there is a loop."""
    return render("minimal")


async def _post(rules: list[Object], folder: Path) -> ClusterApi:
    """Post an event of a claim, the same once more, and one of a node, as whoever may do this."""
    api = ClusterApi(rules)
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "uid": "u-1"}}
    api.store.put(Place("/api/v1", "persistentvolumeclaims", "default", "data"), claim)
    async with api.serving() as address:
        config = folder / "kubeconfig"
        await asyncio.to_thread(config.write_text, json.dumps(_kubeconfig(address)))
        cluster = KubernetesCluster(str(config), "rds-csi-async.github.io", "worker-1")
        try:
            await cluster.post_event(CLAIM, FIRST)
            await cluster.post_event(CLAIM, FIRST.again(FIRST.last))
            await cluster.post_event(NODE, FIRST)
        finally:
            await cluster.close()
    return api


def _kubeconfig(address: str) -> Object:
    return {
        "current-context": "a",
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
        "clusters": [{"name": "a", "cluster": {"server": address}}],
        "users": [{"name": "a", "user": {}}],
    }


@pytest.mark.parametrize("component", ["controller", "node"])
async def test_the_roles_are_enough(component: str, rendering: Rendering, tmp_path: Path) -> None:
    """Both events are there, the first one seen twice, and what the node may do is no more than that took."""
    rules = rendering.get_by_component("ClusterRole", component)["rules"]
    api = await _post(rules, tmp_path)
    posted = [each for place, each in api.store.objects.items() if place.resource == "events"]
    assert {(each["metadata"]["namespace"], each["reason"], each["count"]) for each in posted} == {
        ("default", "MountFailure", 2),
        ("default", "StorageNotReady", 1),
    }
    assert {each["involvedObject"]["uid"] for each in posted} == {"u-1", "worker-1"}
    assert api.refused == set()
    if component == "node":
        granted = {(name, verb) for rule in rules for name in rule["resources"] for verb in rule["verbs"]}
        assert granted == api.allowed


@pytest.mark.parametrize("missing", ["events", "persistentvolumeclaims"])
async def test_less_is_too_little(missing: str, rendering: Rendering, tmp_path: Path) -> None:
    """Without either rule nothing is posted, and the driver is told why."""
    rules = rendering.get_by_component("ClusterRole", "node")["rules"]
    with pytest.raises(RefusedError, match="403"):
        await _post([rule for rule in rules if missing not in rule["resources"]], tmp_path)
