"""The options that a file system may be mounted with: a list of what is allowed, since nobody can list what is not."""

import re
from collections.abc import Iterable, Sequence

from rds_csi_async.domain.errors import UnsupportedError

_OPTION = re.compile(r"[a-z0-9_-]+(=[A-Za-z0-9_.:%/+-]+)?")
# A label may have a comma between categories, and then has to be quoted (mount(8), "context=").
_CONTEXT = re.compile(r'context=(?P<quote>"?)(?P<label>[A-Za-z0-9_.:-]+(,[A-Za-z0-9_.:-]+)*)(?P=quote)')


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ANY = _words(
    "ro rw noatime atime relatime norelatime strictatime nostrictatime nodiratime diratime lazytime nolazytime"
    " sync async dirsync nosuid suid nodev dev noexec exec discard nodiscard iversion noiversion"
)
_OWN = {
    "ext4": _words(
        "acl noacl user_xattr nouser_xattr auto_da_alloc noauto_da_alloc noquota usrquota grpquota prjquota"
        " commit= data= errors= stripe= journal_ioprio= max_batch_time= min_batch_time="
    ),
    "xfs": _words(
        "noquota usrquota grpquota prjquota uquota gquota pquota largeio nolargeio swalloc inode32 inode64"
        " logbufs= logbsize= sunit= swidth= allocsize="
    ),
    "btrfs": _words(
        "acl noacl ssd nossd ssd_spread autodefrag noautodefrag compress compress= compress-force compress-force="
        " datacow nodatacow datasum nodatasum flushoncommit noflushoncommit commit= discard= max_inline="
        " metadata_ratio= thread_pool= user_subvol_rm_allowed"
    ),
}
_UNREPLAYED = {"ext4": "noload", "xfs": "norecovery", "btrfs": "rescue=nologreplay"}


def find_bad_option(file_system: str | None, options: Iterable[str]) -> str | None:
    """Tell which of the options this file system must not, or cannot, be mounted with; None: all are fine.

    Of a block device, which is not mounted, any that are known are.
    """
    known = _ANY.union(*_OWN.values()) if file_system is None else _ANY | _OWN[file_system]
    for option in options:
        name, equals, _ = option.partition("=")
        allowed = _OPTION.fullmatch(option) is not None and f"{name}{equals}" in known
        if not allowed and _CONTEXT.fullmatch(option) is None:
            what = file_system or "a volume"
            return f"mount option {option[:80]!r} is not on the list of those for {what} (docs/storage-classes.md)"
    return None


def mount_options(file_system: str | None, options: Sequence[str], *, read_only: bool) -> tuple[str, ...]:
    """Give the options to mount with. A device that nobody may write is mounted without replaying its journal.

    Raises:
        UnsupportedError: the file system is none of ours.

    """
    if file_system not in _OWN:
        message = f"file system {file_system!r} cannot be mounted"
        raise UnsupportedError(message)
    chosen = [_quoted(option) for option in options if option not in {"ro", "rw"}]
    if not {option.partition("=")[0] for option in chosen} & {"discard", "nodiscard"}:
        chosen.append("nodiscard")  # ext4's default can be changed in its superblock; Btrfs discards since Linux 6.2
    if file_system == "xfs" and "nodiscard" in chosen:
        chosen.remove("nodiscard")  # it is the default of xfs
    if read_only or "ro" in options:
        chosen += ["ro", _UNREPLAYED[file_system]]
    return tuple(chosen)


def _quoted(option: str) -> str:
    label = _CONTEXT.fullmatch(option)
    return option if label is None else f'context="{label["label"]}"'
