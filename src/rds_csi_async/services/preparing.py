"""Making a file system where there is none, once. Part of staging; the decision is `domain.filesystems`'."""

from dataclasses import replace
from functools import partial

from rds_csi_async.domain.connections import Connection, ensure_identity
from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.filesystems import Preparation, Wish, decide_preparation
from rds_csi_async.domain.stage_records import Format, StageRecord
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.metering import mount_op


class Preparing:
    """Brings a device to the point where it can be mounted."""

    def __init__(self, ports: NodePorts) -> None:
        self._connections = ports.connections
        self._filesystems = ports.filesystems
        self._stage_records = ports.stage_records
        self._telemetry = ports.telemetry

    async def ensure_file_system(self, slot: str, connection: Connection, wish: Wish, record: StageRecord) -> bool:
        """Make the wanted file system unless it is there; tell whether it was made now.

        What is about to happen is in the state file before it happens, and what has happened after. The proof that
        nothing is there is taken twice: the second time by `Filesystems.format`, with nothing between it and mkfs but
        the check that the device still is the volume's.

        Raises:
            RefusedError: something else is there, or emptiness is not proven.
            NotReadyError: the device is no longer what it was.

        """
        preparation = await self._decide(connection, wish)
        if preparation is Preparation.MOUNT:
            return False
        await self._stage_records.save(slot, replace(record, format=Format.FORMATTING))
        try:
            await self._format(connection, wish, preparation)
        except RefusedError:
            await self._stage_records.save(slot, record)  # it began nothing
            raise
        await self._stage_records.save(slot, replace(record, format=Format.FORMATTED))
        return True

    async def _ensure_same(self, connection: Connection) -> None:
        ensure_identity(connection, await self._connections.find(connection.nqn))

    async def _format(self, connection: Connection, wish: Wish, preparation: Preparation) -> None:
        with mount_op(self._telemetry, "format"):
            await self._filesystems.format(
                connection.device,
                wish.file_system,
                wish.making,
                over_own_leftovers=preparation is Preparation.RESUME,
                thorough=not wish.first_use,
                ensure_same=partial(self._ensure_same, connection),
            )

    async def _decide(self, connection: Connection, wish: Wish) -> Preparation:
        """Decide from a quick look where that is enough: a usual mount need not pay for reading all over the device."""
        content = await self._filesystems.probe(connection.device, connection.size_bytes, thorough=False)
        if content.blank and not wish.first_use:
            content = await self._filesystems.probe(connection.device, connection.size_bytes, thorough=True)
        return decide_preparation(content, wish)
