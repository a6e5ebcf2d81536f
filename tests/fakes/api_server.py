"""As much of a Kubernetes API server as the driver talks to, over real HTTP; it wants to be shown a token."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class ApiServer:
    """Its claims by namespace and name, its events likewise, and what was asked of it."""

    token: str = "first"  # noqa: S105 - of a server that guards nothing
    claims: dict[tuple[str, str], str] = field(default_factory=dict)  # to the UID
    events: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)  # statuses that come next
    content_type: str = "application/json"  # of failures
    url: str = ""

    @asynccontextmanager
    async def serve(self) -> AsyncIterator["ApiServer"]:
        """Listen on a free port."""
        app = web.Application(middlewares=[self._guard])
        events = "/api/v1/namespaces/{namespace}/events"
        app.router.add_post(events, self._create)
        app.router.add_patch(events + "/{name}", self._patch)
        app.router.add_get("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}", self._claim)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = "http://{}:{}".format(*runner.addresses[0][:2])
        try:
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(f"{request.method} {request.path}")
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _refusal(401, "Unauthorized")
        if self.failures:
            return _refusal(self.failures.pop(0), "made to fail", self.content_type)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _create(self, request: web.Request) -> web.Response:
        made = await request.json()
        key = (request.match_info["namespace"], made["metadata"]["name"])
        about = made["involvedObject"]
        if about.get("namespace", "default") != key[0]:  # as the API's validation has it
            return _refusal(422, "involvedObject.namespace does not match event.namespace")
        if key in self.events:
            return _refusal(409, "AlreadyExists")
        self.events[key] = made
        return web.json_response(made, status=201)

    async def _patch(self, request: web.Request) -> web.Response:
        key = (request.match_info["namespace"], request.match_info["name"])
        if key not in self.events:
            return _refusal(404, "not found")
        self.events[key] |= await request.json()
        return web.json_response(self.events[key])

    async def _claim(self, request: web.Request) -> web.Response:
        namespace, name = request.match_info["namespace"], request.match_info["name"]
        if (namespace, name) not in self.claims:
            return _refusal(404, f'persistentvolumeclaims "{name}" not found')
        uid = self.claims[namespace, name]
        return web.json_response({"metadata": {"name": name, "namespace": namespace, "uid": uid}})


def render_kubeconfig(url: str, user: dict[str, str]) -> str:
    """Write a kubeconfig (JSON is YAML) with one cluster and one user."""
    return json.dumps(
        {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
            "clusters": [{"name": "k", "cluster": {"server": url}}],
            "users": [{"name": "u", "user": user}],
        }
    )


def _refusal(code: int, text: str, content_type: str = "application/json") -> web.Response:
    body = json.dumps({"kind": "Status", "status": "Failure", "code": code, "message": text}).encode() * bool(
        content_type
    )
    return web.Response(body=body, status=code, headers={"Content-Type": content_type} if content_type else {})
