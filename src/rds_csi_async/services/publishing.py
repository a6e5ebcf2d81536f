"""Opening volumes to nodes, and closing them."""

from collections.abc import Callable

from rds_csi_async.domain.attachments import PublishWish, decide_publish, decide_unpublish, nqn_of
from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.identifiers import ensure_node_id, host_of
from rds_csi_async.domain.volumes import Change, Volume
from rds_csi_async.services.appliances import Appliances, no_volume


class Publishing:
    """Keeps the record of who holds a volume true to who can reach it. `new_mark` gives 64 random bits as hex."""

    def __init__(self, appliances: Appliances, writer: str, new_mark: Callable[[], str]) -> None:
        self._appliances = appliances
        self._writer = writer
        self._new_mark = new_mark

    async def publish(self, text: str, node_id: str, capability: Capability, *, read_only: bool) -> PublishContext:
        """Let the node hold the volume; say where and under which name it finds it.

        Raises:
            NodeNotFoundError: the id is that of no node of this cluster.
            RefusedError: another node holds it, and they may not both.

        """
        volume_id, appliance = self._appliances.get_home(text)
        owner = self._appliances.cluster_id
        ensure_node_id(owner, node_id)

        async def decide(volume: Volume) -> Change | None:
            return decide_publish(volume, self._wish(node_id, capability, read_only=read_only))[1]

        volume = await appliance.volumes.change(volume_id.slot, decide)
        if volume is None:
            raise no_volume(text)
        record, _ = decide_publish(volume, self._wish(node_id, capability, read_only=read_only))
        return PublishContext(
            nqn_of(volume, record),
            appliance.nvme_address,
            volume.port,
            volume.size_bytes,
            host_of(owner, node_id),
            first_use=record.sequence == 1,
            sole_node=record.only_node == node_id,
        )

    async def unpublish(self, text: str, node_id: str) -> None:
        """Let the node, or every node when the id is empty, hold the volume no more; closed when none is left.

        A volume that is not there, or an id that is not ours, is no work.
        """
        home = self._appliances.find_home(text)
        if home is None:
            return
        volume_id, appliance = home

        async def decide(volume: Volume) -> Change | None:
            return decide_unpublish(volume, node_id, self._appliances.cluster_id, self._writer)

        await appliance.volumes.change(volume_id.slot, decide)

    def _wish(self, node_id: str, capability: Capability, *, read_only: bool) -> PublishWish:
        """Say what is wished, with a mark that no name has borne yet."""
        owner, mark = self._appliances.cluster_id, self._new_mark()
        return PublishWish(node_id, capability, read_only, owner, self._writer, mark)
