"""One socket for a controller and a node in processes of their own: csi-sanity takes both services from one driver.

Calls are passed on as the bytes that they are, each to the process that serves it.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from grpclib.client import Channel, UnaryUnaryMethod
from grpclib.const import Cardinality, Handler
from grpclib.encoding.base import CodecBase
from grpclib.server import Server, Stream

from rds_csi_async.csi.methods import list_methods

_NODE = "/csi.v1.Node/"


class Bytes(CodecBase):
    """Neither reads nor writes what a message says."""

    __content_subtype__ = "proto"

    def encode(self, message: bytes, message_type: Any) -> bytes:  # noqa: ARG002 - grpclib's signature
        """Give the message."""
        return message

    def decode(self, data: bytes, message_type: Any) -> bytes:  # noqa: ARG002 - grpclib's signature
        """Give the message."""
        return data


class Passing:
    """Serves every method of CSI by asking one of two channels."""

    def __init__(self, controller: Channel, node: Channel) -> None:
        self._controller = controller
        self._node = node

    def __mapping__(self) -> Mapping[str, Handler]:
        """Tell grpclib what is served."""
        return {method.path: self._handler(method.path) for method in list_methods([])}

    def _handler(self, path: str) -> Handler:
        channel = self._node if path.startswith(_NODE) else self._controller
        ask = UnaryUnaryMethod[bytes, bytes](channel, path, bytes, bytes)

        async def pass_on(stream: Stream[bytes, bytes]) -> None:
            request = await stream.recv_message()
            timeout_s = None if stream.deadline is None else stream.deadline.time_remaining()
            await stream.send_message(await ask(request or b"", timeout=timeout_s))

        return Handler(pass_on, Cardinality.UNARY_UNARY, bytes, bytes)


@asynccontextmanager
async def one_socket(path: Path, controller: Path, node: Path) -> AsyncIterator[None]:
    """Serve on `path` as long as the context is open."""
    channels = [Channel(path=str(each), codec=Bytes()) for each in (controller, node)]
    server = Server([Passing(*channels)], codec=Bytes())
    await server.start(path=str(path))
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()
        for channel in channels:
            channel.close()
