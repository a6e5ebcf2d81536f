"""What the node's use cases share: looking at a volume on this node, and taking it down. It decides nothing."""

from rds_csi_async.domain.connections import Connection, Target
from rds_csi_async.domain.errors import HostError, NotReadyError, RefusedError
from rds_csi_async.domain.identifiers import Nqn, find_nqn
from rds_csi_async.domain.mounts import PathFact, PathKind, find_mount, mounts_of, with_number
from rds_csi_async.domain.node_volumes import Held, NodeVolume
from rds_csi_async.domain.stage_records import StageRecord
from rds_csi_async.domain.staging import Takedown
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.services.metering import Attaching, mount_op


class NodeVolumes:
    """The volumes of this node, seen through its ports."""

    def __init__(self, ports: NodePorts) -> None:
        self._connections = ports.connections
        self._mounts = ports.mounts
        self._stage_records = ports.stage_records
        self._telemetry = ports.telemetry
        self._attaching = Attaching(ports.connections, ports.telemetry)

    async def observe(self, slot: str, path: str) -> NodeVolume:
        """Read what the node has of a volume, and what stands at a path.

        The path itself is looked at only while nothing is mounted there: a dead mount may hang whoever does.
        """
        record = await self._stage_records.find(slot)
        held = [await self._find_held(nqn) for nqn in await self._list_nqns(slot)]
        mounts = await self._mounts.list_mounts()
        if record is not None:
            mounts = with_number(mounts, record.device, record.device_number)
        fact = PathFact(PathKind.DIRECTORY)
        if find_mount(mounts, path) is None:
            fact = await self._mounts.inspect(path)
        targets = await self._list_block_targets(record)
        return NodeVolume(record, tuple(filter(None, held)), mounts, fact, targets)

    async def connect(self, target: Target) -> Connection:
        """Attach; see `Connections.connect`."""
        return await self._attaching.connect(target)

    async def take_down(self, takedown: Takedown) -> None:
        """Unmount, then detach. Nothing is detached before the mount table shows none of its devices any more.

        Raises:
            HostError: something stays mounted.

        """
        if takedown.is_empty:
            return
        for path in takedown.paths:
            await self.unmount_all(path)
        mounts = await self._mounts.list_mounts()
        left = sorted(mount.path for number in takedown.numbers for mount in mounts_of(mounts, number))
        if left:
            message = f"still mounted at {', '.join(left[:5])}: nothing was detached"
            raise HostError(message)
        for node in takedown.nodes:
            await self._mounts.remove_node(node)
        for nqn in takedown.nqns:
            await self._attaching.disconnect(nqn)

    async def unmount_all(self, path: str) -> None:
        """Unmount until nothing is mounted at exactly this path, and prove it.

        Raises:
            HostError: something stays.

        """
        for mount in await self._mounts.list_mounts():
            if mount.path == path:
                with mount_op(self._telemetry, "unmount"):
                    await self._mounts.unmount(path)
        left = find_mount(await self._mounts.list_mounts(), path)
        if left is not None:
            message = f"{left.source} is still mounted at {path} after it was unmounted"
            raise HostError(message)

    async def ensure_nothing_at(self, path: str) -> None:
        """Insist that nothing is mounted where a volume was said to be of which this driver knows nothing.

        Raises:
            RefusedError: something is.

        """
        mount = find_mount(await self._mounts.list_mounts(), path)
        if mount is not None:
            message = f"{mount.source} is mounted at {path}, which is no volume of this driver's"
            raise RefusedError(message)

    async def keep_record(self, slot: str, record: StageRecord | None) -> None:
        """Write the state file, or remove it."""
        if record is None:
            await self._stage_records.remove(slot)
        else:
            await self._stage_records.save(slot, record)

    async def refresh(self) -> None:
        """Tell how many connections the kernel shows, as at start."""
        await self._attaching.refresh()

    async def _list_nqns(self, slot: str) -> list[Nqn]:
        names = [find_nqn(text) for text in await self._connections.list_nqns()]
        return [name for name in names if name is not None and name.slot == slot]

    async def _find_held(self, nqn: Nqn) -> Held | None:
        try:
            connection = await self._connections.find(str(nqn))
        except NotReadyError:
            return Held(nqn, None)
        return None if connection is None else Held(nqn, connection)

    async def _list_block_targets(self, record: StageRecord | None) -> tuple[str, ...]:
        targets = record.targets if record is not None and record.kind == "block" else ()
        facts = [(target, await self._mounts.inspect(target)) for target in targets]
        return tuple(target for target, fact in facts if fact.kind is PathKind.BLOCK_DEVICE)
