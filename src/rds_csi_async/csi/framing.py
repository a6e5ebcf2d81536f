"""One message of a unary call as gRPC frames it: a flag byte, four bytes of length, the body.

Framing that is broken is answered as grpc-go answers it. One that is too large is INVALID_ARGUMENT here, since
RESOURCE_EXHAUSTED says "the pool is full" to an external-provisioner.
"""

import asyncio
from collections.abc import Callable

from grpclib.const import Status
from grpclib.exceptions import GRPCError
from grpclib.protocol import Buffer

MESSAGE_LIMIT_BYTES = 4 << 20  # grpc-go's default, and so what every CSI client stays below
_PREFIX_BYTES = 5


def encode_frame(body: bytes) -> bytes:
    """Put a body behind its prefix, uncompressed."""
    return b"\x00" + len(body).to_bytes(4) + body


class IncomingMessage(Buffer):
    """Collects the one message of a call, in the place of grpclib's buffer.

    What comes is acknowledged at once, since it is bounded here; grpclib's buffer knows no limit, and waits for the
    rest of a message that will never fit.
    """

    def __init__(self, acknowledge: Callable[[int], None]) -> None:  # grpclib's own makes queues that are not needed
        self._acknowledge = acknowledge
        self._data = bytearray()
        self._whole = asyncio.Event()

    def add(self, data: bytes, ack_size: int) -> None:
        """Take a piece; once the message is whole, or refused, further ones are dropped."""
        self._acknowledge(ack_size)
        if not self._whole.is_set():
            self._data += data
            if self._find_early_refusal():
                self._whole.set()

    def eof(self) -> None:
        """Take note that the caller has sent everything."""
        self._whole.set()

    def unacked_size(self) -> int:
        """Bytes not acknowledged: never any."""
        return 0

    async def receive(self) -> bytes:
        """Wait for the message, and return its body.

        Raises:
            GRPCError: there is none, or more than one, or it is cut short, compressed or too large.

        """
        await self._whole.wait()
        refusal = self._find_early_refusal() or _find_refusal(self._data)
        if refusal is not None:
            self._data.clear()
            raise refusal
        return bytes(memoryview(self._data)[_PREFIX_BYTES:])

    def _find_early_refusal(self) -> GRPCError | None:
        """Find what is wrong already, before the caller has sent everything."""
        if len(self._data) < _PREFIX_BYTES:
            return None
        if self._data[0] == 1:
            return GRPCError(Status.UNIMPLEMENTED, "compressed messages are not supported")
        if self._data[0] > 1:
            return GRPCError(Status.INTERNAL, f"unknown compression flag {self._data[0]}")
        size = max(_announced(self._data), len(self._data) - _PREFIX_BYTES)
        return _too_large(size) if size > MESSAGE_LIMIT_BYTES else None


def _announced(data: bytearray) -> int:
    return int.from_bytes(data[1:_PREFIX_BYTES])


def _too_large(size: int) -> GRPCError:
    return GRPCError(Status.INVALID_ARGUMENT, f"a message of {size} bytes; the limit is {MESSAGE_LIMIT_BYTES}")


def _find_refusal(data: bytearray) -> GRPCError | None:
    """Find what is wrong with what was sent until the end of the stream."""
    if not data:
        return GRPCError(Status.INTERNAL, "the call carries no message")
    if len(data) < _PREFIX_BYTES or len(data) - _PREFIX_BYTES < _announced(data):
        return GRPCError(Status.INTERNAL, f"the message is cut short after {len(data)} bytes")
    if len(data) - _PREFIX_BYTES > _announced(data):
        return GRPCError(Status.INTERNAL, "more than one message in a call that takes one")
    return None
