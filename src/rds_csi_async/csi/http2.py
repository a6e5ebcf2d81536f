"""grpclib's HTTP/2 connection, with what a client could break in it mended.

grpclib 0.4.9 ends a connection, and every call on it, over a frame type it does not know (RFC 9113 section 5.5: to be
ignored), over a header that is not ASCII, and over a protocol error without saying so; it allows 100 streams, so that
100 slow calls keep Probe waiting; and it has no GOAWAY. Its private attributes are used here: the pin is exact.
"""

import asyncio
import logging
from typing import cast

from grpclib.config import Configuration
from grpclib.protocol import AbstractHandler, EventsProcessor, H2Protocol, Stream
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import Event
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes
from hyperframe.frame import GoAwayFrame

MAX_STREAMS = 1000

_H2_CONFIG = H2Configuration(
    client_side=False,
    header_encoding="latin-1",  # every byte is a character, so that no header can fail to decode
    validate_inbound_headers=False,
    validate_outbound_headers=False,
    normalize_inbound_headers=False,
    normalize_outbound_headers=False,
)
_log = logging.getLogger(__name__)


class _Processor(EventsProcessor):
    def process(self, event: Event) -> None:
        """Act on an event, or ignore it: unknown ones, and any after the connection was closed."""
        act = getattr(self, "processors", {}).get(type(event))
        if act is not None:
            act(event)


class Http2Protocol(H2Protocol):
    """One connection; hands its streams to `handler`."""

    def __init__(self, handler: AbstractHandler, lost: asyncio.Future[None]) -> None:
        super().__init__(handler, Configuration().__for_server__(), _H2_CONFIG)
        self._lost = lost  # done once the connection is no more
        self._transport: asyncio.Transport | None = None
        self._unwanted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet the client, and tell it how many calls it may have in flight."""
        super().connection_made(transport)
        self._transport = cast("asyncio.Transport", transport)
        self.processor = _Processor(self.handler, self.connection)
        self._h2.update_settings({SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS})
        self.connection.flush()
        if self._unwanted:
            self.close()

    def data_received(self, data: bytes) -> None:
        """Feed HTTP/2 and act on what it yields; a peer that breaks the protocol is told so, and left."""
        try:
            events = self.connection.feed(data)
        except ProtocolError as error:
            _log.info("connection closed, the client broke HTTP/2: %s", error)
            self.connection.flush()  # the GOAWAY that says so
            self.processor.close("the client broke HTTP/2")
            return
        self.connection.flush()
        for event in events:
            self.processor.process(event)
        if not self.connection.is_closing():
            self.connection.flush()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Cancel what still runs for a client that is gone."""
        super().connection_lost(exc)
        self._transport = None
        if not self._lost.done():
            self._lost.set_result(None)

    def say_goodbye(self) -> None:
        """Tell the client to make its next calls elsewhere; those in flight go on.

        The frame is written past h2, which would allow nothing to be sent after it.
        """
        if self._transport is not None and not self.connection.is_closing():
            goodbye = GoAwayFrame(0, last_stream_id=self._h2.highest_inbound_stream_id)
            self._transport.write(goodbye.serialize())

    def refuse_stream(self, stream: Stream) -> None:
        """Reset a stream as never begun, which a client may safely send elsewhere (RFC 9113 section 8.7)."""
        stream.reset_nowait(ErrorCodes.REFUSED_STREAM)
        self.connection.flush()

    def close(self) -> None:
        """Close, once what was written has been sent; at once, if the connection is yet to begin."""
        self._unwanted = True
        if self._transport is not None:
            self.processor.close("the server is stopping")

    def abort(self) -> None:
        """Close at once; what the client has not read is lost."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def _h2(self) -> H2Connection:
        return self.connection._connection  # noqa: SLF001 - grpclib has no other way to it


def get_stream_id(stream: Stream) -> int:
    """Return the number of a stream, which a server's stream always has."""
    if stream.id is None:
        message = "a stream without a number was handed to a server"
        raise TypeError(message)
    return stream.id
