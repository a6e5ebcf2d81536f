"""Where the exam of `Mounts` is sat."""

from abc import ABC, abstractmethod
from pathlib import PurePosixPath

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.mounts import Mount
from rds_csi_async.ports.mounts import Mounts


class Place(ABC):
    """Where the exam is sat: an empty directory `folder`, a device that holds ext4, and what a person could do."""

    folder: PurePosixPath
    ext4: Connection

    @abstractmethod
    async def write_file(self, path: str, text: str) -> None:
        """Make a file."""

    @abstractmethod
    async def make_symlink(self, path: str, destination: str) -> None:
        """Make a symbolic link."""

    @abstractmethod
    async def hold_open(self, path: str) -> None:
        """Have something work in the mounted directory, until the exam is over."""

    @abstractmethod
    async def is_read_only(self) -> bool:
        """Tell whether the kernel lets nobody write to the device."""

    def path(self, name: str) -> str:
        """Give the path of a name in the folder."""
        return str(self.folder / name)


async def list_own(mounts: Mounts, place: Place) -> list[Mount]:
    """List the mounts of the test alone: others come and go on the same machine meanwhile."""
    return [mount for mount in await mounts.list_mounts() if mount.path.startswith(place.path(""))]
