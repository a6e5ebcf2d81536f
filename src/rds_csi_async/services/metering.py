"""What the node does to devices and mounts, told to the telemetry on every path. Shared by its use cases."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rds_csi_async.domain.connections import Connection, Target
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.ports.connections import Connections
from rds_csi_async.ports.telemetry import Telemetry


@contextmanager
def mount_op(telemetry: Telemetry, operation: str) -> Iterator[None]:
    """Count what runs inside as one of `MOUNT_OPERATIONS`, failed when it raises."""
    try:
        yield
    except BaseException as error:
        telemetry.record_mount_op(operation, error)
        raise
    telemetry.record_mount_op(operation, None)


class Attaching:
    """Attaches and detaches, and says so. How many connections there are by that is put right by `refresh`."""

    def __init__(self, connections: Connections, telemetry: Telemetry) -> None:
        self._connections = connections
        self._telemetry = telemetry

    async def connect(self, target: Target) -> Connection:
        """Do what `Connections.connect` does."""
        begun_s = asyncio.get_running_loop().time()
        try:
            connection = await self._connections.connect(target)
        except BaseException as error:
            self._telemetry.record_nvme_connect(error, asyncio.get_running_loop().time() - begun_s)
            raise
        self._telemetry.record_nvme_connect(None, asyncio.get_running_loop().time() - begun_s)
        return connection

    async def disconnect(self, nqn: str) -> None:
        """Do what `Connections.disconnect` does."""
        await self._connections.disconnect(nqn)
        self._telemetry.record_nvme_disconnect()

    async def refresh(self) -> None:
        """Tell how many connections the kernel shows; when it cannot be asked, leave the last number standing."""
        with suppress(DriverError):
            self._telemetry.record_nvme_connections(len(await self._connections.list_nqns()))
