"""The operator's routes over real sockets."""

import asyncio
import gzip
import json
import socket

import aiohttp
import pytest
from aiohttp import web

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.observability.exposition import Format
from rds_csi_async.observability.health import Health
from rds_csi_async.observability.http import create_app, fetch_text, serve
from rds_csi_async.observability.metrics import Metrics

HOST = "127.0.0.1"


async def _get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    async with (
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=["Accept", "Accept-Encoding"]) as session,
        session.get(f"http://{HOST}:{port}{path}", headers=headers) as response,
    ):
        return response.status, dict(response.headers), await response.read()


async def test_metrics_are_negotiated() -> None:
    """Text by default, OpenMetrics and gzip for who asks; the headers say so."""
    metrics = Metrics()
    metrics.record_orphan_cleaned()
    async with serve(create_app(metrics, Health()), HOST, 0) as port:
        status, headers, body = await _get(port, "/metrics")
        assert (status, headers["Content-Type"]) == (200, Format.TEXT.value)
        assert b"\nrds_csi_orphans_cleaned_total 1\n" in body
        wishes = {"Accept": "application/openmetrics-text;version=1.0.0", "Accept-Encoding": "gzip"}
        status, headers, body = await _get(port, "/metrics", **wishes)
        assert (status, headers["Content-Type"]) == (200, Format.OPENMETRICS.value)
        assert headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(body).endswith(b"# EOF\n")


async def test_the_routes_tell_health() -> None:
    """200 when all is well; 503 with the reason when not, for either question by itself."""
    health = Health()
    health.add_liveness("loop", lambda: None)
    health.add_readiness("rds", lambda: "no appliance answers")
    async with serve(create_app(Metrics(), health), HOST, 0) as port:
        status, headers, body = await _get(port, "/healthz")
        assert (status, json.loads(body)["healthy"]) == (200, True)
        assert headers["Content-Type"].startswith("application/json")
        status, headers, body = await _get(port, "/readyz")
        assert (status, json.loads(body)["failing"]) == (503, {"rds": "no appliance answers"})
        assert headers["Cache-Control"] == "no-store"
        assert (await _get(port, "/else"))[0] == 404


async def test_a_call_under_way_is_answered_before_the_server_is_gone() -> None:
    """Closing waits for it, and then nothing listens any more."""
    entered, may_end = asyncio.Event(), asyncio.Event()

    async def slow(_request: web.Request) -> web.Response:
        entered.set()
        await may_end.wait()
        return web.Response(text="done")

    app = create_app(Metrics(), Health())
    app.router.add_get("/slow", slow)
    bound = asyncio.get_running_loop().create_future()

    async def serve_until_entered() -> None:
        async with serve(app, HOST, 0) as port:
            bound.set_result(port)
            await entered.wait()
            asyncio.get_running_loop().call_later(0, may_end.set)

    async def ask() -> bytes:
        return (await _get(await bound, "/slow"))[2]

    _, body = await asyncio.gather(serve_until_entered(), ask())
    assert body == b"done"
    with pytest.raises(aiohttp.ClientConnectorError):
        await _get(bound.result(), "/metrics")


async def test_an_address_in_use_is_an_error() -> None:
    """Nobody believes to be watched while another process answers."""
    async with serve(create_app(Metrics(), Health()), HOST, 0) as port:
        with pytest.raises(OSError, match="address already in use"):
            async with serve(create_app(Metrics(), Health()), HOST, port):
                pass


async def test_what_is_served_can_be_fetched() -> None:
    """The text format, whole."""
    metrics = Metrics()
    async with serve(create_app(metrics, Health()), HOST, 0) as port:
        text = await fetch_text(f"http://{HOST}:{port}/metrics", 10, 1 << 20)
    assert text == (await metrics.render())[0].decode()


async def test_what_cannot_be_fetched_says_why() -> None:
    """Nobody there, no such page, too much, not text, too late, not HTTP: one kind of error, with the reason."""

    async def binary(_request: web.Request) -> web.Response:
        return web.Response(body=b"\xff")

    async def never(_request: web.Request) -> web.Response:
        await asyncio.Event().wait()
        return web.Response()

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n")
        writer.close()

    app = create_app(Metrics(), Health())
    app.router.add_get("/binary", binary)
    app.router.add_get("/never", never)
    other = await asyncio.start_server(hang_up, HOST, 0)
    async with other, serve(app, HOST, 0) as port:
        cases = [
            (f"{port}/none", "it answers 404 Not Found"),
            (f"{port}/metrics", "more than 100 bytes"),
            (f"{port}/binary", "can't decode"),
            (f"{port}/never", "no answer within 0.5 s"),
            (f"{other.sockets[0].getsockname()[1]}/", "Expected HTTP/"),
        ]
        for place, said in cases:
            with pytest.raises(UnreachableError, match=said):
                await fetch_text(f"http://{HOST}:{place}", 0.5, 100)
    with pytest.raises(UnreachableError, match="Connection refused"):
        await fetch_text(f"http://{HOST}:{port}/metrics", 10, 100)


async def test_a_name_that_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error number is the resolver's own, which the system has no words for."""

    async def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", refuse)
    with pytest.raises(UnreachableError, match=r"nowhere\.invalid cannot be looked up: Name or service not known"):
        await fetch_text("http://nowhere.invalid:1/metrics", 10, 100)


@pytest.mark.parametrize(
    "sent", [b"\x00\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n"]
)
async def test_who_sends_no_http_is_told_and_fills_no_log(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """With a traceback for each, at that."""
    async with serve(create_app(Metrics(), Health()), HOST, 0) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(sent)
        assert (await reader.readline()).split()[1] == b"400"
        writer.close()
    assert "Error handling request" not in caplog.text


async def test_a_handler_that_breaks_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """That is ours to know."""

    async def break_down(_: web.Request) -> web.Response:
        raise ZeroDivisionError

    app = create_app(Metrics(), Health())
    app.router.add_get("/broken", break_down)
    async with serve(app, HOST, 0) as port:
        status, _, _ = await _get(port, "/broken")
    assert status == 500
    assert "ZeroDivisionError" in caplog.text
