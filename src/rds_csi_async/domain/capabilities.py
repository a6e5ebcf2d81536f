"""How a volume is to be used: as a file system or a block device, by whom, and with which mount options."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.mount_options import find_bad_option
from rds_csi_async.domain.sizes import MIB

DEFAULT_FILE_SYSTEM = "ext4"
# ext4 needs room for a journal; mkfs.xfs refuses below 300 MB; Linux resizes no Btrfs to less than 256 MiB, not even to
# the size that it has.
SMALLEST_BYTES = {"ext4": 16 * MIB, "xfs": 320 * MIB, "btrfs": 256 * MIB}
BLOCK_SMALLEST_BYTES = MIB


class AccessMode(StrEnum):
    """Who may use a volume at once, and how (CSI 1.12, VolumeCapability.AccessMode)."""

    SINGLE_NODE_WRITER = "snw"
    SINGLE_NODE_READER_ONLY = "snr"
    SINGLE_NODE_SINGLE_WRITER = "sns"
    SINGLE_NODE_MULTI_WRITER = "snm"
    MULTI_NODE_READER_ONLY = "mnr"
    MULTI_NODE_SINGLE_WRITER = "mns"
    MULTI_NODE_MULTI_WRITER = "mnm"

    @property
    def many_nodes(self) -> bool:
        """Several nodes may hold the volume at once."""
        return self.value.startswith("mn")

    @property
    def read_only(self) -> bool:
        """Nobody may write."""
        return self in {AccessMode.SINGLE_NODE_READER_ONLY, AccessMode.MULTI_NODE_READER_ONLY}


@dataclass(frozen=True, slots=True)
class Capability:
    """One way of using a volume. `file_system` None is a raw block device."""

    mode: AccessMode
    file_system: str | None = DEFAULT_FILE_SYSTEM
    mount_options: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """`block` or `mount`, as the record writes it."""
        return "block" if self.file_system is None else "mount"


def find_unsupported(capability: Capability) -> str | None:
    """Tell why a volume cannot be used so; None when it can."""
    if capability.file_system is not None and capability.file_system not in SMALLEST_BYTES:
        return f"file system {capability.file_system[:80]!r} is not one of {', '.join(sorted(SMALLEST_BYTES))}"
    if capability.mode.many_nodes and not capability.mode.read_only and capability.file_system is not None:
        return "several nodes that write need volumeMode Block: a file system mounted twice is destroyed"
    return find_bad_option(capability.file_system, capability.mount_options)


def ensure_supported(capabilities: Iterable[Capability]) -> None:
    """Take only what can be served, and only one kind.

    Raises:
        InvalidRequestError: nothing was asked for, both block and mount were, or something that cannot be served.

    """
    kinds = set()
    for capability in capabilities:
        kinds.add(capability.kind)
        reason = find_unsupported(capability)
        if reason is not None:
            raise InvalidRequestError(reason)
    if len(kinds) != 1:
        message = "a volume is either block or mount, and a capability has to say which"
        raise InvalidRequestError(message)


def smallest_bytes(capabilities: Iterable[Capability]) -> int:
    """Give the least size in bytes that every one of these uses can live with."""
    return max(
        BLOCK_SMALLEST_BYTES if capability.file_system is None else SMALLEST_BYTES[capability.file_system]
        for capability in capabilities
    )
