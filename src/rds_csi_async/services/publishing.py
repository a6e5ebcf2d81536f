"""Opening volumes to nodes, and closing them."""

from collections.abc import Callable

from rds_csi_async.domain.attachments import PublishWish, decide_publish, decide_unpublish, nqn_of
from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.errors import HeldElsewhereError
from rds_csi_async.domain.events import Event, Reason, find_claim
from rds_csi_async.domain.identifiers import ensure_node_id, host_of
from rds_csi_async.domain.volumes import Change, Volume
from rds_csi_async.ports.events import Events
from rds_csi_async.services.appliances import Appliances, no_volume
from rds_csi_async.services.attachment_metering import AttachmentMetering


class Publishing:
    """Keeps the record of who holds a volume true to who can reach it. `new_mark` gives 64 random bits as hex."""

    def __init__(
        self,
        appliances: Appliances,
        writer: str,
        new_mark: Callable[[], str],
        events: Events,
        metering: AttachmentMetering,
    ) -> None:
        self._appliances = appliances
        self._writer = writer
        self._new_mark = new_mark
        self._events = events
        self._metering = metering

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
            seen.before = volume
            return decide_publish(volume, self._wish(node_id, capability, read_only=read_only))[1]

        with self._metering.attaching(appliance.key) as seen:
            try:
                volume = seen.after = await appliance.volumes.change(volume_id.slot, decide)
            except HeldElsewhereError as error:
                self._tell(seen.before, Reason.ATTACHMENT_CONFLICT, f"it cannot be published to {node_id}: {error}")
                raise
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
            seen.before = volume
            return decide_unpublish(volume, node_id, self._appliances.cluster_id, self._writer)

        with self._metering.detaching(appliance.key) as seen:
            seen.after = await appliance.volumes.change(volume_id.slot, decide)

    def _tell(self, volume: Volume | None, reason: Reason, note: str) -> None:
        """Tell of the claim that the volume was made for; where nobody knows it, the answer has to do."""
        record = None if volume is None else volume.record()
        if record is not None and (subject := find_claim(record.claim)) is not None:
            self._events.announce(Event(subject, reason, note))

    def _wish(self, node_id: str, capability: Capability, *, read_only: bool) -> PublishWish:
        """Say what is wished, with a mark that no name has borne yet."""
        owner, mark = self._appliances.cluster_id, self._new_mark()
        return PublishWish(node_id, capability, read_only, owner, self._writer, mark)
