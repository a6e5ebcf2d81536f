"""How a volume is to be used: as a file system or a block device, by whom, and with which mount options."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from rds_csi_async.domain.errors import InvalidRequestError, UnsupportedError
from rds_csi_async.domain.sizes import MIB

DEFAULT_FILE_SYSTEM = "ext4"
SMALLEST_BYTES = {"ext4": 16 * MIB, "xfs": 320 * MIB}  # mkfs.xfs refuses below 300 MB; ext4 needs room for a journal
BLOCK_SMALLEST_BYTES = MIB
_OPTION = re.compile(r"[A-Za-z0-9_]+(=[A-Za-z0-9_.:%/+-]+)?")
_ALLOWED_OPTIONS = frozenset(
    (  # noqa: SIM905 - words are read more easily as words
        "ro rw noatime atime relatime norelatime strictatime nostrictatime nodiratime diratime lazytime nolazytime"
        " sync async dirsync nosuid suid nodev dev noexec exec discard nodiscard iversion noiversion"
        " noquota usrquota grpquota prjquota uquota gquota pquota largeio nolargeio swalloc inode32 inode64"
        " acl noacl user_xattr nouser_xattr auto_da_alloc noauto_da_alloc"
    ).split()
)
_ALLOWED_KEYS = frozenset(
    (  # noqa: SIM905 - a list of words reads better as words
        "commit data errors stripe journal_ioprio max_batch_time min_batch_time logbufs logbsize sunit swidth allocsize"
    ).split()
)


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
    return _find_bad_option(capability.mount_options)


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


def mount_options(capability: Capability, *, read_only: bool) -> tuple[str, ...]:
    """Give the options to mount with. A device that nobody may write is mounted without replaying its journal.

    Raises:
        UnsupportedError: the file system is none of ours.

    """
    if capability.file_system not in SMALLEST_BYTES:
        message = f"file system {capability.file_system!r} cannot be mounted"
        raise UnsupportedError(message)
    chosen = [option for option in capability.mount_options if option not in {"ro", "rw"}]
    if not {"discard", "nodiscard"} & set(chosen) and capability.file_system == "ext4":
        chosen.append("nodiscard")
    if capability.file_system == "xfs" and "nodiscard" in chosen:
        chosen.remove("nodiscard")  # it is the default of xfs
    if read_only or "ro" in capability.mount_options:
        chosen += ["ro", {"ext4": "noload", "xfs": "norecovery"}[capability.file_system]]
    return tuple(chosen)


def _find_bad_option(options: Iterable[str]) -> str | None:
    for option in options:
        name = option.partition("=")[0]
        known = option in _ALLOWED_OPTIONS or ("=" in option and name in _ALLOWED_KEYS)
        if _OPTION.fullmatch(option) is None or not known:
            return f"mount option {option[:80]!r} is not on the list of allowed ones (docs/storage-classes.md)"
    return None
