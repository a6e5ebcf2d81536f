"""What a call answers on the wire: one message and OK, or a status and its reason.

grpclib writes headers, message and trailers one after the other, each with a system call of its own; here they leave
together when they fit. A refusal is written without waiting, so that a call that is being cancelled can still say why.
"""

import logging

from grpclib.const import Status
from grpclib.metadata import encode_grpc_message
from grpclib.protocol import Stream
from h2.errors import ErrorCodes
from h2.exceptions import ProtocolError

from rds_csi_async.csi.framing import encode_frame
from rds_csi_async.csi.http2 import get_stream_id

_CONTENT_TYPE = ("content-type", "application/grpc+proto")
_HEADERS = [(":status", "200"), _CONTENT_TYPE]
_TRAILERS = [("grpc-status", "0")]
_LONGEST_REASON = 2000  # characters; percent-encoded, a reason has to fit a client's limit on headers
_log = logging.getLogger(__name__)


class Reply:
    """The answer to one call: sent once, whole or refused. A client that is gone is no error."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._begun = False

    async def send(self, body: bytes) -> None:
        """Send an encoded message and the status OK."""
        frame = encode_frame(body)
        try:
            if self._fits(len(frame)):
                self._send_at_once(frame)
            elif self._stream.closable:
                await self._send_in_pieces(frame)
        except ProtocolError as error:  # the client reset the stream meanwhile
            _log.debug("a reply nobody waits for: %s", error)

    def refuse(self, status: Status, reason: str, *, http_status: int = 200) -> None:
        """Send a status and its reason; a reply that has begun is broken off instead."""
        if not self._stream.closable:
            return
        if self._begun:
            self._stream.reset_nowait(ErrorCodes.CANCEL)
            return
        headers = [(":status", str(http_status)), _CONTENT_TYPE, ("grpc-status", str(status.value))]
        self._send_headers([*headers, ("grpc-message", _render_reason(reason))], end_stream=True)
        if self._stream.closable:  # the caller has not sent everything: it need not go on
            self._stream.reset_nowait()
        self._stream.connection.flush()

    def _fits(self, size_bytes: int) -> bool:
        stream = self._stream
        if not stream.closable or not stream.connection.write_ready.is_set():
            return False
        h2 = stream._h2_connection  # noqa: SLF001 - grpclib has no other way to it
        return size_bytes <= min(h2.local_flow_control_window(get_stream_id(stream)), h2.max_outbound_frame_size)

    def _send_at_once(self, frame: bytes) -> None:
        self._begun = True
        self._send_headers(_HEADERS)
        self._stream._h2_connection.send_data(get_stream_id(self._stream), frame)  # noqa: SLF001
        self._send_headers(_TRAILERS, end_stream=True)
        self._stream.connection.flush()

    async def _send_in_pieces(self, frame: bytes) -> None:
        self._begun = True
        await self._stream.send_headers(_HEADERS)
        await self._stream.send_data(frame)
        await self._stream.send_headers(_TRAILERS, end_stream=True)

    def _send_headers(self, headers: list[tuple[str, str]], *, end_stream: bool = False) -> None:
        self._stream._h2_connection.send_headers(get_stream_id(self._stream), headers, end_stream=end_stream)  # noqa: SLF001


def _render_reason(reason: str) -> str:
    text = reason if len(reason) <= _LONGEST_REASON else reason[:_LONGEST_REASON] + " ..."
    return encode_grpc_message(text.encode(errors="backslashreplace").decode())
