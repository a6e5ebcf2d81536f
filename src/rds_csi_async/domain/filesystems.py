"""What is on a device, and whether a file system may be made there: the decision that can destroy everything."""

from dataclasses import dataclass
from enum import StrEnum

from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.making import PLAIN, MakeOptions
from rds_csi_async.domain.stage_records import Format, StageRecord


@dataclass(frozen=True, slots=True)
class DeviceContent:
    """What was read off a device just now, every read having succeeded.

    `blank` is a positive proof: both ends and every place where a superblock or its copy can be were read and are zero.
    `thorough` says that places all over the device were read besides. `unfinished` names the file system whose
    interrupted mkfs left the only marks that are there.
    """

    signatures: tuple[str, ...]  # what libblkid names: file systems, partition tables, RAID members ...
    blank: bool
    thorough: bool
    unfinished: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """How full a mounted file system is."""

    total_bytes: int
    used_bytes: int
    available_bytes: int
    total_inodes: int
    used_inodes: int
    free_inodes: int


class Preparation(StrEnum):
    """What to do with a device before it is mounted."""

    MOUNT = "mount"
    FORMAT = "format"
    RESUME = "resume"  # make anew what this node's own killed mkfs began


@dataclass(frozen=True, slots=True)
class Wish:
    """What the device is wanted for, and what is known of its past."""

    file_system: str
    read_only: bool
    first_use: bool
    sole_node: bool
    past: StageRecord | None  # this node's own state file
    making: MakeOptions = PLAIN


def decide_preparation(content: DeviceContent, wish: Wish) -> Preparation:
    """Choose between mounting what is there and making a file system; refuse whenever in doubt.

    Raises:
        RefusedError: something is there that is not what was asked for, or emptiness is not proven.

    """
    if content.signatures == (wish.file_system,) and content.unfinished != wish.file_system:
        return Preparation.MOUNT
    if wish.read_only:
        message = (
            f"no {wish.file_system} is there ({_described(content)}), and what is read-only is never formatted:"
            " use it once to be written"
        )
        raise RefusedError(message)
    formats_here = wish.past.format if wish.past is not None else Format.NOT_BY_US
    if formats_here is Format.FORMATTED:
        message = (
            f"this node made {wish.file_system} there once, now there is {_described(content)}: nothing was written"
        )
        raise RefusedError(message)
    if content.signatures in {(), (wish.file_system,)} and _may_resume(content, wish, formats_here):
        return Preparation.RESUME
    if content.signatures or content.unfinished or not content.blank:
        message = f"a blank device or {wish.file_system} is wanted, there is {_described(content)}: nothing was written"
        raise RefusedError(message)
    if not wish.first_use and not content.thorough:
        message = "the volume was in use before and looks blank: only a thorough reading can tell; nothing was written"
        raise RefusedError(message)
    return Preparation.FORMAT


def _may_resume(content: DeviceContent, wish: Wish, formats_here: Format) -> bool:
    return (
        formats_here is Format.FORMATTING
        and wish.past is not None
        and wish.past.file_system == wish.file_system == content.unfinished
        and wish.sole_node
    )


def _described(content: DeviceContent) -> str:
    if content.signatures:
        return " and ".join(content.signatures)
    if content.unfinished:
        return f"an unfinished {content.unfinished}"
    return "nothing" if content.blank else "data without a known signature"
