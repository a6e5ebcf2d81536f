"""One appliance with a Btrfs and an ext4 pool, and a volume on each: what the tests of this ring speak of."""

from typing import Final

from rds_csi_async.domain.pools import Pool, PoolSettings
from rds_csi_async.domain.sizes import GIB
from rds_csi_async.domain.volumes import NewVolume, Volume
from rds_csi_async.routeros.pools import MountedPool, ShownPools
from rds_csi_async.routeros.settings import ApplianceSettings

SLOT: Final = "rds1-aaaaaa-bbbbbbbbbbbbbbbbbbbb"
BTRFS_SETTINGS: Final = PoolSettings("fast", "pool1", "40437dbc-2318-45dc-817b-b3bb95cf48ab")
EXT4_SETTINGS: Final = PoolSettings("slow", "pool2", "1c1ec1d5-ee3c-4d1c-b2d9-20ee53a2c1b2", folder="images")
BTRFS: Final = MountedPool(BTRFS_SETTINGS, Pool("fast", "btrfs", 100 * GIB, 60 * GIB), "pool1", "label1")
EXT4: Final = MountedPool(EXT4_SETTINGS, Pool("slow", "ext4", 100 * GIB, 60 * GIB), "/pool2", "pool2")
POOLS: Final = (BTRFS, EXT4)
SHOWN: Final = ShownPools(POOLS)
NEW: Final = NewVolume(SLOT, "fast", GIB, 'rds1:{"g":1}')
SEEN: Final = Volume(SLOT, "fast", f"/pool1/{SLOT}/disk.img", GIB, NEW.comment, "", 4420, exported=False)
SETTINGS: Final = ApplianceSettings("rds.example", "csi", ("SHA256:x",), (BTRFS_SETTINGS,))
