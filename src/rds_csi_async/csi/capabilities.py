"""Volume capabilities, and the parts of a request that several calls have: wire to domain, everything checked.

CSI 1.12's limits hold: 128 bytes a string unless its field says otherwise, 4 KiB for all mount flags together.
"""

from collections.abc import Iterable

from rds_csi_async.csi import wire
from rds_csi_async.csi.presence import find_choice, find_sent
from rds_csi_async.domain.capabilities import DEFAULT_FILE_SYSTEM, AccessMode, Capability, find_unsupported
from rds_csi_async.domain.errors import InvalidRequestError

LONGEST_TEXT_BYTES = 128
LONGEST_FLAGS_BYTES = 4096


def parse_capability(capability: wire.VolumeCapability) -> Capability:
    """Read what the caller said, whether it can be served or not.

    Raises:
        InvalidRequestError: it was not said whether block or mount, or which access mode; or a field is out of bounds.

    """
    kind, mode = find_choice(capability, "access_type"), find_sent(capability.access_mode)
    known = AccessMode.__members__
    name = "" if mode is None else wire.VolumeCapabilityAccessModeMode.try_value(mode.mode).name or ""
    if kind is None or name not in known:
        message = f"a volume capability needs block or mount, and one access mode of {', '.join(known)}"
        raise InvalidRequestError(message)
    if kind == "block":
        return Capability(known[name], None)
    return _parse_mount(capability.mount, known[name])


def parse_supported(capability: wire.VolumeCapability) -> Capability:
    """Read a required capability that has to be one which can be served.

    Raises:
        InvalidRequestError: it is missing, or cannot be served; the message says why.

    """
    sent = find_sent(capability)
    if sent is None:
        message = "volume_capability is missing"
        raise InvalidRequestError(message)
    parsed = parse_capability(sent)
    reason = find_unsupported(parsed)
    if reason is not None:
        raise InvalidRequestError(reason)
    return parsed


def parse_capabilities(capabilities: Iterable[wire.VolumeCapability]) -> tuple[Capability, ...]:
    """Read a required list of capabilities, whether they can be served or not.

    Raises:
        InvalidRequestError: there is none, or one is not whole.

    """
    parsed = tuple(parse_capability(capability) for capability in capabilities)
    if not parsed:
        message = "volume_capabilities is missing"
        raise InvalidRequestError(message)
    return parsed


def parse_required(text: str, field: str) -> str:
    """Take a required text.

    Raises:
        InvalidRequestError: it is empty.

    """
    if not text:
        message = f"{field} is missing"
        raise InvalidRequestError(message)
    return text


def _parse_mount(mount: wire.VolumeCapabilityMountVolume, mode: AccessMode) -> Capability:
    if mount.volume_mount_group:
        message = "volume_mount_group is not supported: leave the group to the orchestrator (fsGroupPolicy: File)"
        raise InvalidRequestError(message)
    flags = tuple(mount.mount_flags)
    if len(mount.fs_type.encode()) > LONGEST_TEXT_BYTES or sum(len(f.encode()) for f in flags) > LONGEST_FLAGS_BYTES:
        message = f"fs_type takes {LONGEST_TEXT_BYTES} bytes, mount_flags together {LONGEST_FLAGS_BYTES}"
        raise InvalidRequestError(message)
    return Capability(mode, mount.fs_type or DEFAULT_FILE_SYSTEM, flags)
