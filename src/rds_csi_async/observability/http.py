"""The operator's HTTP server: `/metrics`, `/healthz`, `/readyz`; and asking one. The only module that knows aiohttp."""

import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from rds_csi_async.domain.errors import UnreachableError
from rds_csi_async.observability.health import Health, HealthReport, render_report
from rds_csi_async.observability.metrics import Metrics

Request = web.Request
Response = web.Response

_CLOSE_WITHIN_S = 2.0


def create_app(metrics: Metrics, health: Health) -> web.Application:
    """Make the application; serve it with `serve`."""
    app = web.Application()
    app.router.add_get("/metrics", metrics.handler)
    app.router.add_get("/healthz", _health_handler(health.check_liveness))
    app.router.add_get("/readyz", _health_handler(health.check_readiness))
    return app


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve while the context is open, and give the bound port (`port` 0 takes any free one).

    On the way out no new call is taken, and those under way get 2 s to end.

    Raises:
        OSError: the address cannot be bound.

    """
    logging.getLogger("aiohttp.server").addFilter(_is_of_interest)  # once, however often it is added
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_WITHIN_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def answer_scrape(metrics: Metrics, request: Request) -> Response:
    """Answer with the metrics in the form that the request asks for."""
    accept = ",".join(request.headers.getall("Accept", []))
    accept_encoding = ",".join(request.headers.getall("Accept-Encoding", []))
    body, headers = await metrics.render(accept, accept_encoding)
    return web.Response(body=body, headers=headers)


async def fetch_text(url: str, timeout_s: float, largest_bytes: int) -> str:
    """Ask for a page of text, in Prometheus' text format where there is a choice.

    Raises:
        UnreachableError: nobody answers in time, or not with a page that is text and no larger than that.

    """
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(timeout_s)) as session,
            session.get(url, headers={"Accept": "text/plain"}) as response,
        ):
            response.raise_for_status()
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > largest_bytes:
                    message = f"it answers with more than {largest_bytes} bytes"
                    raise UnreachableError(message)
            return body.decode()
    except TimeoutError as error:
        message = f"no answer within {timeout_s:g} s"
        raise UnreachableError(message) from error
    except aiohttp.ClientResponseError as error:
        message = f"it answers {error.status} {error.message}"
        raise UnreachableError(message) from error
    except aiohttp.ClientConnectorError as error:
        raise UnreachableError(_reason_of(error)) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        message = str(error) or type(error).__name__
        raise UnreachableError(message) from error


def _reason_of(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"{error.host} cannot be looked up: {error.strerror}"  # its number is getaddrinfo's, not the system's
    return os.strerror(error.errno) if error.errno else str(error)


def _is_of_interest(record: logging.LogRecord) -> bool:
    """Whether a line is more than that somebody sent no HTTP, who was told: whoever scans ports fills no log."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


def _health_handler(check: Callable[[], Awaitable[HealthReport]]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_request: Request) -> Response:
        report = await check()
        body = render_report(report)
        return web.Response(
            body=body,
            status=200 if report.healthy else 503,
            content_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    return answer
