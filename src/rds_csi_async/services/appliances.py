"""The appliances that are configured, and whose volume an id names."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rds_csi_async.domain.errors import InvalidRequestError, RefusedError, VolumeNotFoundError
from rds_csi_async.domain.identifiers import VolumeId, cluster_tag, find_volume_id
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.ports.rds import Rds


@dataclass(frozen=True, slots=True)
class Appliance:
    """One appliance: what talks to it, and where nodes find its volumes."""

    key: str
    rds: Rds
    nvme_address: str
    pools: tuple[str, ...]


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

    def get_rds(self, key: str, pool: str) -> Rds:
        """Give what talks to the appliance that a StorageClass names, if it has the pool too.

        Raises:
            InvalidRequestError: there is no such appliance, or it has no such pool.

        """
        appliance = self.get(key)
        if pool not in appliance.pools:
            known = ", ".join(sorted(appliance.pools)) or "none"
            message = f"appliance {key!r} has no pool {pool[:80]!r}; there are: {known}"
            raise InvalidRequestError(message)
        return appliance.rds

    async def get_volume(self, text: str) -> tuple[VolumeId, Appliance, Volume]:
        """Read a volume that has to be there.

        Raises:
            VolumeNotFoundError: it is not.
            RefusedError: as `find_home`.

        """
        home = self.find_home(text)
        volume = None if home is None else await home[1].rds.find_volume(home[0].slot)
        if home is None or volume is None:
            message = f"there is no volume {text[:200]!r}"
            raise VolumeNotFoundError(message)
        return *home, volume
