"""`helm test`: a claim is bound, written to from one pod, read from another, and deleted with its volume.

Standard library only; runs in the driver's image, as a pod with a ServiceAccount of its own. Each step has a time; what
was made is deleted however it ends. Exit status 0 when all of it held.
"""

import argparse
import json
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
POLL_S = 1.0
SIZE_BYTES = 1 << 20
WRITE = f"""
import hashlib, os
data = os.urandom({SIZE_BYTES})
with open("/volume/data", "wb") as file:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())
with open("/volume/digest", "w") as file:
    file.write(hashlib.sha256(data).hexdigest())
    file.flush()
    os.fsync(file.fileno())
"""
READ = f"""
import hashlib
data = open("/volume/data", "rb").read()
assert len(data) == {SIZE_BYTES}, len(data)
assert hashlib.sha256(data).hexdigest() == open("/volume/digest").read()
"""


class TestError(Exception):
    """A step did not come about; the message says which, and what was seen instead."""


class Api:
    """The few calls of the Kubernetes API that the test makes."""

    def __init__(self, server: str, account: Path) -> None:
        self._server = server.rstrip("/")
        self._account = account
        authority = account / "ca.crt"
        self._tls = ssl.create_default_context(cafile=str(authority)) if server.startswith("https:") else None

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """Make a call; None when there is no such object."""
        headers = {"Content-Type": "application/json"}
        token = self._account / "token"
        if token.exists():
            headers["Authorization"] = f"Bearer {token.read_text()}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._server + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self._tls) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            message = f"{method} {path}: {error.code} {error.read().decode(errors='replace')[:600]}"
            raise TestError(message) from error


class Test:
    """The steps, one after another."""

    def __init__(self, api: Api, options: argparse.Namespace) -> None:
        self._api = api
        self._options = options
        self._claims = f"/api/v1/namespaces/{options.namespace}/persistentvolumeclaims"
        self._pods = f"/api/v1/namespaces/{options.namespace}/pods"

    def run(self) -> None:
        """Go through all steps, and leave nothing."""
        name = self._options.name
        try:
            self._api.call("POST", self._claims, self._claim())
            self._run_pod(f"{name}-writer", WRITE)
            volume = self._get_volume()
            say(f"{volume} was mounted and written")
            self._run_pod(f"{name}-reader", READ)
            say("another pod has read what was written")
        except TestError:
            for path in (f"{self._pods}/{name}-writer", f"{self._pods}/{name}-reader", f"{self._claims}/{name}"):
                self._api.call("DELETE", path)
            raise
        self._delete(f"{self._claims}/{name}")
        self._wait(
            f"{volume} is deleted", lambda: self._api.call("GET", f"/api/v1/persistentvolumes/{volume}"), is_over
        )
        say("the claim is deleted, and its volume, unless its class retains it")

    def _get_volume(self) -> str:
        claim = self._api.call("GET", f"{self._claims}/{self._options.name}") or {}
        return str(claim.get("spec", {}).get("volumeName", ""))

    def _run_pod(self, name: str, program: str) -> None:
        self._api.call("POST", self._pods, self._pod(name, program))
        path = f"{self._pods}/{name}"
        seen = self._wait(f"pod {name} has ended", lambda: self._api.call("GET", path), has_ended)
        if phase(seen) != "Succeeded":
            message = f"pod {name} failed: {json.dumps((seen or {}).get('status', {}))[:2000]}"
            raise TestError(message)
        self._delete(path)

    def _delete(self, path: str) -> None:
        self._api.call("DELETE", path)
        self._wait(f"{path} is gone", lambda: self._api.call("GET", path), gone)

    def _wait(
        self, what: str, look: Callable[[], dict[str, Any] | None], holds: Callable[[dict[str, Any] | None], bool]
    ) -> dict[str, Any] | None:
        ends_s = time.monotonic() + self._options.step_timeout_s
        while True:
            seen = look()
            if holds(seen):
                return seen
            if time.monotonic() > ends_s:
                status = json.dumps((seen or {}).get("status", {}))[:2000]
                message = f"not within {self._options.step_timeout_s} s: {what}; it is {status}"
                raise TestError(message)
            time.sleep(self._options.poll_s)

    def _claim(self) -> dict[str, Any]:
        spec = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": self._options.storage_class,
            "resources": {"requests": {"storage": self._options.size}},
        }
        meta = {"name": self._options.name}
        return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec}

    def _pod(self, name: str, program: str) -> dict[str, Any]:
        security = {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        }
        container = {
            "name": "test",
            "image": self._options.image,
            "command": ["python3", "-c", program],
            "securityContext": security,
            "volumeMounts": [{"name": "volume", "mountPath": "/volume"}],
        }
        account = {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532}
        spec = {
            "restartPolicy": "Never",
            "nodeSelector": {"kubernetes.io/hostname": self._options.node} if self._options.node else {},
            "automountServiceAccountToken": False,
            "imagePullSecrets": [{"name": secret} for secret in self._options.pull_secret],
            "securityContext": {**account, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
            "volumes": [{"name": "volume", "persistentVolumeClaim": {"claimName": self._options.name}}],
        }
        return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}


def phase(seen: dict[str, Any] | None) -> str:
    """Tell how far a pod is."""
    return str((seen or {}).get("status", {}).get("phase", ""))


def has_ended(seen: dict[str, Any] | None) -> bool:
    """Tell whether a pod has ended; one that somebody deleted has."""
    return seen is None or phase(seen) in {"Succeeded", "Failed"}


def is_over(volume: dict[str, Any] | None) -> bool:
    """Tell whether a volume whose claim is gone will be no less than it is now."""
    policy = (volume or {}).get("spec", {}).get("persistentVolumeReclaimPolicy")
    return volume is None or (policy == "Retain" and phase(volume) == "Released")


def gone(seen: dict[str, Any] | None) -> bool:
    """Tell whether an object is no more."""
    return seen is None


def say(text: str) -> None:
    """Tell whoever reads the pod's log."""
    print(f"helm test: {text}", flush=True)


def main() -> int:
    """Run the test."""
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--namespace", "--name", "--storage-class", "--image", "--size"):
        parser.add_argument(flag, required=True)
    parser.add_argument("--node", default="", help="the only node that can use the volume, in a trial")
    parser.add_argument("--pull-secret", action="append", default=[])
    parser.add_argument("--step-timeout-s", type=int, default=180)
    parser.add_argument("--poll-s", type=float, default=POLL_S)
    parser.add_argument("--server", default="https://kubernetes.default.svc")
    parser.add_argument("--account", type=Path, default=ACCOUNT)
    options = parser.parse_args()
    try:
        Test(Api(options.server, options.account), options).run()
    except (TestError, OSError) as error:
        say(f"FAILED: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
