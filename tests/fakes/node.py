"""A node in memory: what its kernel shows, and what an appliance exports to it. The host's fakes share one."""

from dataclasses import dataclass, field, replace

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.errors import DriverError, HostError
from rds_csi_async.domain.making import PLAIN, MakeOptions
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind, find_mount
from rds_csi_async.ports.deadlines import remaining_s


@dataclass(eq=False)
class FakeDisk:
    """What a volume holds, as blkid and a reader of its bytes see it. One disk may be exported under many NQNs."""

    size_bytes: int
    signatures: tuple[str, ...] = ()
    blank: bool = True  # to a reader of both ends and of every superblock's place
    thoroughly_blank: bool = True  # to a reader of places all over
    unfinished: str = ""
    file_system_bytes: int = 0
    allowed_host: str = ""
    formats: int = 0  # how often a file system was made here
    making: MakeOptions = PLAIN  # and how, the last time


@dataclass(eq=False)
class FakeAttachment:
    """A device that this node has."""

    disk: FakeDisk
    connection: Connection
    usable: bool = True  # False: a controller without a device
    read_only: bool = False  # as the kernel holds everybody to it


@dataclass
class FakeNode:
    """The world of the host's fakes; a test may change any of it.

    `exports` is what the appliance exports now, by NQN; `attached` what the kernel has, by NQN; `mounts` the mount
    table; `paths` what stands where; `busy` the paths that something has open; `cut` the NQNs that were detached under
    a mount. `calls` names what was asked of all fakes together, in order.
    """

    exports: dict[str, FakeDisk] = field(default_factory=dict)
    attached: dict[str, FakeAttachment] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)
    paths: dict[str, PathFact] = field(default_factory=lambda: {"/": PathFact(PathKind.DIRECTORY)})
    filled: set[str] = field(default_factory=set)  # files that are not empty
    busy: set[str] = field(default_factory=set)
    cut: list[str] = field(default_factory=list)
    unready: str | None = None
    reachable: bool = True
    calls: list[str] = field(default_factory=list)
    devices_made: int = 0

    def drop_link(self, nqn: str) -> None:
        """Have the link to the target fail: the device stays and is not live."""
        attachment = self.attached[nqn]
        attachment.connection = replace(attachment.connection, live=False)

    def lose(self, nqn: str) -> None:
        """Have the kernel give up: the device is gone, mounts of it stay and are dead.

        On Btrfs they show the device by its name alone.
        """
        number = self.attached.pop(nqn).connection.device_number
        for at, mount in enumerate(self.mounts):
            if mount.device_number == number and mount.file_system == "btrfs":
                self.mounts[at] = replace(mount, device_number="0:45")

    def find_attachment(self, device: str) -> FakeAttachment | None:
        """Find by device path or by major:minor."""
        for attachment in self.attached.values():
            if device in {attachment.connection.device, attachment.connection.device_number} and attachment.usable:
                return attachment
        return None

    def get_attachment(self, device: str) -> FakeAttachment:
        """Find by device path or major:minor; none, or a dead one, is `HostError`."""
        found = self.find_attachment(device)
        if found is None or not found.connection.live:
            message = f"{device}: no such device, or it cannot be read"
            raise HostError(message)
        return found

    def get_mounted(self, path: str) -> Mount:
        """Find what is mounted at exactly this path, or `HostError`."""
        found = find_mount(self.mounts, path)
        if found is None:
            message = f"{path}: not mounted"
            raise HostError(message)
        return found


@dataclass
class FakeOnNode:
    """What the host's fakes have in common: the node, and failing on demand."""

    node: FakeNode = field(default_factory=FakeNode)
    _before: DriverError | None = None
    _after: DriverError | None = None

    def fail_next(self, error: DriverError, *, done: bool = False) -> None:
        """Raise this at the next call: before anything is done, or, with `done`, after all of it was done."""
        if done:
            self._after = error
        else:
            self._before = error

    def _begin(self, call: str) -> None:
        self.node.calls.append(call)
        remaining_s(60)
        error, self._before = self._before, None
        if error is not None:
            raise error

    def _end(self) -> None:
        error, self._after = self._after, None
        if error is not None:
            raise error
