"""How a file system is made, as a StorageClass says it: parameters of CreateVolume, carried in the volume context.

`bytesPerInode` and `reservedPercent` are for ext4, `reflink` for xfs, `metadataCopies` for btrfs; `discard` (which is a
mount option, and no affair of mkfs) for all. What is not said is left to mkfs, but ext4's reserved blocks: none.
Of everything else the driver chooses the form itself, since it has to know its own unfinished work again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.parameters import Parameter, boolean, encode_parameters, number, parse_parameters


@dataclass(frozen=True, slots=True)
class MakeOptions:
    """What was said. 0 and None: nothing."""

    bytes_per_inode: int = 0
    reserved_percent: int = 0
    reflink: bool | None = None
    metadata_copies: int = 0
    discard: bool = False


PLAIN = MakeOptions()


_KNOWN = {
    "bytesPerInode": Parameter("bytes_per_inode", number(4096, 1 << 26)),  # mke2fs takes no more than 64 MiB
    "reservedPercent": Parameter("reserved_percent", number(0, 50)),
    "reflink": Parameter("reflink", boolean),
    "metadataCopies": Parameter("metadata_copies", number(1, 2)),
    "discard": Parameter("discard", boolean),
}
_OF = {"bytesPerInode": "ext4", "reservedPercent": "ext4", "reflink": "xfs", "metadataCopies": "btrfs"}  # others: all
MAKE_KEYS = tuple(_KNOWN)


def parse_make_options(texts: Mapping[str, str]) -> MakeOptions:
    """Read what is said of it, whatever else is there.

    Raises:
        InvalidRequestError: a value is out of bounds.

    """
    return MakeOptions(**parse_parameters(_KNOWN, texts))  # type: ignore[arg-type]  # each fills a field of its type


def encode_make_options(options: MakeOptions) -> dict[str, str]:
    """Write down what was said: the volume context."""
    return encode_parameters(_KNOWN, options, PLAIN)


def ensure_fitting(options: MakeOptions, capabilities: Iterable[Capability]) -> None:
    """Insist that what was said can be heeded. A block device has no use for any of it, and comes to no harm.

    Raises:
        InvalidRequestError: an option is another file system's.

    """
    for capability in capabilities:
        for name in encode_make_options(options):
            of = _OF.get(name, capability.file_system)
            if capability.file_system is not None and of != capability.file_system:
                message = f"{name} is an option of {of}, and {capability.file_system} is asked for"
                raise InvalidRequestError(message)


def with_discard(capability: Capability, options: MakeOptions) -> Capability:
    """Have freed space told to the appliance at once, where that was said, and the mount options say nothing of it."""
    said = {option.partition("=")[0] for option in capability.mount_options}
    if not options.discard or capability.file_system is None or said & {"discard", "nodiscard"}:
        return capability
    option = "discard=async" if capability.file_system == "btrfs" else "discard"
    return replace(capability, mount_options=(*capability.mount_options, option))
