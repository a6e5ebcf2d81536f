"""What the exam of every `Rds` is about: an appliance of two pools, its administrator, and names for volumes."""

from abc import ABC, abstractmethod
from typing import Final

from rds_csi_async.domain.sizes import MIB
from rds_csi_async.domain.volumes import NewVolume

POOL: Final = "pool1"
SPARE: Final = "pool2"
SLOT: Final = "rds1-aaaaaa-bbbbbbbbbbbbbbbbbbbb"
OTHER: Final = "rds1-aaaaaa-cccccccccccccccccccc"
NQN: Final = f"nqn.2026-11.io.github.rds-csi-async:{SLOT}.1.0123456789abcdef"
NEW: Final = NewVolume(SLOT, POOL, 16 * MIB, 'rds1:{"g":1,"p":"$a [b] \\"c\\" é"}')


class World(ABC):
    """What an administrator can do to the appliance under test.

    It has the pools `POOL`, of at most 100 GiB, and `SPARE`, of 10 GiB, of which 1 GiB is not to be touched.
    """

    @abstractmethod
    async def drop_disk(self, slot: str) -> None:
        """Remove a disk by hand; its file stays."""

    @abstractmethod
    async def has_file(self, slot: str) -> bool:
        """Tell whether a file of this slot, or its folder, is on the pool."""

    @abstractmethod
    async def set_comment(self, slot: str, comment: str) -> None:
        """Write another comment to a disk."""

    @abstractmethod
    async def hold_safe_mode(self) -> None:
        """Take safe mode, and keep it."""

    @abstractmethod
    async def unmount_pool(self, name: str = POOL) -> None:
        """Take a pool away, as during a reboot."""

    @abstractmethod
    async def mount_pool(self, name: str = POOL) -> None:
        """Bring it back."""
