"""A CSI client, for what stands on the other side of the socket: the demo and the tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from grpclib.client import Channel

from rds_csi_async.csi import wire
from rds_csi_async.csi.codec import CsiCodec


@dataclass(frozen=True, slots=True)
class CsiClient:
    """The calls of the three services over one channel. An answer that is an error is grpclib's `GRPCError`."""

    identity: wire.IdentityStub
    controller: wire.ControllerStub
    node: wire.NodeStub


@asynccontextmanager
async def connect(socket: Path) -> AsyncIterator[CsiClient]:
    """Talk to the driver behind a socket, as long as the context is open."""
    channel = Channel(path=str(socket), codec=CsiCodec())
    try:
        yield CsiClient(wire.IdentityStub(channel), wire.ControllerStub(channel), wire.NodeStub(channel))
    finally:
        channel.close()
