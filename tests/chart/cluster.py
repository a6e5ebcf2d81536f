"""A cluster around the sidecars: what those controllers of Kubernetes do that are not there."""

from collections.abc import Callable
from typing import Any

from rds_csi_async.domain.identifiers import node_id_of
from rds_csi_async.host.polling import poll
from tests.chart.cluster_api import ClusterApi
from tests.chart.cluster_store import Object, Place, place_of
from tests.chart.local_pods import NODE_NAME, POD_NAME
from tests.chart.rendering import NAMESPACE

CORE, STORAGE = "/api/v1", "/apis/storage.k8s.io/v1"
VOLUME = "pvc-uid-1"
PV, CLAIM = Place(CORE, "persistentvolumes", "", VOLUME), Place(CORE, "persistentvolumeclaims", "apps", "data")
ATTACHMENT = Place(STORAGE, "volumeattachments", "", "csi-1")
CAPACITIES = Place(STORAGE, "csistoragecapacities", NAMESPACE)
STEP_S = 30.0


class Cluster:
    """Claims, binds, attaches, grows and lets go."""

    def __init__(self, api: ClusterApi, driver: str, cluster_id: str) -> None:
        self.api, self.store, self.driver = api, api.store, driver
        for prefix, resource, each in self._there(node_id_of(cluster_id, NODE_NAME)):
            self.store.put(place_of(prefix, resource, each), each)

    def _there(self, node_id: str) -> list[tuple[str, str, Object]]:
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "set", "uid": "2", "controller": True}
        deployment = {**owner, "kind": "Deployment", "name": "controller"}
        nodes = [{"name": self.driver, "nodeID": node_id, "topologyKeys": None}]
        return [
            (CORE, "pods", _object("v1", "Pod", POD_NAME, NAMESPACE, owners=[owner])),
            ("/apis/apps/v1", "replicasets", _object("apps/v1", "ReplicaSet", "set", NAMESPACE, owners=[deployment])),
            (CORE, "nodes", _object("v1", "Node", NODE_NAME)),
            (STORAGE, "csinodes", _object("storage.k8s.io/v1", "CSINode", NODE_NAME, spec={"drivers": nodes})),
        ]

    def claim(self, storage_class: str) -> None:
        """Ask for a volume."""
        annotations = {"volume.kubernetes.io/storage-provisioner": self.driver}
        resources = {"requests": {"storage": "64Mi"}}
        spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": storage_class, "resources": resources}
        spec["volumeMode"] = "Filesystem"
        each = _object("v1", "PersistentVolumeClaim", "data", "apps", spec=spec, status={"phase": "Pending"})
        each["metadata"] |= {"uid": "uid-1", "annotations": annotations}
        self.store.put(CLAIM, each)

    async def wait_capacities(self, holds: Callable[[list[Object]], bool]) -> list[Object]:
        """Wait until what is told of pools' room is as it should be."""

        async def look() -> list[Object]:
            return self.store.list(CAPACITIES)

        seen = await poll(look, until=holds, timeout_s=STEP_S)
        assert holds(seen), seen
        return seen

    def bind(self, storage_class: str) -> None:
        """Bring claim and volume together; of the volume, the API has read only the name and the source."""
        made, claim = self.store.objects[PV], self.store.objects[CLAIM]
        made["spec"]["csi"] |= {"driver": self.driver, "fsType": "ext4"}
        made["spec"] |= {"capacity": {"storage": "64Mi"}, "accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}
        made["spec"] |= {"persistentVolumeReclaimPolicy": "Delete", "storageClassName": storage_class}
        made["spec"]["claimRef"] = {
            "kind": "PersistentVolumeClaim",
            "namespace": "apps",
            "name": "data",
            "uid": "uid-1",
        }
        made["metadata"]["annotations"] = {"pv.kubernetes.io/provisioned-by": self.driver}
        made["metadata"]["finalizers"] = ["external-provisioner.volume.kubernetes.io/finalizer"]
        self.store.put(PV, {**made, "status": {"phase": "Bound"}})
        claim["spec"]["volumeName"] = VOLUME
        status = {"phase": "Bound", "capacity": {"storage": "64Mi"}, "accessModes": ["ReadWriteOnce"]}
        claim["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = "yes"
        self.store.put(CLAIM, {**claim, "status": status})

    def attach(self) -> None:
        """Ask for it at the node."""
        spec = {"attacher": self.driver, "nodeName": NODE_NAME, "source": {"persistentVolumeName": VOLUME}}
        each = _object("storage.k8s.io/v1", "VolumeAttachment", ATTACHMENT.name, spec=spec, status={"attached": False})
        self.store.put(ATTACHMENT, each)

    def grow(self, size: str) -> None:
        """Ask for more room."""
        claim = self.store.objects[CLAIM]
        claim["spec"]["resources"]["requests"]["storage"] = size
        self.store.put(CLAIM, claim)

    def release(self) -> None:
        """Let go of it: its claim is gone."""
        self.store.remove(CLAIM)
        self.store.put(PV, {**self.store.objects[PV], "status": {"phase": "Released"}})

    async def wait(self, place: Place, holds: Callable[[Any], bool]) -> Any:
        """Wait until an object, or None for one that is not there, is as it should be."""

        async def look() -> Any:
            return self.store.objects.get(place)

        seen = await poll(look, until=holds, timeout_s=STEP_S)
        assert holds(seen), seen
        return seen


def _object(version: str, kind: str, name: str, namespace: str = "", owners: Any = None, **more: Any) -> Object:
    metadata: Object = {"name": name, "uid": f"uid-of-{name}"}
    metadata |= {"namespace": namespace} if namespace else {}
    metadata |= {"ownerReferences": owners} if owners else {}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}
