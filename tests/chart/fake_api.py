"""A Kubernetes API that holds a few objects: as much of one as helm's look-ups and `helm test` ask for."""

import json
import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

# group and version: kind to plural, and whether it is in a namespace
KINDS = {
    "v1": {
        "Namespace": ("namespaces", False), "Node": ("nodes", False), "PersistentVolume": ("persistentvolumes", False),
        "ConfigMap": ("configmaps", True), "PersistentVolumeClaim": ("persistentvolumeclaims", True),
        "Pod": ("pods", True), "Secret": ("secrets", True), "Service": ("services", True),
        "ServiceAccount": ("serviceaccounts", True),
    },
    "apps/v1": {"DaemonSet": ("daemonsets", True), "Deployment": ("deployments", True)},
    "networking.k8s.io/v1": {"NetworkPolicy": ("networkpolicies", True)},
    "policy/v1": {"PodDisruptionBudget": ("poddisruptionbudgets", True)},
    "rbac.authorization.k8s.io/v1": {
        "ClusterRole": ("clusterroles", False), "ClusterRoleBinding": ("clusterrolebindings", False),
        "Role": ("roles", True), "RoleBinding": ("rolebindings", True),
    },
    "storage.k8s.io/v1": {"CSIDriver": ("csidrivers", False), "StorageClass": ("storageclasses", False)},
    "monitoring.coreos.com/v1": {
        "ServiceMonitor": ("servicemonitors", True),
        "PodMonitor": ("podmonitors", True),
        "PrometheusRule": ("prometheusrules", True),
    },
}  # fmt: skip
OPERATORS = "monitoring.coreos.com/v1"  # there only when somebody has installed it
Change = Callable[["FakeApi", str, str], None]


class FakeApi(AbstractContextManager["FakeApi"]):
    """Serves while it is entered. `on_change` is told of each change (method, path): it plays the cluster's part."""

    def __init__(self, objects: Iterable[dict[str, Any]] = (), on_change: Change | None = None) -> None:
        self.objects = {path_of(each): each for each in objects}
        self.groups = [each for each in KINDS if each != OPERATORS]
        self.requests: list[tuple[str, str]] = []
        self._on_change = on_change
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Serve."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        """Answer one request: status and document."""
        self.requests.append((method, path))
        if method == "POST" and body is not None:
            self.objects[f"{path}/{body['metadata']['name']}"] = body
        found = self._discover(path) if method == "GET" else body
        found = found or self.objects.get(path) or self._list(method, path)
        if method == "DELETE":
            self.objects.pop(path, None)
        if method != "GET" and found is not None and self._on_change is not None:
            self._on_change(self, method, path)
        return (404, _status()) if found is None else (200, found)

    def _discover(self, path: str) -> dict[str, Any] | None:
        if path == "/version":
            return {"major": "1", "minor": "37", "gitVersion": "v1.37.0"}
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = [_group(each) for each in self.groups if "/" in each]
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        group = path.removeprefix("/apis/").removeprefix("/api/")
        if group not in self.groups:
            return None
        resources = [
            {"name": plural, "singularName": "", "kind": kind, "namespaced": spaced, "verbs": ["get", "list"]}
            for kind, (plural, spaced) in KINDS[group].items()
        ]
        return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": resources}

    def _list(self, method: str, path: str) -> dict[str, Any] | None:
        plurals = {plural: kind for kinds in KINDS.values() for kind, (plural, _) in kinds.items()}
        kind = plurals.get(path.rpartition("/")[2])
        if method != "GET" or kind is None:
            return None
        items = [each for where, each in self.objects.items() if where.rpartition("/")[0] == path]
        return {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {}, "items": items}


def path_of(each: dict[str, Any]) -> str:
    """Give the path of an object."""
    plural, spaced = KINDS[each["apiVersion"]][each["kind"]]
    root = "/api" if each["apiVersion"] == "v1" else "/apis"
    space = f"/namespaces/{each['metadata']['namespace']}" if spaced else ""
    return f"{root}/{each['apiVersion']}{space}/{plural}/{each['metadata']['name']}"


def _group(text: str) -> dict[str, Any]:
    version = {"groupVersion": text, "version": text.partition("/")[2]}
    return {"name": text.partition("/")[0], "versions": [version], "preferredVersion": version}


def _status() -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: two would each wait for the other side's acknowledgement

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0]
            status, document = api.answer(self.command, path, json.loads(body) if body else None)
            text = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
