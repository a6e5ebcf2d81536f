"""The driver's services behind a real socket, and fakes behind the services."""

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from rds_csi_async.csi import wire
from rds_csi_async.csi.client import CsiClient, connect
from rds_csi_async.csi.guard import CallGuard
from rds_csi_async.csi.methods import Service
from rds_csi_async.csi.server import CsiServer
from tests.fakes.telemetry import FakeTelemetry
from tests.planted import SECRET

CLUSTER = "4b3f0a0e-5f0c-4c57-9b6b-0d7c1f1f9b6a"
MODES = wire.VolumeCapabilityAccessModeMode
SECRETS = {"password": SECRET}


@dataclass
class CallLog(FakeTelemetry):
    """A telemetry that knows of calls too."""

    grpc: list[tuple[str, str]] = field(default_factory=list)

    def record_grpc(self, method: str, code: str, duration_s: float) -> None:
        """See `CallTelemetry`."""
        assert duration_s >= 0
        self.grpc.append((method, code))


@asynccontextmanager
async def serving(
    path: Path, services: Iterable[Service], telemetry: CallLog | None = None
) -> AsyncIterator[CsiClient]:
    """Serve on a socket at the path, and talk to it."""
    server = CsiServer(services, CallGuard(telemetry or CallLog()))
    await server.start(path)
    try:
        async with connect(path) as client:
            yield client
    finally:
        await server.drain(0)


@asynccontextmanager
async def refused(status: Status, words: str = "") -> AsyncIterator[None]:
    """Expect the call inside to be answered with this status, and a message that has these words."""
    with pytest.raises(GRPCError) as raised:
        yield
    message = raised.value.message or ""
    assert (raised.value.status, message) == (status, message or "a message")
    assert words in message
    assert re.search(r"\w\(\w+=", message) is None, "a message is for a person, who does not read values of Python"


def mounted(
    mode: str = "SINGLE_NODE_WRITER", fs_type: str = "", flags: Iterable[str] = (), group: str = ""
) -> wire.VolumeCapability:
    """Say that a volume is wanted as a file system."""
    mount = wire.VolumeCapabilityMountVolume(fs_type, list(flags), group)
    return wire.VolumeCapability(mount=mount, access_mode=wire.VolumeCapabilityAccessMode(MODES.from_string(mode)))


def block(mode: str = "SINGLE_NODE_WRITER") -> wire.VolumeCapability:
    """Say that a volume is wanted as a raw device."""
    access_mode = wire.VolumeCapabilityAccessMode(MODES.from_string(mode))
    return wire.VolumeCapability(block=wire.VolumeCapabilityBlockVolume(), access_mode=access_mode)
