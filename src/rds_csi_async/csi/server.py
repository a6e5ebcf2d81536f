"""The gRPC server on its unix socket: connections, their calls, and an end that loses none of them.

grpclib 0.4.9's own server has no graceful end (and never ends at all on Python 3.12 and later while a client is
connected), and forgets the stream of a call that is cancelled before its first step.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from grpclib.protocol import AbstractHandler, Stream

from rds_csi_async.csi.calls import Calls
from rds_csi_async.csi.framing import IncomingMessage
from rds_csi_async.csi.headers import Headers
from rds_csi_async.csi.http2 import Http2Protocol, get_stream_id
from rds_csi_async.csi.methods import Guard, Service, list_methods
from rds_csi_async.csi.sockets import BoundSocket, bind_socket, remove_socket

_BACKLOG = 1024  # clients dialling at once; asyncio's 100 is too few for a node's pods to be stopped together
_GRACE_S = 1.0  # for what was cancelled to end, and for last words to be read
_log = logging.getLogger(__name__)


class CsiServer:
    """Serves CSI on one unix socket. Whatever service or method is not given answers UNIMPLEMENTED."""

    def __init__(self, services: Iterable[Service], guard: Guard) -> None:
        self._calls = Calls(list_methods(services), guard)
        self._connections: set[_Connection] = set()
        self._draining = False
        self._listening: tuple[asyncio.Server, BoundSocket] | None = None

    async def start(self, path: Path, *, mode: int = 0o660) -> None:
        """Serve at `path`, whose file gets the permissions `mode`.

        Raises:
            SocketPathError: the path cannot be served on, or somebody else serves there.

        """
        bound = await asyncio.to_thread(bind_socket, path, mode=mode)
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(self._connect, sock=bound.sock, backlog=_BACKLOG)
        self._listening = listener, bound

    async def drain(self, timeout_s: float) -> None:
        """End: take no more calls, let those in flight finish, and remove the socket's file.

        What runs after `timeout_s` is cancelled, and answered UNAVAILABLE. Returns at most about two seconds later. A
        server that was not started, or has been drained, is left alone.
        """
        if self._listening is None:
            return
        (listener, bound), self._listening = self._listening, None
        self._draining = True
        listener.close()
        for connection in self._connections:
            connection.refuse_new()
        await self._wait_for_calls(timeout_s)
        await self._close_connections()
        await listener.wait_closed()
        await asyncio.to_thread(remove_socket, bound)

    def _connect(self) -> Http2Protocol:
        connection = _Connection(self._calls)
        self._connections.add(connection)
        connection.lost.add_done_callback(lambda _: self._connections.discard(connection))
        if self._draining:  # accepted just before the listener closed
            connection.protocol.close()
        return connection.protocol

    async def _wait_for_calls(self, timeout_s: float) -> None:
        tasks = [task for connection in self._connections for task in connection.tasks.values()]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=timeout_s)
        for task in late:
            task.cancel()
        if late:
            _, stuck = await asyncio.wait(late, timeout=_GRACE_S)
            _log.warning("%d calls were cancelled, %d of them have not ended", len(late), len(stuck))

    async def _close_connections(self) -> None:
        closing = [connection.lost for connection in self._connections]
        for connection in list(self._connections):
            connection.protocol.close()
        if closing:
            await asyncio.wait(closing, timeout=_GRACE_S)
        for connection in list(self._connections):
            connection.protocol.abort()


class _Connection(AbstractHandler):
    """One client's connection, and the tasks of its calls.

    The tasks are no supervisor's: they end with the connection, and what has to outlive them is the services' affair.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._loop = asyncio.get_running_loop()
        self._refusing = False
        self.lost: asyncio.Future[None] = self._loop.create_future()
        self.tasks: dict[Stream, asyncio.Task[None]] = {}
        self.protocol = Http2Protocol(self, self.lost)

    def refuse_new(self) -> None:
        """Take no more calls; those in flight go on."""
        self._refusing = True
        self.protocol.say_goodbye()

    def accept(self, stream: Stream, headers: Headers, release_stream: Callable[[], Any]) -> None:
        """Begin a call (grpclib's hook)."""
        if self._refusing:
            self.protocol.refuse_stream(stream)
            release_stream()
            return
        message = IncomingMessage(partial(self.protocol.connection.ack, get_stream_id(stream)))
        stream.buffer = message
        # Not a supervisor's: a call's task is its connection's, cancelled with it, and awaited by the drain.
        task = self._loop.create_task(self._calls.answer(stream, headers, message))
        self.tasks[stream] = task
        task.add_done_callback(partial(self._end, stream, release_stream))

    def cancel(self, stream: Stream) -> None:
        """Cancel the call of a stream that the client has reset (grpclib's hook)."""
        if stream in self.tasks:
            self.tasks[stream].cancel()

    def close(self) -> None:
        """Cancel all calls: the client is gone (grpclib's hook)."""
        for task in self.tasks.values():
            task.cancel()

    def _end(self, stream: Stream, release_stream: Callable[[], Any], _task: asyncio.Task[None]) -> None:
        """Let go of a call that has ended; one that was cancelled before its first step, too."""
        del self.tasks[stream]
        release_stream()
