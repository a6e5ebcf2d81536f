"""A Kubernetes API for the sidecars: it keeps what they write, tells of changes, and does what a role allows.

Answers are JSON. What is sent as protobuf is understood as far as needed: names, owners and a few fields.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import betterproto
from aiohttp import web

from tests.chart.cluster_store import Object, PatchError, Place, Store, parse_place, patch

KINDS = {
    "/api/v1": {
        "persistentvolumes": "PersistentVolume", "persistentvolumeclaims": "PersistentVolumeClaim", "events": "Event",
        "nodes": "Node", "pods": "Pod", "secrets": "Secret",
    },
    "/apis/apps/v1": {"replicasets": "ReplicaSet"},
    "/apis/coordination.k8s.io/v1": {"leases": "Lease"},
    "/apis/storage.k8s.io/v1": {
        "storageclasses": "StorageClass", "csinodes": "CSINode", "volumeattachments": "VolumeAttachment",
        "csistoragecapacities": "CSIStorageCapacity", "volumeattributesclasses": "VolumeAttributesClass",
    },
}  # fmt: skip
CLUSTERWIDE = {
    "persistentvolumes",
    "nodes",
    "storageclasses",
    "csinodes",
    "volumeattachments",
    "volumeattributesclasses",
}
PROTOBUF = b"k8s\0"
JSON = "application/json"


@dataclass
class ClusterApi:
    """The API. `rules` are those of whoever calls; each call that they do not allow is refused, and noted."""

    rules: Sequence[Object]
    store: Store = field(default_factory=Store)
    allowed: set[tuple[str, str]] = field(default_factory=set)
    refused: set[tuple[str, str]] = field(default_factory=set)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Serve while the context is open; give the address."""
        server = web.Server(self._answer)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            port: int = runner.addresses[0][1]
            yield f"http://127.0.0.1:{port}"
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        place = parse_place(request.path)
        if place is None or request.path in KINDS:
            return _discover(request.path)
        verb = _verb(request, place)
        asked = (f"{place.resource}/{place.subresource}" if place.subresource else place.resource, verb)
        if not self._may(place, *asked):
            self.refused.add(asked)
            return _failure(403, "Forbidden", f"{verb} {request.path}")
        self.allowed.add(asked)
        if verb == "watch":
            return await self._watch(request, place)
        return self._serve(verb, place, await request.read(), request.content_type)

    def _may(self, place: Place, resource: str, verb: str) -> bool:
        return any(
            place.group in rule["apiGroups"] and resource in rule["resources"] and verb in rule["verbs"]
            for rule in self.rules
        )

    def _serve(self, verb: str, place: Place, body: bytes, content_type: str) -> web.Response:
        if verb == "list":
            listed = {"metadata": {"resourceVersion": self.store.version}, "items": self.store.list(place)}
            return web.json_response({**_type_of(place, "List"), **listed})
        if verb == "create":
            made = {**_type_of(place), **decode(body, place.resource)}
            made["metadata"] |= {"namespace": place.namespace} if place.namespace else {}
            where = Place(place.prefix, place.resource, place.namespace, made["metadata"]["name"])
            return web.json_response(self.store.put(where, made), status=201)
        whole = Place(place.prefix, place.resource, place.namespace, place.name)
        there = self.store.objects.get(whole)
        if there is None:
            return _failure(404, "NotFound", place.name)
        if verb == "patch":
            try:
                there = self.store.put(whole, patch(there, body, content_type))
            except PatchError as error:
                return _failure(422, "Invalid", str(error))
        elif verb == "update":
            there = self.store.put(whole, {**there, **decode(body, place.resource), "metadata": there["metadata"]})
        elif verb == "delete":
            there = self.store.remove(whole)
        return web.json_response(there)

    async def _watch(self, request: web.BaseRequest, place: Place) -> web.StreamResponse:
        if "sendInitialEvents" in request.query:
            return _failure(422, "Invalid", "an API older than 1.32 does not stream what there is")
        answer = web.StreamResponse(headers={"Content-Type": JSON})
        answer.enable_chunked_encoding()
        with self.store.watching(place) as changes:
            await answer.prepare(request)
            while True:
                await answer.write(json.dumps(await changes.get()).encode() + b"\n")


def decode(body: bytes, resource: str) -> Object:
    """Read what was sent to be made. The numbers are those of the kinds' `generated.proto`."""
    if not body.startswith(PROTOBUF):
        sent: Object = json.loads(body)
        return sent
    raw = _one(body[len(PROTOBUF) :], 2)
    metadata = _one(raw, 1)
    made: Object = {"metadata": {"name": _text(metadata, 1) or f"{_text(metadata, 2)}{id(raw):x}"}}
    made["metadata"]["labels"] = {_text(each, 1): _text(each, 2) for each in _all(metadata, 11)}
    made["metadata"]["ownerReferences"] = [_owner(each) for each in _all(metadata, 13)]
    if resource == "persistentvolumes":
        made["spec"] = {"csi": {"volumeHandle": _text(_one(_one(_one(raw, 2), 2), 22), 2)}}
    if resource == "csistoragecapacities":
        made |= {"nodeTopology": {}, "storageClassName": _text(raw, 3), "capacity": _text(_one(raw, 4), 1)}
    return made


def _owner(message: bytes) -> Object:
    numbers = {"kind": 1, "name": 3, "uid": 4, "apiVersion": 5}
    return {**{name: _text(message, number) for name, number in numbers.items()}, "controller": True}


def _all(message: bytes, number: int) -> list[bytes]:
    return [bytes(each.value) for each in betterproto.parse_fields(message) if each.number == number]


def _one(message: bytes, number: int) -> bytes:
    return next(iter(_all(message, number)), b"")


def _text(message: bytes, number: int) -> str:
    return _one(message, number).decode()


def _verb(request: web.BaseRequest, place: Place) -> str:
    if request.method == "GET" and not place.name:
        return "watch" if request.query.get("watch") in {"true", "1"} else "list"
    verbs = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
    return verbs[request.method]


def _type_of(place: Place, suffix: str = "") -> Object:
    version = place.prefix.removeprefix("/apis/").removeprefix("/api/")
    return {"apiVersion": version, "kind": KINDS[place.prefix][place.resource] + suffix}


def _discover(path: str) -> web.Response:
    if path in KINDS:
        version = path.removeprefix("/apis/").removeprefix("/api/")
        verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]
        resources = [
            {"name": name, "singularName": "", "kind": kind, "namespaced": name not in CLUSTERWIDE, "verbs": verbs}
            for name, kind in KINDS[path].items()
        ]
        return web.json_response({"kind": "APIResourceList", "groupVersion": version, "resources": resources})
    if path == "/api":
        return web.json_response({"kind": "APIVersions", "versions": ["v1"]})
    if path == "/apis":
        groups = [_group(prefix.removeprefix("/apis/")) for prefix in KINDS if prefix.startswith("/apis/")]
        return web.json_response({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
    return _failure(404, "NotFound", path)


def _group(text: str) -> Object:
    version = {"groupVersion": text, "version": text.partition("/")[2]}
    return {"name": text.partition("/")[0], "versions": [version], "preferredVersion": version}


def _failure(code: int, reason: str, message: str) -> web.Response:
    status: dict[str, Any] = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason}
    return web.json_response({**status, "code": code, "message": message}, status=code)
