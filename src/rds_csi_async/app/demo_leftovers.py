"""What a demo must not leave behind, whoever made it: mounts below its folder, and loop devices of its appliance."""

from pathlib import Path, PurePosixPath

from rds_csi_async.host.loop import LoopConnections
from rds_csi_async.host.mounts import HostMounts
from rds_csi_async.host.process import PATH, Programs


async def release_leftovers(kubelet: Path, exports: Path) -> None:
    """Unmount what is mounted below `kubelet`, the newest first, and detach what was attached from `exports`.

    Raises:
        DriverError: something is in use. Then nothing below the folder may be deleted: it would be a volume's data.

    """
    programs = Programs(PATH)
    mounts, connections = HostMounts(programs), LoopConnections(programs, exports)
    for mount in reversed(await mounts.list_mounts()):
        if PurePosixPath(mount.path).is_relative_to(kubelet):
            await mounts.unmount(mount.path)
    for nqn in await connections.list_nqns():
        await connections.disconnect(nqn)
