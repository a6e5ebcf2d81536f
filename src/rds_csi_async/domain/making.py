"""How a file system is made, as a StorageClass says it: parameters of CreateVolume, carried in the volume context.

`bytesPerInode` and `reservedPercent` are for ext4, `reflink` for xfs, `metadataCopies` for btrfs; `discard` (which is a
mount option, and no affair of mkfs) for all. What is not said is left to mkfs, but ext4's reserved blocks: none.
Of everything else the driver chooses the form itself, since it has to know its own unfinished work again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import InvalidRequestError

_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class MakeOptions:
    """What was said. 0 and None: nothing."""

    bytes_per_inode: int = 0
    reserved_percent: int = 0
    reflink: bool | None = None
    metadata_copies: int = 0
    discard: bool = False


PLAIN = MakeOptions()


@dataclass(frozen=True, slots=True)
class _Key:
    field: str
    file_system: str  # empty: all
    parse: Callable[[str], int | bool]


def _number(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit()) or not least <= int(text) <= most:
            message = f"a whole number from {least} to {most}"
            raise ValueError(message)
        return int(text)

    return parse


def _boolean(text: str) -> bool:
    if text not in _BOOLEANS:
        message = '"true" or "false"'
        raise ValueError(message)
    return _BOOLEANS[text]


_KEYS = {
    "bytesPerInode": _Key("bytes_per_inode", "ext4", _number(4096, 1 << 26)),  # mke2fs takes no more than 64 MiB
    "reservedPercent": _Key("reserved_percent", "ext4", _number(0, 50)),
    "reflink": _Key("reflink", "xfs", _boolean),
    "metadataCopies": _Key("metadata_copies", "btrfs", _number(1, 2)),
    "discard": _Key("discard", "", _boolean),
}
MAKE_KEYS = tuple(_KEYS)


def parse_make_options(texts: Mapping[str, str]) -> MakeOptions:
    """Read what is said of it, whatever else is there.

    Raises:
        InvalidRequestError: a value is out of bounds.

    """
    values: dict[str, int | bool] = {}
    for name, key in _KEYS.items():
        if name in texts:
            try:
                values[key.field] = key.parse(texts[name])
            except ValueError as error:
                message = f"{name} is {texts[name][:80]!r}, and has to be {error}"
                raise InvalidRequestError(message) from error
    return MakeOptions(**values)  # type: ignore[arg-type]  # each key's parser gives what its field takes


def encode_make_options(options: MakeOptions) -> dict[str, str]:
    """Write down what was said: the volume context."""
    values = {name: getattr(options, key.field) for name, key in _KEYS.items()}
    said = {name: value for name, value in values.items() if value != getattr(PLAIN, _KEYS[name].field)}
    return {name: str(value).lower() for name, value in said.items()}


def ensure_fitting(options: MakeOptions, capabilities: Iterable[Capability]) -> None:
    """Insist that what was said can be heeded. A block device has no use for any of it, and comes to no harm.

    Raises:
        InvalidRequestError: an option is another file system's.

    """
    for capability in capabilities:
        for name in encode_make_options(options):
            of = _KEYS[name].file_system
            if capability.file_system is not None and of not in {"", capability.file_system}:
                message = f"{name} is an option of {of}, and {capability.file_system} is asked for"
                raise InvalidRequestError(message)


def with_discard(capability: Capability, options: MakeOptions) -> Capability:
    """Have freed space told to the appliance at once, where that was said, and the mount options say nothing of it."""
    said = {option.partition("=")[0] for option in capability.mount_options}
    if not options.discard or capability.file_system is None or said & {"discard", "nodiscard"}:
        return capability
    option = "discard=async" if capability.file_system == "btrfs" else "discard"
    return replace(capability, mount_options=(*capability.mount_options, option))
