"""Opening volumes to nodes, and closing them."""

from collections.abc import Callable

from rds_csi_async.domain.attachments import PublishWish, decide_publish, decide_unpublish, nqn_of
from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.identifiers import ensure_node_id, host_of
from rds_csi_async.domain.volumes import ensure_changed
from rds_csi_async.services.appliances import Appliances


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
        _, appliance, volume = await self._appliances.get_volume(text)
        ensure_node_id(self._appliances.cluster_id, node_id)
        owner = self._appliances.cluster_id
        wish = PublishWish(node_id, capability, read_only, owner, self._writer, self._new_mark())
        record, change = decide_publish(volume, wish)
        if change is not None:
            volume = await appliance.rds.change_volume(volume, change)
            ensure_changed(volume, change)
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
        volume = None if home is None else await home[1].rds.find_volume(home[0].slot)
        if home is None or volume is None:
            return
        change = decide_unpublish(volume, node_id, self._appliances.cluster_id, self._writer)
        if change is not None:
            ensure_changed(await home[1].rds.change_volume(volume, change), change)
