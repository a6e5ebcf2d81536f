"""One call, from its headers to its answer.

Whatever a client sends ends in a status, and in no traceback. What goes wrong on our side does leave one, and answers
UNAVAILABLE: any other code would tell an external-provisioner that the outcome is known.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

import betterproto
from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline
from grpclib.protocol import Stream

from rds_csi_async.csi.bodies import MalformedMessageError
from rds_csi_async.csi.decoding import decode_message
from rds_csi_async.csi.encoding import encode_message
from rds_csi_async.csi.framing import IncomingMessage
from rds_csi_async.csi.headers import CallHeaders, Headers, RefusedHeadersError, parse_headers
from rds_csi_async.csi.methods import Guard, Handler, Method, refuse_with
from rds_csi_async.csi.pacing import Pacing
from rds_csi_async.csi.replies import Reply

_log = logging.getLogger(__name__)


class Calls:
    """The calls that can be made, and the guard around each."""

    def __init__(self, methods: Iterable[Method], guard: Guard) -> None:
        self._methods = {method.path: method for method in methods}
        self._guard = guard
        self._pacing = Pacing()

    async def answer(self, stream: Stream, headers: Headers, message: IncomingMessage) -> None:
        """Answer one call. Raises nothing but CancelledError, after telling a client that still waits."""
        reply = Reply(stream)
        try:
            await self._pacing.wait()
            await self._answer(reply, parse_headers(headers), message)
        except RefusedHeadersError as refusal:
            _log.info("request refused: %s", refusal.reason)
            reply.refuse(refusal.status, refusal.reason, http_status=refusal.http_status)
        except GRPCError as refusal:
            reply.refuse(refusal.status, refusal.message or refusal.status.name)
        except asyncio.CancelledError:
            reply.refuse(Status.UNAVAILABLE, "the driver is stopping")
            raise
        except Exception:  # noqa: BLE001 - logged whole; a client must not be left waiting for our bug
            _log.exception("a call failed where nothing may fail")
            reply.refuse(Status.UNAVAILABLE, "the driver failed in a way it does not know; its log has the details")

    async def _answer(self, reply: Reply, headers: CallHeaders, message: IncomingMessage) -> None:
        method = self._methods.get(headers.path)
        if method is None:
            raise RefusedHeadersError(200, Status.UNIMPLEMENTED, f"unknown method {headers.path!r}")
        request, handler = await _receive(method, headers.deadline, message)
        try:
            async with _within(headers.deadline) as bound:
                response = await self._guard(method.path, handler, request, headers.metadata, headers.deadline)
                await reply.send(_encode(method, response))
        except TimeoutError:
            if bound.expired():
                raise _too_late() from None
            raise


async def _receive(
    method: Method, deadline: Deadline | None, message: IncomingMessage
) -> tuple[betterproto.Message, Handler[Any, betterproto.Message]]:
    """Receive the request, and choose what answers it: the service, or the refusal of what was sent."""
    try:
        async with _within(deadline):
            body = await message.receive()
        request = decode_message(method.request_type, body)
    except MalformedMessageError as error:
        refusal = GRPCError(Status.INVALID_ARGUMENT, f"malformed message: {error}")
    except TimeoutError:
        refusal = _too_late()
    except GRPCError as error:
        refusal = error
    else:
        expired = deadline is not None and deadline.time_remaining() <= 0
        return request, refuse_with(_too_late()) if expired else method.handler
    return method.request_type(), refuse_with(refusal)


def _within(deadline: Deadline | None) -> asyncio.Timeout:
    return asyncio.timeout(None if deadline is None else deadline.time_remaining())


def _too_late() -> GRPCError:
    return GRPCError(Status.DEADLINE_EXCEEDED, "the caller's deadline has passed")


def _encode(method: Method, response: betterproto.Message) -> bytes:
    if not isinstance(response, method.response_type):
        message = f"{method.path} answered with {type(response).__name__}"
        raise TypeError(message)
    return encode_message(response)
