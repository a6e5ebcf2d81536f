"""Whether a volume that is there can be used in a certain way."""

from collections.abc import Iterable

from rds_csi_async.domain.capabilities import Capability, find_unsupported, smallest_bytes
from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.volumes import Volume


def find_objection(volume: Volume, capabilities: Iterable[Capability]) -> str | None:
    """Tell why the volume cannot be used in one of these ways; None when it can in each."""
    try:
        record = volume.record()
    except RefusedError as error:
        return str(error)
    if record is None:
        return f"the record of {volume.slot} was erased, so nobody can tell whether it is block or mount"
    for capability in capabilities:
        if capability.kind != record.kind:
            return f"{volume.slot} was made as {record.kind}, and cannot be used as {capability.kind}"
        reason = find_unsupported(capability)
        if reason is not None:
            return reason
        if volume.size_bytes < smallest_bytes([capability]):
            return f"{volume.slot} has {volume.size_bytes} bytes, {smallest_bytes([capability])} are needed"
    return None
