"""An appliance that keeps an eye on names, and what one process of the driver does to it."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rds_csi_async.domain.attachments import is_as_recorded
from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.identifiers import VolumeId, slot_of
from rds_csi_async.domain.records import decode_record
from rds_csi_async.domain.sizes import MIB, SizeRange
from rds_csi_async.domain.volumes import Change, NewVolume, Volume
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.attachment_metering import AttachmentMetering
from rds_csi_async.services.expanding import Expanding
from rds_csi_async.services.listing import Listing
from rds_csi_async.services.provisioning import Provisioning
from rds_csi_async.services.publishing import Publishing
from tests.examples import CLUSTER
from tests.fakes.events import FakeEvents
from tests.fakes.rds import FakeRds
from tests.fakes.telemetry import FakeTelemetry

KINDS = ("mount", "block")
IDS = tuple(VolumeId("rds", slot_of(CLUSTER, "rds", f"pvc-{number}")) for number in range(len(KINDS)))
ALONE = AccessMode.SINGLE_NODE_WRITER


@dataclass
class WatchedRds(FakeRds):
    """An appliance that lets a rival in right before a change, and remembers which names were ever open."""

    rival: Callable[[], Coroutine[Any, Any, Any]] | None = None
    rival_came: bool = False
    open_names: dict[str, str] = field(default_factory=dict)
    dead_names: set[str] = field(default_factory=set)

    async def create_volume(self, new: NewVolume) -> Volume:
        """See `Rds`."""
        await self._let_rival_in()
        return await super().create_volume(new)

    async def change_volume(self, seen: Volume, change: Change) -> Volume:
        """See `Rds`."""
        await self._let_rival_in()
        try:
            return await super().change_volume(seen, change)
        finally:
            self._watch(seen.slot)

    async def remove_volume(self, seen: Volume) -> None:
        """See `Rds`."""
        await self._let_rival_in()
        there = self.volumes.get(seen.slot)
        try:
            await super().remove_volume(seen)
            assert there is not None
            record = there.record()
            assert record is not None
            assert (there.exported, record.holders, record.erased_once) == (False, (), False)
        finally:
            self._watch(seen.slot)

    async def _let_rival_in(self) -> None:
        rival, self.rival = self.rival, None
        if rival is not None:
            self.rival_came = True
            await rival()

    def _watch(self, slot: str) -> None:
        volume = self.volumes.get(slot)
        record = None if volume is None else decode_record(volume.comment)
        if volume is not None and record is not None and record.holders and not is_as_recorded(volume, record):
            return  # a person meddled, and the driver may yet put it right for its holders
        name = volume.nqn if volume is not None and volume.exported else None
        assert name not in self.dead_names
        before = self.open_names.pop(slot, None)
        if before not in {None, name}:
            self.dead_names.add(str(before))
        if name is not None:
            self.open_names[slot] = name


class Controller:
    """All that one process of the driver does to appliances."""

    def __init__(self, rds: FakeRds, writer: str, new_mark: Callable[[], str]) -> None:
        appliances = Appliances(CLUSTER, [Appliance("rds", rds, "192.0.2.1", ("pool1",))])
        self.provisioning = Provisioning(appliances, writer)
        self.publishing = Publishing(appliances, writer, new_mark, FakeEvents(), AttachmentMetering(FakeTelemetry()))
        self.expanding = Expanding(appliances, writer)
        self.listing = Listing(appliances)

    async def overtake(self, what: str, node: str) -> None:
        """Do to every volume what somebody else does not expect just now."""
        with suppress(DriverError):
            for volume_id, kind in zip(map(str, IDS), KINDS, strict=True):
                if what == "publish":
                    wanted = Capability(ALONE, "ext4" if kind == "mount" else None)
                    await self.publishing.publish(volume_id, node, wanted, read_only=False)
                elif what == "unpublish":
                    await self.publishing.unpublish(volume_id, node)
                elif what == "delete":
                    await self.provisioning.delete(volume_id)
                else:
                    await self.expanding.expand(volume_id, SizeRange(40 * MIB))
