"""The appliances that are configured, and whose volume an id names."""

from collections.abc import Iterable, Iterator

from rds_csi_async.domain.errors import InvalidRequestError, RefusedError, VolumeNotFoundError
from rds_csi_async.domain.identifiers import VolumeId, cluster_tag, find_volume_id
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.ports.rds import Rds
from rds_csi_async.services.remembering import Remembering
from rds_csi_async.services.reserving import Reserving
from rds_csi_async.services.stocktaking import Stocktaking


class Appliance:
    """One appliance: what talks to it, what is known of it, and where nodes find its volumes."""

    def __init__(self, key: str, rds: Rds, nvme_address: str, pools: Iterable[str]) -> None:
        self.key = key
        self.rds = rds
        self.nvme_address = nvme_address
        self.pools = tuple(pools)
        self.volumes = Remembering(rds)
        self.stocktaking = Stocktaking(rds, self.volumes.learn)
        self.room = Reserving(self.stocktaking)


class Appliances:
    """The appliances of one cluster, by key."""

    def __init__(self, cluster_id: str, appliances: Iterable[Appliance]) -> None:
        self.cluster_id = cluster_id
        self._by_key = {appliance.key: appliance for appliance in appliances}

    def __iter__(self) -> Iterator[Appliance]:
        """Go through them in the order of their keys."""
        return iter(self._by_key[key] for key in sorted(self._by_key))

    def get(self, key: str) -> Appliance:
        """Give the appliance that a StorageClass names.

        Raises:
            InvalidRequestError: none of this key is configured.

        """
        if key not in self._by_key:
            message = (
                f"appliance {key[:80]!r} is not configured; there are: {', '.join(sorted(self._by_key)) or 'none'}"
            )
            raise InvalidRequestError(message)
        return self._by_key[key]

    def find_home(self, text: str) -> tuple[VolumeId, Appliance] | None:
        """Give volume id and appliance of a volume; None when no volume of ours can bear this id.

        Raises:
            RefusedError: it is another cluster's, or its appliance is not configured here.

        """
        volume_id = find_volume_id(text)
        if volume_id is None:
            return None
        if volume_id.cluster_tag != cluster_tag(self.cluster_id):
            message = f"volume {volume_id} belongs to another cluster: nothing was done to it"
            raise RefusedError(message)
        if volume_id.appliance not in self._by_key:
            message = (
                f"volume {volume_id} is on appliance {volume_id.appliance!r}, which is not configured: add it again"
            )
            raise RefusedError(message)
        return volume_id, self._by_key[volume_id.appliance]

    def get_with_pool(self, key: str, pool: str) -> Appliance:
        """Give the appliance that a StorageClass names, if it has the pool too.

        Raises:
            InvalidRequestError: there is no such appliance, or it has no such pool.

        """
        appliance = self.get(key)
        if pool not in appliance.pools:
            known = ", ".join(sorted(appliance.pools)) or "none"
            message = f"appliance {key!r} has no pool {pool[:80]!r}; there are: {known}"
            raise InvalidRequestError(message)
        return appliance

    def get_home(self, text: str) -> tuple[VolumeId, Appliance]:
        """Give volume id and appliance of a volume that has to be there.

        Raises:
            VolumeNotFoundError: no volume of ours can bear this id.
            RefusedError: as `find_home`.

        """
        home = self.find_home(text)
        if home is None:
            raise no_volume(text)
        return home

    async def get_volume(self, text: str) -> tuple[VolumeId, Appliance, Volume]:
        """Read a volume that has to be there.

        Raises:
            VolumeNotFoundError: it is not.
            RefusedError: as `find_home`.

        """
        volume_id, appliance = self.get_home(text)
        volume = await appliance.volumes.find(volume_id.slot)
        if volume is None:
            raise no_volume(text)
        return volume_id, appliance, volume


def no_volume(text: str) -> VolumeNotFoundError:
    """Make the error that says that a volume is not there."""
    return VolumeNotFoundError(f"there is no volume {text[:200]!r}")
